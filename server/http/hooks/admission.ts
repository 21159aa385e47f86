import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../errors/app-error.ts';
import type { Principal } from '../../features/access/caller.ts';
import { ensureAllowed, type Gate } from '../../features/access/gate.ts';
import { notForTokens } from '../../features/access/token-guard.ts';
import { addressOf } from '../connections/address-of.ts';
import { connectionOf } from '../connections/connection.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The principal of a request; null before admission and at public addresses. */
    principal: Principal | null;
    /** Where a request with a principal is answered; null for other requests. */
    response: ServerResponse | null;
  }
}

/**
 * Counts a request against the limits of its key, and sets the headers of the rate limit (OpenAI's names, `reset` as a
 * duration), also when the request is refused.
 */
export function admit(gate: Gate, principal: Principal, reply: FastifyReply): void {
  const state = gate.count(principal);
  if (!state) return;
  reply.header('x-ratelimit-limit-requests', state.limit);
  reply.header('x-ratelimit-remaining-requests', state.remaining);
  reply.header('x-ratelimit-reset-requests', `${Math.ceil(state.reset * 1000)}ms`);
  ensureAllowed(state);
}

/** The principal of a request to a route with `admission`. */
export function principalOf({ principal }: FastifyRequest): Principal {
  if (principal) return principal;
  throw new AppError('missing_authorization');
}

export function decorateAdmission(app: FastifyInstance): void {
  app.decorateRequest('principal', null);
  app.decorateRequest('response', null);
}

const CORS_HEADERS = ['access-control-allow-origin', 'access-control-expose-headers'] as const;

/** Browsers say the origin of every other request. */
const READING = ['GET', 'HEAD'];

/** Finds out who calls. Throws the reason when the caller is refused. */
export function authenticate(gate: Gate, request: FastifyRequest, reply: FastifyReply): Principal {
  const { headers, raw, method } = request;
  const address = addressOf(gate.proxies, raw);
  const connection = connectionOf(raw.socket);
  const principal = gate.authenticate(connection.credentials(headers), address);
  connection.becomeKnown();
  request.principal = principal;
  request.response = reply.raw;
  // The answer was opened to pages before it was known whose key they have.
  if (!gate.origins.mayRead(principal, headers)) for (const name of CORS_HEADERS) reply.removeHeader(name);
  gate.origins.check(principal, headers, READING.includes(method));
  return principal;
}

interface AdmissionOptions {
  /** Whether client tokens are accepted. The route then says what they are allowed to do. Default: false. */
  readonly takesTokens?: boolean;
}

/**
 * Makes the `onRequest` hook of a route. It checks the key before any of the body is read, so that clients without a
 * key cannot upload.
 */
export function admission(gate: Gate, { takesTokens = false }: AdmissionOptions = {}) {
  return (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void => {
    const principal = authenticate(gate, request, reply);
    if (principal.token && !takesTokens) throw notForTokens();
    admit(gate, principal, reply);
    done();
  };
}
