import { type FastifyServerOptions, LogController } from 'fastify';
import { newRequestId } from '../features/access/request-id.ts';
import { createLimitedServer } from './connections/limit-pipelining.ts';
import { answerClientError } from './hooks/client-error.ts';
import { sendError } from './hooks/errors.ts';
import { ROUTER_OPTIONS } from './hooks/known-methods.ts';

export interface FastifyLimits {
  /** How long the head of a request may take, in ms. */
  readonly headersTimeoutMs: number;
  readonly maxBodyBytes: number;
}

type LoggerOptions = Exclude<FastifyServerOptions['logger'], boolean | undefined>;

function refuseSchemas(): never {
  throw new Error('Routes have no schemas of Fastify: contracts check requests.');
}

/** How Fastify is set up: it does no work for a request that ours do not need. */
export function fastifyOptions({ headersTimeoutMs, maxBodyBytes }: FastifyLimits, logger: LoggerOptions) {
  const server = {
    // Long responses and uploads are normal here. `watchConnections` closes connections that are too slow.
    requestTimeout: 0,
    keepAliveTimeout: 75_000,
    requireHostHeader: false,
    headersTimeout: headersTimeoutMs,
    connectionsCheckingInterval: 1_000,
  };
  return {
    logger: {
      ...logger,
      redact: ['authorization', 'x-api-key', 'api-key'].map((name) => `req.headers["${name}"]`),
    },
    logController: new LogController({ disableRequestLogging: true }),
    // A child logger for each request costs more than routing it, so each log line carries the request id itself.
    childLoggerFactory: (own) => own,
    // Our contracts check what comes in. Without this, Fastify loads a compiler of JSON schemas for every start.
    schemaController: { compilersFactory: { buildValidator: refuseSchemas, buildSerializer: refuseSchemas } },
    genReqId: newRequestId,
    bodyLimit: maxBodyBytes,
    serverFactory: (handle) => createLimitedServer(handle, server),
    // A stop lets the answers that are under way end.
    forceCloseConnections: 'idle',
    // During that time, `shedLoad` refuses new requests on these connections, in the form of every other error.
    return503OnClosing: false,
    clientErrorHandler: answerClientError,
    routerOptions: ROUTER_OPTIONS,
    frameworkErrors: (error, request, reply) => sendError(reply.header('x-request-id', request.id), error),
  } satisfies FastifyServerOptions;
}
