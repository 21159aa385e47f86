import type { ChatCompletion, ChatCompletionChunk, ChatCompletionRequest } from '../../contracts/chat/completion.ts';
import type { OriginalRequest, Provider } from './provider.ts';
import type { NameRule } from './tool-names.ts';

/** A request as the vendor takes it. */
export interface DialectRequest {
  /** Below the base URL, with its query. */
  readonly path: string;
  /** Written as JSON. */
  readonly body: object;
  /** Win over those of the dialect. */
  readonly headers?: Record<string, string>;
  /** What was changed in it that the client is told of, as in `x-gateway-applied`. */
  readonly applied?: readonly string[];
}

/** How a vendor is asked for the tokens of a prompt. */
interface PromptCount {
  /** The question, made of the request for the answer. */
  toRequest(chat: DialectRequest, model: string): DialectRequest;
  /** Where the count stands in the vendor's answer. */
  readonly field: string;
}

/** Makes chunks of the events of one streamed answer. */
export interface EventReader {
  /**
   * What one event (its parsed `data`) adds to the answer; may be nothing. Throws `AppError` for an event that is an
   * error. The usage comes on a last chunk with empty `choices`.
   */
  read(event: unknown): ChatCompletionChunk[];
  /** True once the answer is complete: an end before that is a failure. */
  readonly finished: boolean;
  /** True once the vendor said that no event follows; absent: it never says so, and the end of the body is the end. */
  readonly ended?: boolean;
  /**
   * The event that was read last, for a client of this dialect: as it came, but for what such clients depend on. Absent:
   * as it came.
   */
  readonly passed?: unknown;
}

/**
 * How one vendor says what all of them say: the translation to and from the canonical form, without any transport.
 * `TranslatingProvider` adds that.
 */
export interface Dialect {
  readonly kind: string;
  /** Whether earlier answers hold words alone: their pictures have no place. */
  readonly textAnswers?: boolean;
  /** Whether a call without arguments has an empty text for them. */
  readonly emptyArguments?: boolean;
  /** What a request that names no longest answer is sent with, in tokens. */
  readonly defaultAnswerTokens?: number;
  /** As `Provider.pictureSize`. */
  readonly pictureSize?: Provider['pictureSize'];
  /** What it takes as the name of a tool; others are mapped, and mapped back in the answer. */
  readonly toolNames: NameRule;
  /** Every header that the vendor wants, with the key. */
  headers(apiKey: string | undefined): Record<string, string>;
  /** Throws `invalid_field` with `param` for a field that the vendor does not support. */
  toRequest(request: ChatCompletionRequest, model: string, stream: boolean): DialectRequest;
  /** For a client that spoke this dialect itself: its own request, of which nothing is lost. */
  sendOn?(original: OriginalRequest, model: string, stream: boolean, maxTokens: number | null): DialectRequest;
  /** How the vendor counts the prompt of a chat, without answering it; absent: it does not. */
  readonly promptCount?: PromptCount;
  /** Asks, for such a client, how many tokens its prompt has. */
  toCount?(original: OriginalRequest, model: string): DialectRequest;
  /** The answer to a request that did not ask for a stream. Throws `upstream_broken` when its shape is wrong. */
  readAnswer(body: unknown, alias: string): ChatCompletion;
  /** Whether a client of this dialect may get this answer as it is; absent: it may. */
  isSound?(body: unknown): boolean;
  createReader(alias: string): EventReader;
  /** What a `GET` of costs no tokens and needs the key. */
  readonly healthPath: string;
  /** The list of all models on one page; absent: `healthPath` is one. */
  readonly listPath?: string;
}
