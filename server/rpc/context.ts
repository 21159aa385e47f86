import type { AnsweredCall } from '../features/access/answered-call.ts';
import type { Principal } from '../features/access/caller.ts';

/** The side of a websocket that is still to be sent. */
export interface Socket {
  /** Whether the client has to take what it was sent before more is made for it. */
  readonly isFull: boolean;
  /** Resolves to true when it has taken that, and to false when the signal aborts or the socket closes first. */
  drained(signal: AbortSignal): Promise<boolean>;
}

/** One call of a procedure, whichever transport it came by. */
export interface Context {
  readonly requestId: string;
  /** Who calls, counted against their limit. Throws the error of a missing or wrong key. */
  authorize(): Principal;
  /** Null takes one back. */
  setHeader(name: string, value: string | null): void;
  /** The input of a call, by its place in a batch, where the transport has read it; absent: tRPC reads it itself. */
  readonly inputOf?: ((batchIndex: number) => unknown) | null | undefined;
  /** Whether the response headers are on their way already. REST only. */
  readonly headersSent?: (() => boolean) | undefined;
  /** The body as it came, on REST: what is only passed on is never written anew. */
  readonly body?: Buffer | undefined;
  /** Headers of the client's dialect, such as `anthropic-beta`. REST only. */
  readonly dialectHeaders?: Readonly<Record<string, string>> | undefined;
  /** Told of each call that no meter counted; REST reports its responses itself. */
  readonly report?: ((call: AnsweredCall) => void) | undefined;
  /** On a websocket only. */
  readonly socket?: Socket | undefined;
}
