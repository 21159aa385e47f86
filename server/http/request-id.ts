import { randomBytes } from 'node:crypto';

/** Tells the ids of processes apart that start within one millisecond. */
const process8 = randomBytes(4).toString('hex');
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
  return `req_${now.toString(16).padStart(12, '0')}${count.toString(16).padStart(4, '0')}${process8}`;
}
