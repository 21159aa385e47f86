import { monotonicNow } from '../event-loop/monotonic-now.ts';

/**
 * Shares a piece of work that holds up the event loop between all who ask for it. It runs after each request for it, but once
 * for all requests that come before it begins, and never twice at once. Between two runs there is at least as much time as
 * the last one took, so that it never has more than half of the loop.
 */
export class SharedRuns<Result> {
  readonly #work: () => Result | Promise<Result>;
  #next: Promise<Result> | null = null;
  #running: Promise<unknown> = Promise.resolve();
  #notBefore = 0;

  constructor(work: () => Result | Promise<Result>) {
    this.#work = work;
  }

  run(): Promise<Result> {
    this.#next ??= this.#wait().then(() => {
      this.#next = null;
      const run = this.#runNow();
      this.#running = run.catch(() => undefined);
      return run;
    });
    return this.#next;
  }

  /** Resolves when no run is to come. */
  async settle(): Promise<void> {
    await (this.#next ?? this.#running).catch(() => undefined);
  }

  async #runNow(): Promise<Result> {
    const begun = monotonicNow();
    try {
      return await this.#work();
    } finally {
      const ended = monotonicNow();
      this.#notBefore = ended + (ended - begun);
    }
  }

  /** At least until the event loop has been around once, so that requests which have arrived already are among those. */
  async #wait(): Promise<void> {
    await this.#running;
    const ms = Math.ceil(this.#notBefore - monotonicNow());
    await new Promise<void>((resolve) => {
      if (ms > 0) setTimeout(resolve, ms);
      else setImmediate(resolve);
    });
  }
}
