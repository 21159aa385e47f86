import type { FastifyRequest } from 'fastify';

/** The header `Idempotency-Key`. Undefined: there is none. Node joins two of them with a comma. */
export function idempotencyKeyOf({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
  const { 'idempotency-key': key } = headers;
  return typeof key === 'string' ? key : undefined;
}
