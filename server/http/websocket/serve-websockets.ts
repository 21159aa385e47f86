import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { AppError } from '../../errors/app-error.ts';
import { shuttingDown } from '../../errors/shutting-down.ts';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import { addressGroup } from '../../features/access/address-group.ts';
import type { AnsweredCall } from '../../features/access/answered-call.ts';
import { readCredentials } from '../../features/access/credentials.ts';
import type { Gate } from '../../features/access/gate.ts';
import { HeldBytes } from '../../features/access/held-bytes.ts';
import { type GiveBack, Places } from '../../features/access/places.ts';
import type { TokenGuard } from '../../features/access/token-guard.ts';
import type { AppRouter } from '../../rpc/router.ts';
import { addressOf } from '../connections/address-of.ts';
import type { TransferLimits } from '../connections/slow-transfers.ts';
import { Strangers } from '../connections/strangers.ts';
import { logError } from '../hooks/errors.ts';
import { listProcedures } from '../list-operations.ts';
import { accept, readHandshake, refuse } from './handshake.ts';
import type { OpenWebsockets } from './open-websockets.ts';
import { ResponsesSession } from './responses-session.ts';
import type { Upgraded } from './served-websocket.ts';
import type { Session } from './session.ts';
import { TrpcSession, type TrpcSessionDeps } from './trpc-session.ts';
import { UNFINISHED_TIMES, type WebsocketLimits } from './websocket-limits.ts';
import { RESPONSES_PATH, TRPC_PATH } from './websocket-paths.ts';

const CHECK_MS = 1_000;

export interface WebsocketOptions {
  readonly router: AppRouter;
  readonly gate: Gate;
  readonly guard: TokenGuard;
  readonly maxBodyBytes: number;
  readonly maxBodyValues: number;
  /** The requests of each key. */
  readonly held: HeldBytes;
  readonly limits: WebsocketLimits;
  /** Receives each call that no meter counted. */
  report(call: AnsweredCall): void;
  readonly transfers: TransferLimits;
  /** The number of open websockets, for metrics. */
  readonly websockets: OpenWebsockets;
}

interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  /** What came behind the handshake. */
  readonly head: Buffer;
}

/** Decides who may open a websocket, and begins its session. */
class WebsocketServer {
  readonly #options: WebsocketOptions;
  readonly #log: FastifyBaseLogger;
  readonly #deps: Omit<TrpcSessionDeps, 'logError'>;
  readonly #places: Places;
  /** What sessions of the Responses API remember. */
  readonly #remembered: HeldBytes;
  #isClosing = false;

  constructor(options: WebsocketOptions, log: FastifyBaseLogger) {
    const { router, gate, guard, maxBodyBytes, maxBodyValues, held, limits, transfers, report } = options;
    this.#options = options;
    this.#log = log;
    this.#places = new Places(limits.perAddress);
    this.#remembered = new HeldBytes(maxBodyBytes * UNFINISHED_TIMES);
    this.#deps = {
      router,
      gate,
      guard,
      report,
      maxBodyBytes,
      maxBodyValues,
      held,
      maxCalls: limits.calls,
      procedures: new Map(listProcedures(router).map(([name, { _def }]) => [name, _def.type])),
      keyPlaces: new Places(limits.perKey),
      keyWithinMs: limits.keyWithinMs,
      strangers: new Strangers<TrpcSession>(limits.withoutKey, (longest) => longest.makeRoom()),
      transfers,
      unfinished: new HeldBytes(maxBodyBytes * UNFINISHED_TIMES),
    };
  }

  /** Opens a websocket, or throws the reason for its refusal. */
  open({ request, socket, head }: Upgrade): void {
    const [pathname = '', search] = request.url?.split('?') ?? [];
    const path = pathname.replace(/\/$/, '');
    const isTrpc = path === TRPC_PATH;
    if (!isTrpc && path !== RESPONSES_PATH) throw new AppError('route_not_found');
    if (this.#isClosing) throw shuttingDown();
    const key = readHandshake(request);
    const address = this.#admit(request, isTrpc);
    const giveBack = this.#takePlace(addressGroup(address));
    accept(socket, request, key);
    if (head.length > 0) socket.unshift(head);
    const expectsParams = new URLSearchParams(search).get('connectionParams') === '1';
    const session = this.#begin(request, isTrpc, { socket, headers: request.headers, address, expectsParams });
    const { sessions } = this.#options.websockets;
    sessions.add(session);
    session.closed.addEventListener('abort', () => {
      sessions.delete(session);
      giveBack();
    });
  }

  /** Gives the address of a client that may connect. */
  #admit(request: IncomingMessage, isTrpc: boolean): string {
    const { gate } = this.#options;
    if (!gate.origins.mayConnect(request.headers)) {
      throw new AppError('permission_denied', 'Pages of this origin may not open websockets here (CORS_ORIGINS).', {
        param: 'Origin',
      });
    }
    const address = addressOf(gate.proxies, request);
    // Clients of tRPC may show their key later.
    if (!isTrpc) gate.authenticate(readCredentials(request.headers), address);
    return address;
  }

  #takePlace(address: string): GiveBack {
    const place = this.#places.take(address);
    if (place) return place;
    throw new AppError(
      'rate_limit_exceeded',
      `Your address has ${this.#places.most} websockets open, which is the most at once (WEBSOCKETS_PER_ADDRESS).`,
      { retryAfter: 10 },
    );
  }

  #begin(request: IncomingMessage, isTrpc: boolean, upgraded: Upgraded): Session {
    const deps = { ...this.#deps, logError: (error: unknown) => logError({ log: this.#log, raw: request }, error) };
    if (isTrpc) return new TrpcSession(deps, upgraded);
    return new ResponsesSession({ ...deps, remembered: this.#remembered }, upgraded);
  }

  /** Ends those that are late or too slow. */
  check(): void {
    const now = monotonicNow();
    for (const session of this.#options.websockets.sessions) session.check(now);
  }

  /** Opens no more, and asks those that are open to leave. */
  close(): void {
    this.#isClosing = true;
    for (const session of this.#options.websockets.sessions) session.leave();
  }

  terminate(): void {
    for (const session of this.#options.websockets.sessions) session.terminate();
  }
}

/** Serves the websockets of the app's server: tRPC's protocol at one path, the Responses API at another. */
export function serveWebsockets(app: FastifyInstance, options: WebsocketOptions): void {
  const websockets = new WebsocketServer(options, app.log);
  app.server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    // Node has removed its own error listener.
    socket.on('error', () => socket.destroy());
    try {
      websockets.open({ request, socket, head });
    } catch (error) {
      refuse(socket, error);
    }
  });

  const timer = setInterval(() => websockets.check(), CHECK_MS).unref();
  app.server.once('close', () => clearInterval(timer));

  // Node's server no longer counts a connection that has become a websocket.
  const closeAllConnections = app.server.closeAllConnections.bind(app.server);
  app.server.closeAllConnections = () => {
    closeAllConnections();
    websockets.terminate();
  };
  app.addHook('preClose', async () => websockets.close());
}
