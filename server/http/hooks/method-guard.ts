import type { FastifyInstance, HTTPMethods } from 'fastify';
import { AppError } from '../../errors/app-error.ts';

const METHODS: HTTPMethods[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'];

/** Answers every other method of an address with 405 and `Allow`. `url` is in Fastify's form. */
export function guardMethods(app: FastifyInstance, url: string, allowed: readonly HTTPMethods[]): void {
  const known = allowed.includes('GET') ? [...allowed, 'HEAD'] : allowed;
  app.route({
    method: METHODS.filter((method) => !allowed.includes(method)),
    url,
    // Before the body is read, so that no body can hide the answer.
    async onRequest(request, reply) {
      reply.header('allow', known.join(', '));
      throw new AppError('method_not_allowed', `${request.method} is not allowed here; use ${known.join(' or ')}.`);
    },
    handler: async () => undefined,
  });
}
