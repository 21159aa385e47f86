import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';

/**
 * Does one piece of a long task, and then leaves the database free for as long as the piece took. So turns, which write to
 * the same file, get the database at least half of the time.
 */
export async function shareDatabase<T>(work: () => Promise<T>): Promise<T> {
  const before = monotonicNow();
  const result = await work();
  await sleep(monotonicNow() - before);
  return result;
}
