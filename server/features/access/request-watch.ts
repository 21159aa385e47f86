import type { ChatCompletion, ChatCompletionChunk } from '../../../contracts/chat/completion.ts';
import type { UpstreamTap } from '../../providers/upstream-tap.ts';
import type { UsageRow } from '../../store/interface/usage.ts';
import type { Attempt } from './attempt.ts';

/** Where the client's own trace is to be continued: the two headers of W3C's Trace Context. */
export interface TraceParent {
  readonly traceparent: string;
  readonly tracestate: string | undefined;
}

/** The backend that is asked. */
export interface AskedBackend {
  /** `<provider>/<model>` */
  readonly name: string;
  readonly model: string;
  readonly provider: { readonly id: string; readonly kind: string };
}

/** Facts beside a sentence of the log; never content of messages. */
export type Facts = Readonly<Record<string, unknown>>;

/** Gets the answer of a chat, where its content is wanted. */
export interface AnswerWatch {
  chunk(chunk: ChatCompletionChunk): void;
  completion(answer: ChatCompletion): void;
}

/**
 * Follows one request that was let in, for traces and for the log at `debug` and `trace`. It decides nothing. Without
 * traces and at `info` there is none, and a request pays nothing for it.
 */
export interface RequestWatch {
  /** Told what was decided about the request, in one sentence, and why. */
  decided?(what: string, why: Facts): void;
  /** Told that a backend is asked now. What is returned goes with its requests. */
  attempting(backend: AskedBackend): UpstreamTap | undefined;
  /** Told how that went: of a stream, how it began. Null: nothing was sent, for the backend does not support the request. */
  attempted(attempt: Attempt | null): void;
  /** Absent: nobody wants the content. */
  readonly answer?: AnswerWatch | undefined;
  /** Told how the request ended. */
  ended(row: UsageRow): void;
}
