import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import { isBusy } from './errors.ts';

/**
 * Runs `work` again while another process holds the lock, until `deadline` (of `monotonicNow()`). The waiting is
 * asynchronous: SQLite's own busy time-out would stop the event loop, and with it every stream of the gateway.
 */
export async function withPatience<T>(work: () => T, deadline: number): Promise<T> {
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || monotonicNow() >= deadline) throw error;
    }
    // At random, lest two processes keep step and one of them starve.
    await sleep(2 + Math.random() * 18);
  }
}
