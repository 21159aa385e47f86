import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { AppError } from '../../errors/app-error.ts';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import { addressGroup } from '../../features/access/address-group.ts';
import type { AnsweredCall } from '../../features/access/answered-call.ts';
import type { Gate } from '../../features/access/gate.ts';
import { type GiveBack, Places } from '../../features/access/places.ts';
import type { AppRouter } from '../../rpc/router.ts';
import type { TransferLimits } from '../connections/slow-transfers.ts';
import { Strangers } from '../connections/strangers.ts';
import { logError } from '../hooks/errors.ts';
import { listProcedures } from '../list-operations.ts';
import { allowsOrigin } from './allows-origin.ts';
import { accept, readHandshake, refuse } from './handshake.ts';
import { HeldBytes } from './held-bytes.ts';
import { Session, type SessionDeps } from './session.ts';
import { UNFINISHED_TIMES, type WebsocketLimits } from './websocket-limits.ts';

const CHECK_MS = 1_000;

export interface WebsocketOptions {
  readonly path: string;
  readonly router: AppRouter;
  readonly gate: Gate;
  readonly corsOrigins: readonly string[];
  readonly maxBodyBytes: number;
  readonly maxBodyValues: number;
  readonly limits: WebsocketLimits;
  /** Receives each call that no meter counted. */
  report(call: AnsweredCall): void;
  readonly transfers: TransferLimits;
}

/** Serves tRPC's websocket protocol at one path of the app's server. */
export function serveWebsockets(app: FastifyInstance, options: WebsocketOptions): void {
  const { path, router, gate, corsOrigins, maxBodyBytes, maxBodyValues, limits, transfers, report } = options;
  const sessions = new Set<Session>();
  const places = new Places(limits.perAddress);
  const deps: Omit<SessionDeps, 'logError'> = {
    router,
    gate,
    report,
    maxBodyBytes,
    maxBodyValues,
    maxCalls: limits.calls,
    procedures: new Map(listProcedures(router).map(([name, { _def }]) => [name, _def.type])),
    keyPlaces: new Places(limits.perKey),
    keyWithinMs: limits.keyWithinMs,
    strangers: new Strangers<Session>(limits.withoutKey, (longest) => longest.makeRoom()),
    transfers,
    unfinished: new HeldBytes(maxBodyBytes * UNFINISHED_TIMES),
  };
  let closing = false;

  function takePlace(address: string): GiveBack {
    const place = places.take(address);
    if (place) return place;
    throw new AppError(
      'rate_limit_exceeded',
      `Your address has ${places.most} websockets open, which is the most at once (WEBSOCKETS_PER_ADDRESS).`,
      { retryAfter: 10 },
    );
  }

  function open(request: IncomingMessage, socket: Socket, head: Buffer): void {
    if (closing) throw new AppError('service_unavailable', 'The gateway is shutting down.');
    const key = readHandshake(request);
    if (!allowsOrigin(corsOrigins, request.headers)) {
      throw new AppError('permission_denied', 'Pages of this origin may not open websockets here (CORS_ORIGINS).', {
        param: 'Origin',
      });
    }
    const place = takePlace(addressGroup(socket.remoteAddress ?? ''));
    accept(socket, request, key);
    if (head.length > 0) socket.unshift(head);
    const expectsParams = new URLSearchParams(request.url?.split('?')[1]).get('connectionParams') === '1';
    const session = new Session(
      { ...deps, logError: (error) => logError({ log: app.log, raw: request }, error) },
      { socket, headers: request.headers, expectsParams },
    );
    sessions.add(session);
    session.closed.addEventListener('abort', () => {
      sessions.delete(session);
      place();
    });
  }

  app.server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    // Node has removed its own error listener.
    socket.on('error', () => socket.destroy());
    try {
      if (request.url?.split('?', 1)[0]?.replace(/\/$/, '') !== path) throw new AppError('route_not_found');
      open(request, socket, head);
    } catch (error) {
      refuse(socket, error);
    }
  });

  const timer = setInterval(() => {
    const now = monotonicNow();
    for (const session of sessions) session.check(now);
  }, CHECK_MS).unref();
  app.server.once('close', () => clearInterval(timer));

  // Node's server no longer counts a connection that has become a websocket.
  const closeAllConnections = app.server.closeAllConnections.bind(app.server);
  app.server.closeAllConnections = () => {
    closeAllConnections();
    for (const session of sessions) session.terminate();
  };
  app.addHook('preClose', async () => {
    closing = true;
    for (const session of sessions) session.leave();
  });
}
