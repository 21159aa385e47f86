import { randomBytes } from 'node:crypto';

/** ms since the epoch, a count within that, and four bytes that tell processes apart. */
const bytes = Buffer.concat([Buffer.alloc(8), randomBytes(4)]);
let lastMs = 0;
let count = 0;

/**
 * A new request id. Ids grow with time: the usage rows have them as their key, and a random key would dirty a page of
 * the database for every row, which costs more than the request itself.
 */
export function newRequestId(): string {
  const now = Math.max(Date.now(), lastMs);
  count = now === lastMs ? count + 1 : 0;
  lastMs = now;
  // A double's own way to hexadecimal digits takes several times as long.
  bytes.writeUIntBE(now, 0, 6);
  bytes.writeUInt16BE(count, 6);
  return `req_${bytes.toString('hex')}`;
}
