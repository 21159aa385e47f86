import { toAppError } from '../../errors/to-wire.ts';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import type { AnsweredCall } from '../../features/access/answered-call.ts';
import { ensureAllowed, type Gate } from '../../features/access/gate.ts';
import type { RequestHold } from '../../features/access/request-hold.ts';
import { newRequestId } from '../../features/access/request-id.ts';
import type { TraceParent } from '../../features/access/request-watch.ts';
import type { Context, Socket } from '../../rpc/context.ts';
import type { CallerContext } from '../../rpc/trpc.ts';
import type { Identity } from './identity.ts';

interface Connection {
  readonly identity: Identity;
  readonly gate: Gate;
  readonly guard: Context['guard'];
  readonly report: Context['report'];
  readonly parent: TraceParent | undefined;
  readonly socket: Socket;
  /** What the message of the call holds. */
  readonly hold: RequestHold;
}

/** The context of one call over a websocket. */
export const createCallContext = ({ identity, gate, guard, report, parent, socket, hold }: Connection): Context => ({
  requestId: newRequestId(),
  guard,
  authorize() {
    const principal = identity.authenticate();
    ensureAllowed(gate.count(principal));
    return principal;
  },
  countGuess: () => identity.countGuess(),
  setHeader: () => undefined,
  report,
  parent,
  socket,
  hold,
});

/**
 * What to report of a call that was let in and failed before it reached a model. Null for other calls: their meter reports
 * them, or what refused them.
 */
export function toUnmeteredFailure(
  failure: unknown,
  ctx: Context | CallerContext,
): Omit<AnsweredCall, 'operation'> | null {
  if (!('caller' in ctx) || ctx.caller.record.isMetered) return null;
  const { requestId, parent, caller } = ctx;
  const { principal, receivedAt } = caller;
  const { status } = toAppError(failure);
  return { requestId, principal, status, failure, ms: monotonicNow() - receivedAt, parent };
}
