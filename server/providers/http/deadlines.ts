import { monotonicNow } from '../../event-loop/monotonic-now.ts';

/** Something with a `deadline` (of `monotonicNow()`). Unless the deadline is moved in time, `expire` is called once. */
export interface Timed {
  deadline: number;
  /** Used by `Deadlines` only: the index in its list, -1 while not in it. */
  slot: number;
  expire(): void;
}

/**
 * One timer for many deadlines. Moving a deadline is one assignment, so streams can do it for every chunk. An expiry is
 * noticed up to `tickMs` late.
 */
export class Deadlines {
  // This is an array and not a set: the tables that a busy set outgrows keep what they held alive until the next full
  // garbage collection.
  readonly #timed: Timed[] = [];
  readonly #tickMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(tickMs = 250) {
    this.#tickMs = tickMs;
  }

  add(timed: Timed): void {
    timed.slot = this.#timed.push(timed) - 1;
    this.#timer ??= setInterval(() => this.#sweep(), this.#tickMs).unref();
  }

  /** Does nothing when the entry is not in the list. */
  remove(timed: Timed): void {
    if (timed.slot < 0) return;
    const last = this.#timed.pop();
    if (last && last !== timed) {
      this.#timed[timed.slot] = last;
      last.slot = timed.slot;
    }
    timed.slot = -1;
  }

  #sweep(): void {
    if (this.#timed.length === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    const now = monotonicNow();
    for (const timed of this.#timed.filter(({ deadline }) => deadline <= now)) {
      this.remove(timed);
      timed.expire();
    }
  }
}
