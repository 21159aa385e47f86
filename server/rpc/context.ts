import { Json } from '../canonical/json.ts';
import type { AnsweredCall } from '../features/access/answered-call.ts';
import type { Principal } from '../features/access/caller.ts';
import type { RequestHold } from '../features/access/request-hold.ts';
import type { TraceParent } from '../features/access/request-watch.ts';
import type { TokenGuard } from '../features/access/token-guard.ts';
import type { ResponseMemory } from '../features/responses/response-memory.ts';

/** The sending side of a websocket. */
export interface Socket {
  /** Whether the client has to take what was sent before more is sent. */
  readonly isFull: boolean;
  /** Resolves to true when the client has taken it, and to false when the signal aborts or the socket closes first. */
  drained(signal: AbortSignal): Promise<boolean>;
}

/** One call of a procedure, from any transport. */
export interface Context {
  readonly requestId: string;
  /**
   * Returns the caller, and counts the call against the caller's limits. Throws the error of a missing or invalid key.
   */
  authorize(): Principal;
  /** Counts a wrong secret against the client's address. Throws `rate_limit_exceeded`. */
  countGuess(): void;
  /** Whether a browser on the gateway's own machine sent the call, and no proxy. Absent on a websocket. */
  readonly isFromHere?: (() => boolean) | undefined;
  /** Holds client tokens to what they are for. */
  readonly guard: TokenGuard;
  /** Sets a header of the response; null removes it. */
  setHeader(name: string, value: string | null): void;
  /** The input of a call by its place in a batch, when the transport has read it. Absent: tRPC reads it itself. */
  readonly inputOf?: ((batchIndex: number) => unknown) | null | undefined;
  /** Whether the response headers were sent already. REST only. */
  readonly headersSent?: (() => boolean) | undefined;
  /** The request body as it came, on REST. It lets an unchanged body be forwarded without being written again. */
  readonly body?: Buffer | undefined;
  /** Headers of the client's dialect, such as `anthropic-beta`. REST only. */
  readonly dialectHeaders?: Readonly<Record<string, string>> | undefined;
  /** Receives each call that no meter counted. REST reports its responses itself. */
  readonly report?: ((call: AnsweredCall) => void) | undefined;
  /** The trace that the request belongs to, as its client says; of a websocket, that of its upgrade. */
  readonly parent?: TraceParent | undefined;
  /** The header `Idempotency-Key`; a websocket has none. */
  readonly idempotencyKey?: string | undefined;
  /** The websocket that the call came by; absent on HTTP. */
  readonly socket?: Socket | undefined;
  /** What the request holds of the room of its key; absent: it has no body. */
  readonly hold?: RequestHold | undefined;
  /** On the websocket of responses only. */
  readonly memory?: ResponseMemory | undefined;
}

/** The input of a procedure, with the bytes in which it came when it came by REST. */
export const jsonOf = <T extends object>(ctx: Context, input: T): Json<T> =>
  ctx.body ? Json.ofBoth(ctx.body, input) : Json.ofValue(input);
