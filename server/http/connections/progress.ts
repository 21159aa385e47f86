/** How slow a transfer may be. */
export interface SlowestTransfer {
  /** How long the transfer may pause, in ms. After this time it must also have reached the rate below. */
  readonly stallMs: number;
  /** The lowest average rate since the beginning, in bytes a second; 0: any rate. */
  readonly bytesPerSecond: number;
}

/**
 * Watches how fast one body or one response moves. Times come from `monotonicNow()`; counts are in bytes, from any
 * starting point.
 */
export class Progress {
  #startedAt: number;
  #movedAt: number;
  readonly #first: number;
  #count: number;

  constructor(now: number, count: number) {
    this.#startedAt = now;
    this.#movedAt = now;
    this.#first = count;
    this.#count = count;
  }

  /** Records the count, and says whether the transfer is too slow. */
  isTooSlow(now: number, count: number, { stallMs, bytesPerSecond }: SlowestTransfer): boolean {
    if (count !== this.#count) {
      this.#count = count;
      this.#movedAt = now;
    }
    if (now - this.#movedAt >= stallMs) return true;
    const elapsed = now - this.#startedAt;
    return elapsed >= stallMs && (count - this.#first) * 1000 < elapsed * bytesPerSecond;
  }

  /** Does not count so many ms, because the other side could not have sent or taken anything in them. */
  excuse(ms: number): void {
    this.#startedAt += ms;
    this.#movedAt += ms;
  }
}
