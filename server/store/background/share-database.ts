import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';

/**
 * Does one piece of a long work, and then leaves the database alone for as long as that took. Turns write to the same
 * file, so they get it at least half of the time.
 */
export async function shareDatabase<T>(work: () => Promise<T>): Promise<T> {
  const before = monotonicNow();
  const result = await work();
  await sleep(monotonicNow() - before);
  return result;
}
