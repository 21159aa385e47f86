import type { IncomingMessage } from 'node:http';
import { AppError } from '../../errors/app-error.ts';

/**
 * The most header fields of one request. Node would silently drop those beyond its own limit, among them perhaps the
 * key.
 */
export const MAX_HEADERS = 100;

export const hasTooManyHeaders = ({ rawHeaders }: IncomingMessage): boolean => rawHeaders.length > 2 * MAX_HEADERS;

export const tooManyHeaders = () =>
  new AppError('headers_too_large', `The request has more than ${MAX_HEADERS} header fields.`);

/** Headers that say who is addressed and who asks. Node keeps the first of several, and a proxy may have read another. */
const ONCE = ['Host', 'Authorization'] as const;

const malformed = (message: string, param: string) => new AppError('malformed_request', message, { param });

/** A name or an address, and a port (RFC 3986, 3.2.2). It may be empty. */
const HOST = /^(?:[\w.~!$&'()*+,;=%-]*|\[[\da-fA-F:.]+\])(?::\d{0,5})?$/;

/** How often a header field is in a request. `name` is in lower case. */
function countOf({ rawHeaders }: IncomingMessage, name: string): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const raw = rawHeaders[i];
    if (raw?.length === name.length && raw.toLowerCase() === name) count++;
  }
  return count;
}

/**
 * Refuses requests that Node itself would answer with an empty body, or not at all, and those whose head can be read in
 * two ways (RFC 9112, 3.2).
 */
export function checkHead(request: IncomingMessage): void {
  const { headers, httpVersion } = request;
  if (hasTooManyHeaders(request)) throw tooManyHeaders();
  if (headers.host === undefined && httpVersion === '1.1') throw malformed('The request has no Host header.', 'Host');
  for (const name of ONCE) {
    if (countOf(request, name.toLowerCase()) > 1) throw malformed(`The request has several ${name} headers.`, name);
  }
  if (!HOST.test(headers.host ?? '')) throw malformed('The Host header is not a host name or address.', 'Host');
}
