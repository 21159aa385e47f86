import type { RunStore } from '../../store/interface/runs.ts';

const EVERY_MS = 300_000;

/** Removes the logs of runs that ended longer ago than they are kept, now and every five minutes, a few with each commit. */
export class RunSweep {
  readonly #store: RunStore;
  readonly #keepMs: number;
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void>;
  #closed = false;

  /** `onError` is told when it failed; it is tried again the next time. */
  constructor(store: RunStore, keepMs: number, onError: (error: unknown) => void) {
    this.#store = store;
    this.#keepMs = keepMs;
    const run = () => this.#sweep().catch(onError);
    this.#running = run();
    this.#timer = setInterval(() => {
      this.#running = this.#running.then(run);
    }, EVERY_MS).unref();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#running;
  }

  async #sweep(): Promise<void> {
    while (!this.#closed && (await this.#store.sweep(new Date(Date.now() - this.#keepMs)))) {
      // Turns write in between.
      await new Promise(setImmediate);
    }
  }
}
