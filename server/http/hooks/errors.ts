import type { IncomingMessage } from 'node:http';
import type { FastifyBaseLogger, FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../errors/app-error.ts';
import { isReported } from '../../errors/reported.ts';
import { systemCodeOf } from '../../errors/system-code.ts';
import { toAppError } from '../../errors/to-wire.ts';
import { toErrorAnswer } from '../error-dialect.ts';
import { dataHeaders } from '../pages/security-headers.ts';
import { type KnownMethods, refuseMethod } from './known-methods.ts';
import { refuseBody } from './refuse-body.ts';

/** Logs a fault of the gateway with its stack. Every other failure is in the log line of its request. */
export function logError({ log, id: reqId, raw: { socket } }: Asked, thrown: unknown): void {
  const { code } = toAppError(thrown);
  if ((code !== 'internal_error' && code !== 'service_unavailable') || isReported(thrown)) return;
  if (!(socket.destroyed && isReset(thrown))) log.error({ reqId, err: thrown }, 'failed');
}

/** The request that failed. A call on a websocket has no HTTP request of its own, so it passes these fields. */
interface Asked {
  readonly log: FastifyBaseLogger;
  readonly id?: string;
  readonly raw: Pick<IncomingMessage, 'socket'>;
}

/** Whether the error is Node's for a body that broke off. */
const isReset = (thrown: unknown) => systemCodeOf(thrown) === 'ECONNRESET';

export function sendError(reply: FastifyReply, thrown: unknown): FastifyReply {
  const { status, headers, body } = toErrorAnswer(reply.request, thrown);
  return reply
    .code(status)
    .headers(dataHeaders)
    .headers(headers)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(body));
}

/** Handles every failure on every address, and answers it in one shape. */
export function handleErrors(app: FastifyInstance): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    request.failure = error;
    logError(request, error);
    refuseBody(request, reply, error);
    return sendError(reply, error);
  });
  app.setNotFoundHandler((request) => {
    throw notFound(request);
  });
}

const notFound = ({ method, url }: FastifyRequest) =>
  new AppError('route_not_found', `Nothing is served at ${method} ${url.slice(0, 200)}.`);

/**
 * Refuses requests to unknown addresses, and methods that an address does not have. It runs before the body is read,
 * which is then not parsed.
 */
export function refuseUnknown(request: FastifyRequest, reply: FastifyReply, methods: KnownMethods): void {
  if (!request.is404) return;
  const known = methods.of(request);
  if (known) refuseMethod(request, reply, known);
  if (request.method !== 'OPTIONS') throw notFound(request);
}
