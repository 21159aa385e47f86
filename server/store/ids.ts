import { randomUUID } from 'node:crypto';

let lastMs = 0;
let time = '';
let counter = 0;

/** A buffer to write times as hexadecimal digits. `Number.toString(16)` takes several times as long. */
const bytes = Buffer.alloc(6);

function keepTime(ms: number): void {
  lastMs = ms;
  counter = 0;
  bytes.writeUIntBE(ms, 0, 6);
  time = bytes.toString('hex');
}

/**
 * A unique id that sorts by its time of creation: `prefix_` and a UUID of version 7 without dashes. The 12 bits after
 * the version count within a millisecond (RFC 9562, 6.2, method 1), so the ids of one process keep their order.
 */
export function newId(prefix: 'conv' | 'msg' | 'own' | 'add' | 'key' | 'rsv' | 'run'): string {
  const now = Date.now();
  if (now > lastMs) keepTime(now);
  else if (++counter > 0xfff) keepTime(lastMs + 1);
  // The variant and the random bits after it.
  const uuid = randomUUID();
  return `${prefix}_${time}7${counter.toString(16).padStart(3, '0')}${uuid.slice(19, 23)}${uuid.slice(24)}`;
}
