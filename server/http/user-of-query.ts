import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { isRecord } from '../canonical/json.ts';
import { invalidField } from '../errors/invalid-field.ts';
import type { Operation } from './list-operations.ts';

/** The fields that name an end user. */
const FIELDS = ['user_id', 'user'] as const;

/**
 * Adds the end user that the query names to the input of a request with a body. `GET` and `DELETE` take the user there,
 * so clients write it there for `POST` too, and a request that leaves out its user may reach more than it should.
 */
export function takeUserOfQuery(
  { input: schema }: Pick<Operation, 'input'>,
  { query }: Pick<FastifyRequest, 'query'>,
  input: Record<string, unknown>,
): Record<string, unknown> {
  if (!isRecord(query) || !(schema instanceof z.ZodObject)) return input;
  for (const field of FIELDS) {
    const named = query[field];
    if (named === undefined || !(field in schema.shape)) continue;
    const given = input[field] ?? named;
    if (given !== named)
      throw invalidField(field, `The query and the body name different users. Send '${field}' once.`);
    input[field] = named;
  }
  return input;
}
