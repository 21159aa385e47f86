import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import { isBusy } from './errors.ts';

/**
 * Repeats `work` while another process holds the lock, until `deadline` (of `monotonicNow()`). It waits asynchronously:
 * SQLite's own busy time-out would stop the event loop, and with it every stream of the gateway.
 */
export async function withPatience<T>(work: () => T, deadline: number): Promise<T> {
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || monotonicNow() >= deadline) throw error;
    }
    // The wait is random, so that two processes do not keep in step and one of them starves.
    await sleep(2 + Math.random() * 18);
  }
}
