import { METHODS } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import { AppError } from '../../errors/app-error.ts';

/** HEAD is where GET is, and CONNECT names no address of ours. */
const guarded = METHODS.filter((method) => method !== 'HEAD' && method !== 'CONNECT');

/** Makes every method that Node can read known to Fastify, which would call addresses unknown for the others. */
export function knowEveryMethod(app: FastifyInstance): void {
  for (const method of guarded) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);
}

/** Throws what answers a method that an address does not have, and names those that it has. */
export function refuseMethod(request: FastifyRequest, reply: FastifyReply, known: readonly string[]): never {
  reply.header('allow', known.join(', '));
  throw new AppError('method_not_allowed', `${request.method} is not allowed here; use ${known.join(' or ')}.`);
}

/** Answers every other method of an address with 405 and `Allow`. `url` is in Fastify's form. */
export function guardMethods(app: FastifyInstance, url: string, allowed: readonly HTTPMethods[]): void {
  const known = allowed.includes('GET') ? [...allowed, 'HEAD'] : allowed;
  app.route({
    method: guarded.filter((method) => !allowed.some((one) => one === method)),
    url,
    // Before the body is read, so that no body can hide the answer.
    onRequest: async (request, reply) => refuseMethod(request, reply, known),
    handler: async () => undefined,
  });
}
