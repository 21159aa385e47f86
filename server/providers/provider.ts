import type { Readable } from 'node:stream';
import type { ChatCompletion, ChatCompletionChunk, ChatCompletionRequest } from '../../contracts/chat/completion.ts';
import type { TextCompletion, TextCompletionRequest } from '../../contracts/completions/text-completion.ts';
import type { EmbeddingRequest, EmbeddingResponse } from '../../contracts/embeddings/embedding.ts';
import type { ImageEditRequest } from '../../contracts/images/edit.ts';
import type { ImageEvent, ImageGenerationRequest, ImagesResponse } from '../../contracts/images/generation.ts';
import type { Json } from '../canonical/json.ts';
import type { UpstreamTap } from './upstream-tap.ts';

/** The operations of an upstream whose fields differ. The last two are requests in the client's own dialect. */
export type Operation =
  | 'chat'
  | 'completions'
  | 'embeddings'
  | 'images'
  | 'speech'
  | 'transcriptions'
  | 'responses'
  | 'messages';

/** The fields of a request that a key can send to an upstream. The administrator can send all. */
export interface FieldPolicy {
  /**
   * True where a vendor bills. False for a server that the operator runs, to which other fields may be sent as well.
   */
  readonly listedOnly: boolean;
  /** The allowed fields. An entry `a.b` is the field `b` of the field `a`. */
  readonly listed: Readonly<Record<Operation, ReadonlySet<string>>>;
  /** Fields that hold the client's own text, or describe the answer. They are not searched for URLs. */
  readonly unsearched: Readonly<Record<Operation, ReadonlySet<string>>>;
  /** Fields that ask for the vendor's own tools or other models. */
  readonly hosted: ReadonlySet<string>;
}

/**
 * A client's request in another dialect than the canonical form. It can be sent verbatim to an upstream of that very
 * dialect.
 */
export interface OriginalRequest {
  /** The dialect, as in `Provider.nativeDialect`. */
  readonly dialect: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** The client's headers that belong to the dialect, such as `anthropic-beta`; never a key. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Time limits of one call, in ms. Where one is absent, the provider's own applies. */
export interface CallTimeouts {
  /** Until the first byte of the answer. */
  readonly firstByteMs?: number | undefined;
  /** Until the first token. `complete` only knows it for an answer that it collects from a stream. */
  readonly firstTokenMs?: number | undefined;
  /** Between two pieces of the answer. */
  readonly idleMs?: number | undefined;
  /** For the whole call. */
  readonly totalMs?: number | undefined;
  /** The provider's own limits are raised to at least this: images take minutes. */
  readonly leastMs?: number | undefined;
}

/** One request to one upstream. */
export interface ProviderCall<Request extends object = ChatCompletionRequest> {
  /** The upstream's own name of the model. */
  readonly model: string;
  /** The name that clients use for the model: the `model` of every answer. */
  readonly alias: string;
  /** The request in the canonical form, which is OpenAI's. For `complete` it does not ask for a stream. */
  readonly request: Json<Request>;
  /**
   * The same request in the client's dialect. An upstream of that dialect gets this one, unless `changes` contain
   * `messages`. The answer then also holds the vendor's own answer: `original_answer` in a completion, `original_event`
   * in chunks.
   */
  readonly original?: OriginalRequest | undefined;
  /**
   * Top-level fields that the gateway sets over the client's (a floored `max_tokens`, `stream_options`, messages
   * without images); `undefined` removes a field. They override `request`. The provider itself sets `model`, and
   * `stream` where it streams.
   */
  readonly changes: Readonly<Record<string, unknown>>;
  /** True: fields that the dialect does not support are left out and reported, instead of refused. */
  readonly dropsUnsupported?: boolean | undefined;
  /** Receives each change to the request before it is sent, in the form of `x-gateway-applied`. */
  readonly onApplied?: ((what: string) => void) | undefined;
  /** Called by `complete` when the first token arrives, where the answer is collected from a stream. */
  readonly onFirstToken?: (() => void) | undefined;
  /** Aborts the upstream request at once, before or after its first token. */
  readonly signal: AbortSignal;
  readonly timeouts?: CallTimeouts | undefined;
  /** Watches what goes to the upstream and what comes back; absent: nobody does. */
  readonly tap?: UpstreamTap | undefined;
}

/** A prompt whose tokens are to be counted, in a dialect of the upstream. */
export interface CountCall {
  /** The upstream's own name of the model. */
  readonly model: string;
  readonly original: OriginalRequest;
  readonly signal: AbortSignal;
  readonly timeouts?: CallTimeouts | undefined;
}

/** One request to an endpoint of OpenAI's besides the chat. Its body is forwarded verbatim. */
export interface ForwardCall {
  /** The path below the base URL, such as `/embeddings`. */
  readonly path: string;
  readonly contentType: string;
  /** The body. A stream is sent as it arrives, and never held whole. */
  readonly body: Buffer | Readable;
  readonly signal: AbortSignal;
  readonly timeouts?: CallTimeouts | undefined;
  readonly tap?: UpstreamTap | undefined;
}

/** One request for pictures to an upstream that has OpenAI's own endpoints for images. */
export interface ImagesCall {
  /** The upstream's own name of the model. */
  readonly model: string;
  readonly request: ImageGenerationRequest | ImageEditRequest;
  readonly signal: AbortSignal;
  readonly timeouts?: CallTimeouts | undefined;
  readonly tap?: UpstreamTap | undefined;
}

/** How a chat is told the size of the picture that it is to make. */
export interface PictureSize {
  /** Fields of the request's `image_config`. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The change that the client sees in `x-gateway-applied`. */
  readonly applied: string;
}

/** A successful response; `body` gives the pieces as they arrive. Ending it early aborts the upstream request. */
export interface Forwarded {
  readonly contentType: string;
  readonly body: AsyncGenerator<Buffer[], void, void>;
}

/** The models that an upstream lists. */
export interface ModelListing {
  /** Null: the response is not a list, or only a part of one. */
  readonly models: readonly string[] | null;
  /** False: the response is something else than a list of models. */
  readonly isList: boolean;
  /** The time by the upstream's clock; null when it did not tell. */
  readonly at: Date | null;
}

/** The health of an upstream, found out without spending a token. */
export interface ProviderHealth {
  readonly up: boolean;
  /** True: the server is there and loads its model. `up` is then false. */
  readonly loading?: boolean;
  /** How long the probe took, in ms. */
  readonly latencyMs: number | null;
  readonly detail?: string;
}

/**
 * An upstream that answers chats: the interface that every dialect implements.
 *
 * Answers are in the canonical form: OpenAI's chat completion, and chunks with `delta`, indexed tool calls with ids,
 * `reasoning_content`, and one `finish_reason` for each choice. A request field that the dialect does not support is
 * refused with `invalid_field` and `param`; with `dropsUnsupported` it is left out and reported. It is never dropped
 * silently. Names of tools that the vendor does not accept are mapped, and mapped back in the answer.
 *
 * Errors are `AppError`s: `upstream_unavailable` (no connection, a 503), `model_loading`, `model_busy` (a full queue,
 * overloaded), `upstream_timeout`, `upstream_refused` (our key or model name), `upstream_broken` (failed, or ended without a finish reason), `model_quota_exhausted`,
 * `context_length_exceeded`, `upstream_rejected` and `invalid_field` (the client's own fault). They hold no secret.
 */
export interface Provider {
  /** The name in the models file, such as `local`. */
  readonly id: string;
  /** The dialect, such as `openai-compatible`. */
  readonly kind: string;
  /** The dialect whose `ProviderCall.original` is forwarded verbatim, such as `anthropic`. Absent: none is. */
  readonly nativeDialect?: string | undefined;
  readonly fieldPolicy: FieldPolicy;
  /** Whether the pictures in earlier answers are unsupported. */
  readonly textAnswers?: boolean;
  /** The limit of the answer for a request that names none, in tokens. Absent: not known. */
  readonly defaultAnswerTokens?: number | undefined;
  /** The context window in tokens, where the provider knows it better than the catalog; null until it does. */
  readonly contextWindow?: number | null;
  /** How a chat asks a model for a picture of a size such as `1024x1536`. Null, or absent: that cannot be said to it. */
  readonly pictureSize?: ((size: string, model: string) => PictureSize | null) | undefined;

  /** The whole answer at once. */
  complete(call: ProviderCall): Promise<Json<ChatCompletion>>;

  /**
   * The answer as chunks, in batches of what arrived together (never empty). The request is sent when the first batch
   * is pulled. The usage, when the upstream reports it, comes on a last chunk with empty `choices`. An answer that
   * breaks off throws; returning early (`return()`) or the signal aborts the upstream request.
   */
  stream(call: ProviderCall): AsyncGenerator<Json<ChatCompletionChunk>[], void, void>;

  /** Legacy completions, in the manner of `complete` and `stream`. Absent: the upstream has none. */
  completeText?(call: ProviderCall<TextCompletionRequest>): Promise<Json<TextCompletion>>;
  streamText?(call: ProviderCall<TextCompletionRequest>): AsyncGenerator<Json<TextCompletion>[], void, void>;

  /**
   * Embeddings, in the `encoding_format` that the upstream chose; at least one in `data`, and `model` is the alias.
   * Throws as `complete` does. Absent: the upstream has none.
   */
  embed?(call: ProviderCall<EmbeddingRequest>): Promise<Json<EmbeddingResponse>>;

  /** Counts the tokens of the prompt of a chat. Throws as `complete` does. Absent: the upstream cannot. */
  countPrompt?(call: ProviderCall): Promise<number>;

  /**
   * Counts the tokens of a prompt in the native dialect of the upstream, and returns the answer in that dialect.
   * Absent: it cannot.
   */
  countTokens?(call: CountCall): Promise<unknown>;

  /** Forwards a request to another endpoint of OpenAI's. Throws as `complete` does. Absent: the upstream has none. */
  forward?(call: ForwardCall): Promise<Forwarded>;

  /** Makes pictures at OpenAI's own endpoints for images. Absent: pictures are asked for in a chat. */
  makeImages?(call: ImagesCall): Promise<Json<ImagesResponse>>;

  /**
   * The events of streamed pictures, in batches of what arrived together. Ends after the last `…completed` event, or
   * throws.
   */
  streamImages?(call: ImagesCall): AsyncGenerator<Json<ImageEvent>[], void, void>;

  /** The models that the upstream lists, which costs no tokens. Throws as `complete` does. Absent: it has no list. */
  listModels?(signal: AbortSignal): Promise<ModelListing>;

  /** Checks the upstream without spending tokens. Never throws. The signal limits the time. */
  health(signal: AbortSignal): Promise<ProviderHealth>;

  /**
   * Called when the models file no longer has this provider, or describes it differently. Requests that began before
   * may still use it. The provider releases what it holds, such as a process, when none of them is left. Absent: it
   * holds at most idle connections, which close by themselves.
   */
  retire?(): void;

  close(): Promise<void>;
}
