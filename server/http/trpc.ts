import { fastifyRequestHandler } from '@trpc/server/adapters/fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../errors/app-error.ts';
import { invalidField } from '../errors/invalid-field.ts';
import { toAppError, toWireError } from '../errors/to-wire.ts';
import type { AnsweredCall } from '../features/access/answered-call.ts';
import type { Gate } from '../features/access/gate.ts';
import type { HeldBytes } from '../features/access/held-bytes.ts';
import { newRequestId } from '../features/access/request-id.ts';
import type { TokenGuard } from '../features/access/token-guard.ts';
import { traceParentOf } from '../features/access/trace-parent.ts';
import type { Context } from '../rpc/context.ts';
import { errorShapeOf } from '../rpc/error-shape.ts';
import type { AppRouter } from '../rpc/router.ts';
import { addressOf } from './connections/address-of.ts';
import { isFromHere } from './connections/is-from-here.ts';
import { admit, authenticate, principalOf } from './hooks/admission.ts';
import { logError } from './hooks/errors.ts';
import { refuseMethod } from './hooks/known-methods.ts';
import { refuseBody } from './hooks/refuse-body.ts';
import { idempotencyKeyOf } from './idempotency-key-of.ts';
import { acceptJson } from './json-body/decode-body.ts';
import { trpcInputs } from './json-body/trpc-inputs.ts';
import { listProcedures, metaOf } from './list-operations.ts';
import { dataHeaders } from './pages/security-headers.ts';
import { setHeader } from './set-header.ts';
import { tooManyCalls } from './websocket/too-many-calls.ts';
import { STRANGER_MESSAGE_CALLS, type WebsocketLimits } from './websocket/websocket-limits.ts';
import { TRPC_PATH } from './websocket/websocket-paths.ts';

export interface TrpcOptions {
  readonly router: AppRouter;
  readonly gate: Gate;
  readonly maxBodyBytes: number;
  readonly maxBodyValues: number;
  /** The requests of each key. */
  readonly held: HeldBytes;
  readonly guard: TokenGuard;
  readonly limits: Pick<WebsocketLimits, 'calls'>;
  /** Receives each call that no meter counted. */
  report(call: AnsweredCall): void;
}

/** The methods of queries and mutations. */
const METHODS = ['GET', 'POST', 'HEAD'];

const sharedKey = () =>
  invalidField(
    'Idempotency-Key',
    'The calls of a batch cannot share an idempotency key. Send each call in a request of its own.',
  );

/** The procedures that a request over HTTP calls: several in a batch. */
const namesIn = (url: string): string[] =>
  decodeURIComponent(url.split('?')[0]?.slice(TRPC_PATH.length + 1) ?? '').split(',');

/** Makes the hook that checks the calls of a request before its body is read. */
function checkCalls({ router, gate, limits }: TrpcOptions) {
  const publicNames = new Set(
    listProcedures(router).flatMap(([name, procedure]) => (metaOf(procedure).openapi?.protect === false ? [name] : [])),
  );
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (request.is404) return;
    if (!METHODS.includes(request.method)) refuseMethod(request, reply, METHODS);
    if (request.routeOptions.url === TRPC_PATH) {
      throw new AppError(
        'route_not_found',
        'This address is for websockets. Over HTTP, add the name of the procedure to the path.',
      );
    }
    const names = namesIn(request.url);
    // As on REST, the body is not read before the key was checked. Open procedures have no input, so they need no body.
    const isOpen = request.method === 'GET' && names.every((name) => publicNames.has(name));
    if (!isOpen) authenticate(gate, request, reply);
    const most = isOpen ? STRANGER_MESSAGE_CALLS : limits.calls;
    if (names.length > most) throw tooManyCalls(most);
    if (names.length > 1 && idempotencyKeyOf(request) !== undefined) throw sharedKey();
  };
}

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly body: Buffer | undefined;
}

/** The context of the calls of one HTTP request. */
function contextOf({ request, reply, body }: Exchange, { gate, guard, report, maxBodyValues }: TrpcOptions): Context {
  // Each call of a batch is a request of its own. The first one gets the request id in the response's header.
  let named = false;
  return {
    get requestId() {
      const id = named ? newRequestId() : request.id;
      named = true;
      return id;
    },
    guard,
    authorize() {
      const principal = principalOf(request);
      admit(gate, principal, reply);
      return principal;
    },
    countGuess: () => gate.countGuess(addressOf(gate.proxies, request.raw)),
    isFromHere: () => isFromHere(request.raw),
    setHeader(name, value) {
      setHeader(reply, name, value);
    },
    report,
    parent: traceParentOf(request.headers),
    idempotencyKey: idempotencyKeyOf(request),
    hold: request.hold,
    inputOf: trpcInputs({ url: request.url, headers: request.headers, body }, maxBodyValues),
  };
}

/** Serves queries and mutations of the router over HTTP, below `/trpc`. */
export async function trpcPlugin(app: FastifyInstance, options: TrpcOptions): Promise<void> {
  const { router, maxBodyBytes, held, report } = options;
  const procedures = new Set(listProcedures(router).map(([name]) => name));
  app.get(TRPC_PATH, async () => undefined);
  app.addHook('onRequest', checkCalls(options));

  app.setErrorHandler((error, request, reply) => {
    request.failure = error;
    logError(request, error);
    refuseBody(request, reply, error);
    const { status, headers } = toWireError(error);
    reply
      .code(status)
      .headers({ ...dataHeaders, ...headers })
      .send({ error: errorShapeOf(router, error) });
  });

  const refusals = new WeakSet<Error>();
  const bodies = new WeakMap<FastifyRequest, Buffer>();

  app.removeAllContentTypeParsers();
  // tRPC would parse any body at once. It is given none, and asks the context for the inputs.
  acceptJson(app, {
    held,
    keep: (request, body) => {
      bodies.set(request, body);
    },
  });
  app.all<{ Params: { path: string } }>(`${TRPC_PATH}/:path`, async (request, reply) => {
    await fastifyRequestHandler({
      router,
      req: request,
      res: reply,
      path: request.params.path,
      createContext: () => contextOf({ request, reply, body: bodies.get(request) }, options),
      maxBodySize: maxBodyBytes,
      onError: ({ error, path = '' }) => {
        logError(request, error);
        const isKnown = procedures.has(path);
        // tRPC reports the same error of a subscription twice.
        if ((isKnown && error.code !== 'METHOD_NOT_SUPPORTED') || refusals.has(error)) return;
        refusals.add(error);
        // tRPC refused the call itself. A name that is not a procedure's is the client's own text.
        report({
          requestId: request.id,
          operation: isKnown ? path : 'unknown procedure',
          principal: request.principal,
          status: toAppError(error).status,
          failure: error,
          ms: reply.elapsedTime,
          parent: traceParentOf(request.headers),
        });
      },
    });
  });
}
