import { repeatEvery } from '../../event-loop/repeat-every.ts';
import type { Store } from '../../store/interface/store.ts';

const EVERY_MS = 300_000;

type Stores = Pick<Store, 'runs' | 'claims'>;

interface Keeping {
  /** How long a log is kept, and an idempotency key. */
  readonly keepMs: number;
  readonly keyMs: number;
}

/**
 * Removes idempotency keys, and the logs of runs that ended, when they are older than they are kept: now and every five minutes, a
 * few with each commit.
 */
export class RunSweep {
  readonly #stores: Stores;
  readonly #keeping: Keeping;
  readonly #end: () => Promise<void>;
  #closed = false;

  /** `onError` receives failures; the next sweep tries again. */
  constructor(stores: Stores, keeping: Keeping, onError: (error: unknown) => void) {
    this.#stores = stores;
    this.#keeping = keeping;
    const run = () => this.#sweep().catch(onError);
    this.#end = repeatEvery(EVERY_MS, run, run());
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#end();
  }

  async #sweep(): Promise<void> {
    const { runs, claims } = this.#stores;
    const { keepMs, keyMs } = this.#keeping;
    // A key keeps the log of its run.
    await this.#repeat(() => claims.sweep(new Date(Date.now() - keyMs)));
    await this.#repeat(() => runs.sweep(new Date(Date.now() - keepMs)));
  }

  async #repeat(sweep: () => Promise<boolean>): Promise<void> {
    while (!this.#closed && (await sweep())) {
      // Turns write in between.
      await new Promise(setImmediate);
    }
  }
}
