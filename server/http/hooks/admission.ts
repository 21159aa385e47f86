import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../../features/access/caller.ts';
import { ensureAllowed, type Gate } from '../../features/access/gate.ts';
import { connectionOf } from '../connections/connection.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls; null before admission and on public addresses. */
    principal: Principal | null;
  }
}

/** Counts a request; the headers (OpenAI's names, `reset` a duration) are set also when it is refused. */
export function admit(gate: Gate, principal: Principal, reply: FastifyReply): void {
  const state = gate.count(principal);
  if (!state) return;
  reply.header('x-ratelimit-limit-requests', state.limit);
  reply.header('x-ratelimit-remaining-requests', state.remaining);
  reply.header('x-ratelimit-reset-requests', `${Math.ceil(state.reset * 1000)}ms`);
  ensureAllowed(state);
}

export function decorateAdmission(app: FastifyInstance): void {
  app.decorateRequest('principal', null);
}

/** Finds out who calls, or throws why nobody is let in. */
export function authenticate(gate: Gate, request: FastifyRequest): Principal {
  const connection = connectionOf(request.raw.socket);
  const principal = gate.authenticate(connection.credentials(request.headers), request.ip);
  connection.becomeKnown();
  request.principal = principal;
  return principal;
}

/** A route's `onRequest`: decides who may come in before any of the body is read, so that strangers cannot upload. */
export function admission(gate: Gate) {
  return (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void => {
    admit(gate, authenticate(gate, request), reply);
    done();
  };
}
