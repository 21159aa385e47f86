import type { ChatCompletion, ChatCompletionChunk } from '../../../contracts/chat/completion.ts';
import type { UpstreamTap } from '../../providers/upstream-tap.ts';
import type { UsageRow } from '../../store/interface/usage.ts';
import type { Attempt } from './attempt.ts';

/** The two headers of W3C's Trace Context, with which the client's own trace is continued. */
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

/** Receives the answer of a chat, where its content is wanted. */
export interface AnswerWatch {
  chunk(chunk: ChatCompletionChunk): void;
  completion(answer: ChatCompletion): void;
}

/**
 * Follows one request that was let in, for traces and for the log at `debug` and `trace`. It decides nothing. Without
 * traces and at `info` there is none, and a request pays nothing for it.
 */
export interface RequestWatch {
  /** Called with a decision about the request, in one sentence, and its reasons. */
  decided?(what: string, why: Facts): void;
  /** Called when a backend is asked. The returned headers are sent with the request to it. */
  attempting(backend: AskedBackend): UpstreamTap | undefined;
  /**
   * Called with the result of the attempt; for a stream, with how it began. Null: nothing was sent, because the backend
   * does not support the request.
   */
  attempted(attempt: Attempt | null): void;
  /** The receiver of the answer's content; absent: the content is not wanted. */
  readonly answer?: AnswerWatch | undefined;
  /** Called when the request has ended. */
  ended(row: UsageRow): void;
}
