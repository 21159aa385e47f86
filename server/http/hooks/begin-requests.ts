import type { FastifyInstance } from 'fastify';
import type { Origins } from '../../features/access/origins.ts';
import { connectionOf } from '../connections/connection.ts';
import { speaksAnthropic } from '../error-dialect.ts';
import { dataHeaders } from '../pages/security-headers.ts';
import { checkHead } from './check-head.ts';
import { createCors } from './cors.ts';
import { refuseUnknown } from './errors.ts';
import type { KnownMethods } from './known-methods.ts';
import { shedLoad } from './shed-load.ts';

export interface BeginOptions {
  readonly origins: Origins;
  readonly methods: KnownMethods;
  readonly load: Parameters<typeof shedLoad>[1];
}

/**
 * Handles every request before its body is read. One hook does all of it, because each hook costs a microsecond or two.
 */
export function beginRequests(app: FastifyInstance, { origins, methods, load }: BeginOptions): void {
  const answersPreflight = createCors(origins);
  app.addHook('onRequest', (request, reply, done) => {
    const { raw } = request;
    // Our side is closed already, behind an answer that was the last one here.
    if (raw.socket.writableEnded) {
      reply.hijack();
      return;
    }
    connectionOf(raw.socket).request = raw;
    reply.header('x-request-id', request.id).headers(dataHeaders);
    if (speaksAnthropic(request)) reply.header('request-id', request.id);
    if (answersPreflight(request, reply)) return;
    checkHead(raw);
    refuseUnknown(request, reply, methods);
    shedLoad(raw, load);
    done();
  });
}
