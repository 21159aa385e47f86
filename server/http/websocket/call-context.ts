import { ensureAllowed, type Gate } from '../../features/access/gate.ts';
import { newRequestId } from '../../features/access/request-id.ts';
import type { TraceParent } from '../../features/access/request-watch.ts';
import type { Context, Socket } from '../../rpc/context.ts';
import type { Identity } from './identity.ts';

interface Connection {
  readonly identity: Identity;
  readonly gate: Gate;
  readonly guard: Context['guard'];
  readonly report: Context['report'];
  readonly parent: TraceParent | undefined;
  readonly socket: Socket;
}

/** The context of one call over a websocket. */
export const createCallContext = ({ identity, gate, guard, report, parent, socket }: Connection): Context => ({
  requestId: newRequestId(),
  guard,
  authorize() {
    const principal = identity.authenticate();
    ensureAllowed(gate.count(principal));
    return principal;
  },
  setHeader: () => undefined,
  report,
  parent,
  socket,
});
