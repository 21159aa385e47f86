import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AnsweredCall } from '../../features/access/answered-call.ts';
import type { RequestRecord } from '../../features/access/request-record.ts';
import { traceParentOf } from '../../features/access/trace-parent.ts';
import { TRPC_PATH } from '../websocket/websocket-paths.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Null until the request has reached a procedure, and on paths without one. */
    record: RequestRecord | null;
    /** The error with which the request failed; undefined while there is none. */
    failure: unknown;
  }
}

/** The route. It is never the URL, which is the client's own text. */
function operationOf({ method, is404, routeOptions }: FastifyRequest): string {
  return is404 ? `${method} unknown` : `${method} ${routeOptions.url ?? 'unknown'}`;
}

/** tRPC reports its calls itself, because one request may be several. Those that it never came to call fail as a whole. */
const isReportedByTrpc = ({ routeOptions, failure }: FastifyRequest): boolean =>
  failure === undefined && routeOptions.url?.startsWith(TRPC_PATH) === true;

/** Reports each response that no meter reports. */
export function reportResponses(app: FastifyInstance, report: (call: AnsweredCall) => void): void {
  app.decorateRequest('record', null);
  app.decorateRequest('failure', undefined);
  app.addHook('onResponse', (request, reply, done) => {
    if (!request.record?.isMetered && !isReportedByTrpc(request)) {
      report({
        requestId: request.id,
        operation: operationOf(request),
        principal: request.principal,
        status: reply.statusCode,
        failure: request.failure,
        ms: reply.elapsedTime,
        parent: traceParentOf(request.headers),
      });
    }
    done();
  });
}
