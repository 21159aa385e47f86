/** Something that must happen again before `deadline` (ms since the epoch), or `expire` is called once. */
export interface Timed {
  deadline: number;
  expire(): void;
}

/**
 * One timer for many deadlines. Moving a deadline is one assignment, which is why streams can do it for every chunk;
 * an expiry is noticed up to `tickMs` late.
 */
export class Deadlines {
  readonly #timed = new Set<Timed>();
  readonly #tickMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(tickMs = 250) {
    this.#tickMs = tickMs;
  }

  add(timed: Timed): void {
    this.#timed.add(timed);
    this.#timer ??= setInterval(() => this.#sweep(), this.#tickMs).unref();
  }

  remove(timed: Timed): void {
    this.#timed.delete(timed);
  }

  #sweep(): void {
    if (this.#timed.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    const now = Date.now();
    for (const timed of this.#timed) {
      if (timed.deadline > now) continue;
      this.remove(timed);
      timed.expire();
    }
  }
}
