import { IncomingMessage } from 'node:http';
import websocket from '@fastify/websocket';
import {
  type CreateFastifyContextOptions,
  type FastifyTRPCPluginOptions,
  fastifyTRPCPlugin,
} from '@trpc/server/adapters/fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { WebSocket } from 'ws';
import { AppError } from '../errors/app-error.ts';
import { toWireError } from '../errors/to-wire.ts';
import type { Principal } from '../features/access/caller.ts';
import { ensureAllowed, type Gate, hashKey } from '../features/access/gate.ts';
import type { Context, Socket } from '../rpc/context.ts';
import type { AppRouter } from '../rpc/router.ts';
import type { ErrorData } from '../rpc/trpc.ts';
import { connectionOf } from './connection.ts';
import { admit } from './hooks/admission.ts';
import { logError } from './hooks/errors.ts';
import { listProcedures, metaOf } from './list-operations.ts';
import { newRequestId } from './request-id.ts';
import { setHeader } from './set-header.ts';

export interface TrpcOptions {
  readonly router: AppRouter;
  readonly gate: Gate;
  readonly maxBodyBytes: number;
}

const PREFIX = '/trpc';
/** JSON-RPC's code for tRPC's own envelope; clients read `data`. */
const RPC_ERROR = -32603;
const PING_MS = 15_000;
const PONG_MS = 10_000;

function closeOf(socket: WebSocket): AbortSignal {
  const controller = new AbortController();
  socket.once('close', () => controller.abort());
  return controller.signal;
}

const toSocket = (socket: WebSocket): Socket => ({
  closed: closeOf(socket),
  buffered: () => socket.bufferedAmount,
  terminate: () => socket.terminate(),
});

/** Serves the router at `/trpc`: queries and mutations over HTTP, everything over websocket. */
export async function trpcPlugin(app: FastifyInstance, { router, gate, maxBodyBytes }: TrpcOptions): Promise<void> {
  // Here and not for the whole app, where it would wrap the handler of every route.
  await app.register(websocket, { options: { maxPayload: maxBodyBytes } });
  const publicNames = new Set(
    listProcedures(router).flatMap(([name, procedure]) => (metaOf(procedure).public ? [name] : [])),
  );

  /** As on REST: a stranger's body is not read. A websocket shows its key later, and each call checks it. */
  app.addHook('onRequest', async (request) => {
    if (request.ws || request.is404) return;
    if (request.routeOptions.url === PREFIX) {
      throw new AppError('route_not_found', 'A websocket is served here; calls over HTTP name their procedure.');
    }
    const names = decodeURIComponent(request.url.split('?')[0]?.slice(PREFIX.length + 1) ?? '').split(',');
    if (names.every((name) => publicNames.has(name))) return;
    request.principal = gate.authenticate(connectionOf(request.raw.socket).keyHash(request.headers), request.ip);
  });

  app.setErrorHandler((error, request, reply) => {
    logError(request, error);
    const { status, trpcCode, headers, body, ...rest } = toWireError(error);
    const data: ErrorData = { code: trpcCode, httpStatus: status, error: body.error, ...rest };
    reply
      .code(status)
      .headers(headers)
      .send({ error: { message: body.error.message, code: RPC_ERROR, data } });
  });

  function httpContext(request: FastifyRequest, reply: FastifyReply): Context {
    // Each call of a batch is a request of its own; the first has the name that the answer's header tells.
    let named = false;
    return {
      get requestId() {
        const id = named ? newRequestId() : request.id;
        named = true;
        return id;
      },
      authorize() {
        if (!request.principal) throw new AppError('missing_authorization');
        admit(gate, request.principal, reply);
        return request.principal;
      },
      setHeader(name, value) {
        setHeader(reply, name, value);
      },
    };
  }

  /**
   * One context serves a connection: a wrong key fails its calls, not the connection, or clients would retry for ever.
   * Each call shows the key anew, since it may have been revoked since the last one.
   */
  function socketContext(socket: WebSocket, authenticate: () => Principal): Context {
    return {
      get requestId() {
        return newRequestId();
      },
      authorize() {
        const caller = authenticate();
        ensureAllowed(gate.count(caller));
        return caller;
      },
      setHeader: () => undefined,
      socket: toSocket(socket),
    };
  }

  function createContext({ req, res, info }: CreateFastifyContextOptions): Context {
    // On a websocket tRPC passes the socket as `res` and Node's own request as `req`, whatever its types say.
    const [upgrade, transport]: [unknown, unknown] = [req, res];
    if (!(transport instanceof WebSocket && upgrade instanceof IncomingMessage)) return httpContext(req, res);
    const { socket, headers } = upgrade;
    const key = info.connectionParams?.apiKey;
    const keyHash = () => (key === undefined ? connectionOf(socket).keyHash(headers) : hashKey(key));
    return socketContext(transport, () => gate.authenticate(keyHash(), socket.remoteAddress ?? ''));
  }

  await app.register(fastifyTRPCPlugin, {
    prefix: PREFIX,
    useWSS: true,
    trpcOptions: {
      router,
      createContext,
      maxBodySize: maxBodyBytes,
      keepAlive: { enabled: true, pingMs: PING_MS, pongWaitMs: PONG_MS },
      onError: ({ error, req }) => {
        const upgrade: unknown = req;
        logError(upgrade instanceof IncomingMessage ? { log: app.log, raw: upgrade } : req, error);
      },
    },
  } satisfies FastifyTRPCPluginOptions<AppRouter>);
}
