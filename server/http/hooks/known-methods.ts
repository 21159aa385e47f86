import { METHODS } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import createTable, { type HTTPMethod } from 'find-my-way';
import { AppError } from '../../errors/app-error.ts';

/** Makes every method that Node can read known to Fastify, which would call addresses unknown for the others. */
export function knowEveryMethod(app: FastifyInstance): void {
  // HEAD is where GET is, and CONNECT names no address of ours.
  const others = METHODS.filter((method) => method !== 'HEAD' && method !== 'CONNECT');
  for (const method of others) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);
}

/** Throws what answers a method that an address does not have, and names those that it has. */
export function refuseMethod(request: FastifyRequest, reply: FastifyReply, known: readonly string[]): never {
  reply.header('allow', known.join(', '));
  throw new AppError('method_not_allowed', `${request.method} is not allowed here; use ${known.join(' or ')}.`);
}

/**
 * The methods of each address, gathered as its routes are added. One table in place of a route for each of the 30 methods
 * that an address does not have.
 */
export class KnownMethods {
  readonly #table = createTable({ ignoreTrailingSlash: true, maxParamLength: 512 });
  readonly #methods = new Map<unknown, Set<string>>();

  constructor(app: FastifyInstance) {
    app.addHook('onRoute', ({ url, method }) => this.#add(url, [method].flat()));
  }

  /** Those that the address of a request has, with HEAD at their end; undefined: nothing is served there. */
  of({ url }: FastifyRequest): readonly string[] | undefined {
    const methods = this.#methods.get(this.#table.find(ANY, url)?.handler);
    return methods && [...methods].sort((one, other) => Number(one === 'HEAD') - Number(other === 'HEAD'));
  }

  #add(url: string, methods: readonly string[]): void {
    const known = this.#methods.get(this.#table.findRoute(ANY, url)?.handler);
    if (known) {
      for (const method of methods) known.add(method);
      return;
    }
    const handler = () => undefined;
    this.#table.on(ANY, url, handler);
    this.#methods.set(handler, new Set(methods));
  }
}

/** The table finds an address whatever the method, so every entry stands under the same one. */
const ANY: HTTPMethod = 'GET';
