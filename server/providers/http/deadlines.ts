import { monotonicNow } from '../../event-loop/monotonic-now.ts';

/** Something that must happen again before `deadline` (of `monotonicNow()`), or `expire` is called once. */
export interface Timed {
  deadline: number;
  /** Kept by `Deadlines`: the place in its list, -1 while in none. */
  slot: number;
  expire(): void;
}

/**
 * One timer for many deadlines. Moving a deadline is one assignment, which is why streams can do it for every chunk;
 * an expiry is noticed up to `tickMs` late.
 */
export class Deadlines {
  // Not a set: the tables that a busy set outgrows keep what they held alive until the next full collection of garbage.
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

  /** Does nothing when it is not there. */
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
