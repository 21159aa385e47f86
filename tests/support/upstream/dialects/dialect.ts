import type { IncomingHttpHeaders } from 'node:http';
import type { Answer } from '../answer.ts';
import { type Asked, readAsked } from '../asked.ts';
import type { JsonObject } from '../json.ts';
import { readImagesAsked } from './openai-images.ts';

export type DialectName = 'vllm' | 'llamacpp' | 'ollama' | 'openai-responses' | 'anthropic' | 'gemini';

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

/** One event of a stream before it becomes bytes. */
export interface StreamEvent {
  /** The `event:` line, where the vendor writes one. */
  readonly name?: string;
  readonly data: JsonObject;
  /** It carries a part of the answer. */
  readonly token: boolean;
}

/** A request as a dialect reads it. */
export interface Received {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly json: unknown;
  /** Byte for byte. */
  readonly body: Buffer;
}

/** How one vendor writes what all of them say. */
export interface Dialect {
  readonly name: DialectName;
  /** What the base URL ends in, such as `/v1`. */
  readonly basePath: string;
  /** The header that carries the key. */
  readonly keyHeader: 'authorization' | 'x-api-key' | 'x-goog-api-key';
  /** What a request asks for; null when it is no chat. */
  read(request: Received): Asked | null;
  /** What the vendor refuses about a chat before any script plays; absent: it takes everything. */
  check?(request: Received & { readonly headers: IncomingHttpHeaders }, asked: Asked): Refusal | null;
  /** What ends a stream after its last event; null: nothing does. */
  readonly endMark: '[DONE]' | null;
  /** On every response. */
  readonly headers: Record<string, string>;
  readonly jsonType: string;
  readonly streamType: string;
  /** The answer as one JSON body. */
  body(answer: Answer, asked: Asked): JsonObject;
  /** The answer as events, without the end mark. */
  events(answer: Answer, asked: Asked): StreamEvent[];
  refusal(kind: RefusalKind, asked: Asked): Refusal;
  /** A failure after the first token: its event, and whether the end mark still follows. */
  midStream(asked: Asked): { readonly event: Omit<StreamEvent, 'token'>; readonly done: boolean };
  /** `GET <base>/models`. */
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

/** What the servers that speak OpenAI's chat completions have in common. */
export const openAiRequests = {
  basePath: '/v1',
  keyHeader: 'authorization',
  endMark: '[DONE]',
  read: ({ method, path, json, body }) => {
    if (method !== 'POST') return null;
    return path === '/v1/chat/completions' ? readAsked(json) : readImagesAsked(path, json, body);
  },
} as const satisfies Partial<Dialect>;
