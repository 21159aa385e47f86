import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AnsweredCall } from '../../features/access/answered-call.ts';
import type { RequestRecord } from '../../features/access/request-record.ts';
import { TRPC_PATH } from '../trpc.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Null before the request has reached a procedure, and on public addresses. */
    record: RequestRecord | null;
    /** What it failed with; undefined: nothing so far. */
    failure: unknown;
  }
}

/** The route, never the address: that is the client's text. */
function operationOf({ method, is404, routeOptions }: FastifyRequest): string {
  return is404 ? `${method} unknown` : `${method} ${routeOptions.url ?? 'unknown'}`;
}

/** Reports each response that no meter reports. tRPC reports its calls itself: a request may be several of them. */
export function reportResponses(app: FastifyInstance, report: (call: AnsweredCall) => void): void {
  app.decorateRequest('record', null);
  app.decorateRequest('failure', undefined);
  app.addHook('onResponse', (request, reply, done) => {
    if (!request.record?.isMetered && !request.routeOptions.url?.startsWith(TRPC_PATH)) {
      report({
        requestId: request.id,
        operation: operationOf(request),
        principal: request.principal,
        status: reply.statusCode,
        failure: request.failure,
        ms: reply.elapsedTime,
      });
    }
    done();
  });
}
