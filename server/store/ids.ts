import { randomUUID } from 'node:crypto';

let lastMs = 0;
let counter = 0;

/**
 * A unique id that sorts by time of creation: `prefix_` and a UUID of version 7 without dashes. The 12 bits after the
 * version count within a millisecond (RFC 9562, 6.2, method 1), so that ids of one process keep their order.
 */
export function newId(prefix: 'conv' | 'msg' | 'own' | 'add' | 'key' | 'rsv'): string {
  const now = Date.now();
  if (now > lastMs) {
    lastMs = now;
    counter = 0;
  } else if (++counter > 0xfff) {
    lastMs++;
    counter = 0;
  }
  const time = lastMs.toString(16).padStart(12, '0');
  const random = randomUUID().replaceAll('-', '').slice(16);
  return `${prefix}_${time}7${counter.toString(16).padStart(3, '0')}${random}`;
}
