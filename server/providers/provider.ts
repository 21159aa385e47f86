import type { Readable } from 'node:stream';
import type { ChatCompletion, ChatCompletionChunk, ChatCompletionRequest } from '../../contracts/chat/completion.ts';
import type { TextCompletion, TextCompletionRequest } from '../../contracts/completions/text-completion.ts';
import type { EmbeddingRequest, EmbeddingResponse } from '../../contracts/embeddings/embedding.ts';
import type { ImageEditRequest } from '../../contracts/images/edit.ts';
import type { ImageEvent, ImageGenerationRequest, ImagesResponse } from '../../contracts/images/generation.ts';
import type { Json } from '../canonical/json.ts';

/** What is asked of an upstream, as far as its fields differ. The last two are requests in the client's own dialect. */
export type Operation =
  | 'chat'
  | 'completions'
  | 'embeddings'
  | 'images'
  | 'speech'
  | 'transcriptions'
  | 'responses'
  | 'messages';

/** Which fields of a request a key may send to an upstream; the administrator may send all. */
export interface FieldPolicy {
  /** True where a vendor bills. False: a server of the operator's own, to which other fields may be sent as well. */
  readonly listedOnly: boolean;
  /** An entry `a.b` is the field `b` of the field `a`. */
  readonly listed: Readonly<Record<Operation, ReadonlySet<string>>>;
  /** Fields that are the client's own words, or describe the answer: they are not searched for addresses. */
  readonly unsearched: Readonly<Record<Operation, ReadonlySet<string>>>;
  /** Fields that ask for the vendor's own tools, or for its other models. */
  readonly hosted: ReadonlySet<string>;
}

/** What a client sent in another dialect than the canonical form, for an upstream that speaks that very dialect. */
export interface OriginalRequest {
  /** As in `Provider.speaks`. */
  readonly dialect: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Those that belong to the dialect, such as `anthropic-beta`; no key. */
  readonly headers: Readonly<Record<string, string>>;
}

/** How long one call may take, in ms; what is absent is the provider's own. */
export interface CallTimeouts {
  /** Until the first byte. */
  readonly firstByteMs?: number | undefined;
  /** Until the first token, which `complete` can only tell of an answer that it collects from a stream. */
  readonly firstTokenMs?: number | undefined;
  /** Between two pieces of the answer. */
  readonly idleMs?: number | undefined;
  /** For all of it. */
  readonly totalMs?: number | undefined;
  /** Shorter time-outs of the provider than this are not kept to: images take minutes. */
  readonly leastMs?: number | undefined;
}

/** One request to one upstream. */
export interface ProviderCall<Request extends object = ChatCompletionRequest> {
  /** The upstream's own name of the model. */
  readonly model: string;
  /** What clients call the model: the `model` of every answer. */
  readonly alias: string;
  /** What was asked, in the canonical form: OpenAI's. For `complete` it does not ask for a stream. */
  readonly request: Json<Request>;
  /**
   * The same request in the client's dialect. An upstream that speaks it gets this one, unless `changes` touch the
   * messages, and the answer holds the vendor's own words beside the canonical ones: a completion `original_answer`,
   * chunks `original_event`.
   */
  readonly original?: OriginalRequest | undefined;
  /**
   * Top-level fields that the gateway sets over the client's (a floored `max_tokens`, `stream_options`, messages
   * without images); `undefined` removes a field. Wins over `request`; the provider itself sets `model`, and `stream`
   * where it streams.
   */
  readonly changes: Readonly<Record<string, unknown>>;
  /** True: what the dialect cannot express is left out, and told, instead of refused. */
  readonly dropsUnsupported?: boolean | undefined;
  /** Told, before anything is sent, what is changed in the request, as in `x-gateway-applied`. */
  readonly onApplied?: ((what: string) => void) | undefined;
  /** Told by `complete` when the first token arrives, where the answer is collected from a stream. */
  readonly onFirstToken?: (() => void) | undefined;
  /** Aborts the upstream at once, before and after its first token. */
  readonly signal: AbortSignal;
  readonly timeouts?: CallTimeouts | undefined;
}

/** A prompt whose tokens are to be counted, in a dialect that the upstream speaks. */
export interface CountCall {
  /** The upstream's own name of the model. */
  readonly model: string;
  readonly original: OriginalRequest;
  readonly signal: AbortSignal;
  readonly timeouts?: CallTimeouts | undefined;
}

/** One request to an endpoint of OpenAI's beside the chat, whose body is the vendor's as it is. */
export interface ForwardCall {
  /** Below the base URL, such as `/embeddings`. */
  readonly path: string;
  readonly contentType: string;
  /** A stream is sent as it comes, never held whole. */
  readonly body: Buffer | Readable;
  readonly signal: AbortSignal;
  readonly timeouts?: CallTimeouts | undefined;
}

/** One request for pictures to an upstream that has OpenAI's own addresses for them. */
export interface ImagesCall {
  /** The upstream's own name of the model. */
  readonly model: string;
  readonly request: ImageGenerationRequest | ImageEditRequest;
  readonly signal: AbortSignal;
  readonly timeouts?: CallTimeouts | undefined;
}

/** How a chat is told the size of the picture that it is to make. */
export interface PictureSize {
  /** Fields of the request's `image_config`. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** What is told of it, as in `x-gateway-applied`. */
  readonly applied: string;
}

/** A success; `body` gives the pieces as they come. Ending it early aborts the upstream. */
export interface Forwarded {
  readonly contentType: string;
  readonly body: AsyncGenerator<Buffer[], void, void>;
}

/** What an upstream lists. */
export interface ModelListing {
  /** Null: what it answered is no list, or only a part of it. */
  readonly models: readonly string[] | null;
  /** What its clock said. */
  readonly at: Date | null;
}

/** What an upstream is known to serve, without asking it for a token. */
export interface ProviderHealth {
  readonly up: boolean;
  /** The server is there and loads its model; then it is not up. */
  readonly loading?: boolean;
  /** Of the probe, in ms. */
  readonly latencyMs: number | null;
  readonly detail?: string;
}

/**
 * An upstream that answers chats: the seam that every dialect implements.
 *
 * Answers are in the canonical form: OpenAI's chat completion, and chunks with `delta`, indexed tool calls with ids,
 * `reasoning_content`, and one `finish_reason` per choice. A request field that the dialect cannot express is refused with `invalid_field` and `param`, or with
 * `dropsUnsupported` left out and told; never dropped in silence. Names of tools that the vendor does not take are mapped, and
 * mapped back in the answer.
 *
 * Errors are `AppError`s: `upstream_unavailable` (no connection, overloaded), `upstream_timeout`, `upstream_refused`
 * (our key or model name), `upstream_broken` (failed, or ended without a finish reason), `model_quota_exhausted`,
 * `context_length_exceeded`, `upstream_rejected` and `invalid_field` (the client's own fault). They carry no secret.
 */
export interface Provider {
  /** The name in the models file, such as `local`. */
  readonly id: string;
  /** The dialect, such as `openai-compatible`. */
  readonly kind: string;
  /** The dialect whose `ProviderCall.original` it sends on, such as `anthropic`; absent: none. */
  readonly speaks?: string | undefined;
  readonly fieldPolicy: FieldPolicy;
  /** Whether the pictures of earlier answers have no place in its requests. */
  readonly textAnswers?: boolean;
  /** The longest answer that it lets a model give to a request that names none, in tokens; absent: not known. */
  readonly defaultAnswerTokens?: number | undefined;
  /** In tokens, where the provider knows better than the catalog; null until it does. */
  readonly contextWindow?: number | null;
  /** How a chat asks a model for a picture of a size such as `1024x1536`. Null, or absent: that cannot be said to it. */
  readonly pictureSize?: ((size: string, model: string) => PictureSize | null) | undefined;

  /** The whole answer at once. */
  complete(call: ProviderCall): Promise<Json<ChatCompletion>>;

  /**
   * The answer as chunks, in batches of what arrived together (never empty). Nothing is sent before the first pull.
   * The usage, when the upstream gives it, comes on a last chunk with empty `choices`. An answer that breaks off
   * throws; returning early (`return()`) or the signal aborts the upstream.
   */
  stream(call: ProviderCall): AsyncGenerator<Json<ChatCompletionChunk>[], void, void>;

  /** Legacy completions, as `complete` and `stream` do chats; absent: the upstream has none. */
  completeText?(call: ProviderCall<TextCompletionRequest>): Promise<Json<TextCompletion>>;
  streamText?(call: ProviderCall<TextCompletionRequest>): AsyncGenerator<Json<TextCompletion>[], void, void>;

  /**
   * Embeddings, in whichever `encoding_format` the upstream chose; absent: it has none. At least one in `data`, and
   * `model` is the alias. Throws as `complete` does.
   */
  embed?(call: ProviderCall<EmbeddingRequest>): Promise<Json<EmbeddingResponse>>;

  /** The tokens of the prompt of such a chat; absent: it cannot tell. Throws as `complete` does. */
  countPrompt?(call: ProviderCall): Promise<number>;

  /** The tokens of a prompt in the dialect that it `speaks`, in that dialect's words; absent: it cannot tell. */
  countTokens?(call: CountCall): Promise<unknown>;

  /** Other endpoints of OpenAI's, for upstreams that have them; absent: it has none. Throws as `complete` does. */
  forward?(call: ForwardCall): Promise<Forwarded>;

  /** Pictures, where the upstream has OpenAI's own addresses for them; absent: they are asked for in a chat. */
  makeImages?(call: ImagesCall): Promise<Json<ImagesResponse>>;

  /** The same as events, in batches of what arrived together. Ends after the last `…completed`, or throws. */
  streamImages?(call: ImagesCall): AsyncGenerator<Json<ImageEvent>[], void, void>;

  /** The models that the upstream lists, which costs no tokens; absent: it has no list. Throws as `complete` does. */
  listModels?(signal: AbortSignal): Promise<ModelListing>;

  /** Asks without spending tokens; never throws. Time-limited by the signal. */
  health(signal: AbortSignal): Promise<ProviderHealth>;

  /**
   * The models file no longer has this provider, or describes it anew. Requests that began before may still use it; what it
   * holds, such as a process, it lets go of whenever none is under way. Absent: it holds idle connections at most, which
   * close by themselves.
   */
  retire?(): void;

  close(): Promise<void>;
}
