import type { Answer } from '../answer.ts';
import type { Asked } from '../asked.ts';
import type { JsonObject } from '../json.ts';

export type DialectName = 'vllm' | 'llamacpp' | 'ollama';

export type RefusalKind =
  | 'bad-request'
  | 'context-overflow'
  | 'unauthorized'
  | 'unknown-model'
  | 'rate-limited'
  | 'server-error'
  | 'unavailable';

export interface Refusal {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body: unknown;
}

/** One event of a stream before it becomes bytes. `token`: it carries a part of the answer. */
export interface StreamEvent {
  readonly data: JsonObject;
  readonly token: boolean;
}

/** How one vendor writes what all of them say. */
export interface Dialect {
  readonly name: DialectName;
  /** On every response. */
  readonly headers: Record<string, string>;
  readonly jsonType: string;
  readonly streamType: string;
  /** The answer as one JSON body. */
  body(answer: Answer, asked: Asked): JsonObject;
  /** The answer as events, without the final `[DONE]`. */
  events(answer: Answer, asked: Asked): StreamEvent[];
  refusal(kind: RefusalKind, asked: Asked): Refusal;
  /** A failure after the first token: its event, and whether `[DONE]` still follows. */
  midStream(asked: Asked): { readonly event: JsonObject; readonly done: boolean };
  /** `GET /v1/models`. */
  models(names: readonly string[]): JsonObject;
  /** Other paths that only this vendor serves. */
  readonly paths: Readonly<Record<string, Refusal>>;
}

/** The shape of a limit set by a proxy in front: none of the three vendors has a 429 of its own. */
export const rateLimited: Refusal = {
  status: 429,
  headers: { 'retry-after': '7' },
  body: {
    error: { message: 'Rate limit reached', type: 'rate_limit_error', param: null, code: 'rate_limit_exceeded' },
  },
};

/** A fixed creation time, so that answers are the same in every run. */
export const createdAt = 1_760_000_000;
