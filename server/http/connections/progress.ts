/** How slow a transfer may be. */
export interface SlowestTransfer {
  /** It may stand still for so long, in ms; after that time it must have kept up the rate as well. */
  readonly stallMs: number;
  /** On average, from its begin on; 0: any. */
  readonly bytesPerSecond: number;
}

/** How one body, or one answer, gets along. Times are of `monotonicNow()`, counts in bytes from any start. */
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

  /** Notes the count, and says whether this is too slow. */
  isTooSlow(now: number, count: number, { stallMs, bytesPerSecond }: SlowestTransfer): boolean {
    if (count !== this.#count) {
      this.#count = count;
      this.#movedAt = now;
    }
    if (now - this.#movedAt >= stallMs) return true;
    const elapsed = now - this.#startedAt;
    return elapsed >= stallMs && (count - this.#first) * 1000 < elapsed * bytesPerSecond;
  }

  /** So many ms were not the other side's fault. */
  excuse(ms: number): void {
    this.#startedAt += ms;
    this.#movedAt += ms;
  }
}
