import { randomBytes } from 'node:crypto';

/**
 * The time in ms since the epoch (6 bytes), a count within that ms (2 bytes), and four random bytes that tell processes
 * apart.
 */
const bytes = Buffer.concat([Buffer.alloc(8), randomBytes(4)]);
/** The largest count that two bytes can hold. */
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
    // When the machine's clock is set back, the ids continue from the last time until the clock has caught up.
    lastMs++;
    count = 0;
  }
  // Number.toString(16) takes several times as long as this.
  bytes.writeUIntBE(lastMs, 0, 6);
  bytes.writeUInt16BE(count, 6);
  return `req_${bytes.toString('hex')}`;
}
