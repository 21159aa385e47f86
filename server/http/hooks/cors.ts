import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Origins } from '../../features/access/origins.ts';

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const MAX_AGE_SECONDS = '86400';

/** Headers of an answer that a page on another origin may read. */
const EXPOSED = [
  'x-request-id',
  'request-id',
  'x-conversation-id',
  'x-run-id',
  'x-gateway-backend',
  'x-gateway-applied',
  'x-gateway-attempts',
  'x-gateway-replayed',
  'x-gateway-upstream-latency-ms',
  'x-gateway-latency-ms',
  'retry-after',
  'x-ratelimit-limit-requests',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-reset-requests',
  'x-ratelimit-limit-tokens',
  'x-ratelimit-remaining-tokens',
  'x-ratelimit-reset-tokens',
  'x-should-retry',
].join(', ');

/**
 * Lets pages of other origins call the gateway (`*` for all). A page that only some keys are for gets its answers if it
 * shows one of these. Keys travel in headers and never in cookies, so a page
 * can do nothing without a key. We do not use the usual plugin: it costs every request, also those that no page sends,
 * a tenth of what the gateway itself costs. Returns true when the request was a preflight, which is then answered.
 * Format: the Fetch standard, 3.2.
 */
export function createCors(origins: Origins): (request: FastifyRequest, reply: FastifyReply) => boolean {
  const { allowsAll: all } = origins;

  return (request, reply) => {
    const { origin } = request.headers;
    if (origin === undefined) return false;
    if (!all) reply.header('vary', 'Origin');
    if (!origins.mayCall(origin)) return false;
    reply.header('access-control-allow-origin', all ? '*' : origin);
    reply.header('access-control-expose-headers', EXPOSED);
    if (!isPreflight(request)) return false;
    answerPreflight(request, reply);
    return true;
  };
}

const isPreflight = ({ method, headers }: FastifyRequest) =>
  method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;

function answerPreflight({ headers }: FastifyRequest, reply: FastifyReply): void {
  reply
    .code(204)
    .header('access-control-allow-methods', METHODS)
    .header('access-control-allow-headers', headers['access-control-request-headers'] ?? '*')
    .header('access-control-max-age', MAX_AGE_SECONDS)
    .send();
}
