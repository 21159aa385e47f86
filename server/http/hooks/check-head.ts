import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../../errors/app-error.ts';

/**
 * The most header fields of one request. Node would silently drop those beyond its own limit, among them perhaps the
 * key.
 */
export const MAX_HEADERS = 100;

export const hasTooManyHeaders = ({ rawHeaders }: IncomingMessage): boolean => rawHeaders.length > 2 * MAX_HEADERS;

export const tooManyHeaders = () =>
  new AppError('headers_too_large', `The request has more than ${MAX_HEADERS} header fields.`);

/** Refuses requests that Node itself would answer with an empty body, or not at all. */
export function checkHead({ raw, headers }: FastifyRequest): void {
  if (hasTooManyHeaders(raw)) throw tooManyHeaders();
  if (headers.host === undefined && raw.httpVersion === '1.1') {
    throw new AppError('malformed_request', 'The request has no Host header.', { param: 'Host' });
  }
}
