import type { FastifyRequest } from 'fastify';

/** The header `Idempotency-Key`; undefined: there is none. One that is there twice comes as one text with a comma. */
export function idempotencyKeyOf({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
  const { 'idempotency-key': key } = headers;
  return typeof key === 'string' ? key : undefined;
}
