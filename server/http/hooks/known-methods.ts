import { METHODS } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import createTable, { type HTTPMethod } from 'find-my-way';
import { AppError } from '../../errors/app-error.ts';

/**
 * Makes every method that Node can parse known to Fastify. For other methods Fastify would answer that the address is
 * unknown.
 */
export function knowEveryMethod(app: FastifyInstance): void {
  // Fastify serves HEAD wherever it serves GET, and CONNECT does not name an address of ours.
  const others = METHODS.filter((method) => method !== 'HEAD' && method !== 'CONNECT');
  for (const method of others) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);
}

/** A part of an address may be as long as a head: a batch of tRPC names all its calls there. */
export const ROUTER_OPTIONS = { ignoreTrailingSlash: true, maxParamLength: 16 * 1024 };

/** Throws the error for a method that an address does not have; it names the methods that the address has. */
export function refuseMethod(request: FastifyRequest, reply: FastifyReply, known: readonly string[]): never {
  reply.header('allow', known.join(', '));
  throw new AppError('method_not_allowed', `${request.method} is not allowed here; use ${known.join(' or ')}.`);
}

/**
 * The methods of each address, collected while its routes are added. This is one table instead of a route for each of
 * the 30 methods that an address does not have.
 */
export class KnownMethods {
  readonly #table = createTable(ROUTER_OPTIONS);
  readonly #methods = new Map<unknown, Set<string>>();

  constructor(app: FastifyInstance) {
    app.addHook('onRoute', ({ url, method }) => this.#add(url, [method].flat()));
  }

  /** The methods of the request's address, HEAD last. Undefined: nothing is served there. */
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

/** The table must find an address whatever the method, so every entry is stored under this one method. */
const ANY: HTTPMethod = 'GET';
