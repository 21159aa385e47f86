import { randomBytes } from 'node:crypto';

/** ms since the epoch, a count within that, and four bytes that tell processes apart. */
const bytes = Buffer.concat([Buffer.alloc(8), randomBytes(4)]);
/** What the two bytes of the count hold. */
const MOST = 0xffff;
let lastMs = 0;
let count = 0;

/**
 * A new request id. Ids grow with time: the usage rows have them as their key, and a random key would dirty a page of
 * the database for every row, which costs more than the request itself.
 */
export function newRequestId(): string {
  const now = Date.now();
  if (now > lastMs) {
    lastMs = now;
    count = 0;
  } else if (++count > MOST) {
    // A clock that was set back stands still here for as long.
    lastMs++;
    count = 0;
  }
  // A double's own way to hexadecimal digits takes several times as long.
  bytes.writeUIntBE(lastMs, 0, 6);
  bytes.writeUInt16BE(count, 6);
  return `req_${bytes.toString('hex')}`;
}
