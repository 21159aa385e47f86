import type { FastifyRequest } from 'fastify';
import { isRecord } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import { type ReadJson, readJson } from './read-json.ts';

/**
 * Reads the body of a request as an object, as `readJson` does. Afterwards `request.body` is the bytes as they were
 * repaired.
 */
export function readObject(
  request: FastifyRequest,
  maxValues: number,
): Record<string, unknown> | Promise<Record<string, unknown>> {
  const { body } = request;
  if (!Buffer.isBuffer(body) || body.length === 0) throw new AppError('invalid_json', 'The request body is empty.');
  const reading = readJson(body, maxValues);
  return reading instanceof Promise ? reading.then((read) => keep(request, read)) : keep(request, reading);
}

function keep(request: FastifyRequest, { value, bytes }: ReadJson): Record<string, unknown> {
  if (!isRecord(value)) throw new AppError('invalid_json', 'The request body must be a JSON object.');
  request.body = bytes;
  return value;
}
