import type { Principal } from './caller.ts';
import type { TraceParent } from './request-watch.ts';

/** A request that no meter counted: it was refused, or it asks the gateway itself. */
export interface AnsweredCall {
  readonly requestId: string;
  /** Method and route, or the procedure. */
  readonly operation: string;
  /** The principal; null when the caller is unknown. */
  readonly principal: Principal | null;
  /** The HTTP status. */
  readonly status: number;
  /** The error that the call failed with; undefined when it succeeded. */
  readonly failure?: unknown;
  readonly ms: number;
  /** Undefined: the client's request is not part of a trace. */
  readonly parent?: TraceParent | undefined;
}
