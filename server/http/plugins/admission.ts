import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Gate } from '../../features/access/gate.ts';
import { readKey } from '../../features/access/gate.ts';
import type { RateState } from '../../features/access/rate-limiter.ts';
import type { Principal } from '../../features/chat/caller.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls; null before admission and on public addresses. */
    principal: Principal | null;
  }
  interface FastifyContextConfig {
    /** Reached without a key. */
    public?: boolean;
  }
}

/** OpenAI's header names; `reset` is a duration. */
export function setRateHeaders(reply: FastifyReply, state: RateState | null): void {
  if (!state) return;
  reply.header('x-ratelimit-limit-requests', state.limit);
  reply.header('x-ratelimit-remaining-requests', state.remaining);
  reply.header('x-ratelimit-reset-requests', `${Math.ceil(state.reset * 1000)}ms`);
}

export function decorateAdmission(app: FastifyInstance): void {
  app.decorateRequest('principal', null);
}

/** Decides who may come in before any of the body is read, so that strangers cannot upload. */
export function admission(gate: Gate) {
  return (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void => {
    if (!request.routeOptions.config.public) {
      request.principal = gate.authenticate(readKey(request.headers));
      setRateHeaders(reply, gate.admit(request.principal));
    }
    done();
  };
}
