import type { ChatCompletion, ChatCompletionChunk, ChatCompletionRequest } from '../../contracts/chat/completion.ts';
import type { OriginalRequest, Provider } from './provider.ts';
import type { NameRule } from './tool-names.ts';

/** A request in the vendor's dialect. */
export interface DialectRequest {
  /** The path below the base URL, with its query. */
  readonly path: string;
  /** The body, which is written as JSON. */
  readonly body: object;
  /** Headers for this request. They override those of the dialect. */
  readonly headers?: Record<string, string>;
  /** Changes that the client sees in `x-gateway-applied`. */
  readonly applied?: readonly string[];
}

/** How a vendor counts the tokens of a prompt. */
interface PromptCount {
  /** Makes the counting request from the request for an answer. */
  toRequest(chat: DialectRequest, model: string): DialectRequest;
  /** The field of the vendor's response that holds the count. */
  readonly field: string;
}

/** Translates the events of one streamed answer to chunks. */
export interface EventReader {
  /**
   * The chunks of one event (its parsed `data`); can be none. Throws an `AppError` for an event that is an error. The
   * usage comes on a last chunk with empty `choices`.
   */
  read(event: unknown): ChatCompletionChunk[];
  /** True once the answer is complete. A stream that ends before that has failed. */
  readonly finished: boolean;
  /**
   * True once the vendor has said that no event follows. Absent: it never says so, and the answer ends with the body.
   */
  readonly ended?: boolean;
  /**
   * The last event, for a client of this dialect: as it came, except for repairs of what such clients depend on, which
   * can make several events of it, or none. Empty where they were not asked for. Absent: the event is passed on as it
   * came.
   */
  readonly passed?: readonly unknown[];
}

/**
 * Translates between one vendor's dialect and the canonical form, without any transport. `TranslatingProvider` adds the
 * transport.
 */
export interface Dialect {
  readonly kind: string;
  /** Whether earlier answers can only hold text, so that pictures in them are unsupported. */
  readonly textAnswers?: boolean;
  /** The limit of the answer that is sent when a request names none, in tokens. */
  readonly defaultAnswerTokens?: number;
  /** See `Provider.pictureSize`. */
  readonly pictureSize?: Provider['pictureSize'];
  /** The names of tools that the vendor accepts. Other names are mapped, and mapped back in the answer. */
  readonly toolNames: NameRule;
  /** All headers that the vendor needs, with the key. */
  headers(apiKey: string | undefined): Record<string, string>;
  /** Translates a chat. Throws `invalid_field` with `param` for a field that the vendor does not support. */
  toRequest(request: ChatCompletionRequest, model: string, stream: boolean): DialectRequest;
  /**
   * Forwards the request of a client of this very dialect verbatim, with the upstream's model name. Absent: such
   * requests are translated.
   */
  forwardVerbatim?(original: OriginalRequest, model: string, stream: boolean, maxTokens: number | null): DialectRequest;
  /** How the vendor counts the prompt of a chat without answering it. Absent: it cannot. */
  readonly promptCount?: PromptCount;
  /** The counting request for the prompt of a client of this very dialect. */
  toCount?(original: OriginalRequest, model: string): DialectRequest;
  /** Reads a response that was not streamed. Throws `upstream_broken` when its shape is wrong. */
  readAnswer(body: unknown, alias: string): ChatCompletion;
  /** Whether a client of this dialect can be given this response verbatim. Absent: it always can. */
  isSound?(body: unknown): boolean;
  /** `passes`: the reader also gives the events for a client of this dialect. */
  createReader(alias: string, passes: boolean): EventReader;
  /** A path whose `GET` costs no tokens and needs the key. */
  readonly healthPath: string;
  /** The path of the list of all models, on one page. Absent: `healthPath` is that list. */
  readonly listPath?: string;
}
