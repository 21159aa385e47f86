import { monotonicNow } from '../../event-loop/monotonic-now.ts';

/** The capacity of a bucket, and how fast it refills. */
export interface BucketSize {
  readonly capacity: number;
  readonly perSecond: number;
}

/** So many units a second, evenly, and its capacity at once at most. */
export class TokenBucket {
  readonly capacity: number;
  readonly #perSecond: number;
  #level: number;
  #updatedAt = monotonicNow();

  constructor({ capacity, perSecond }: BucketSize) {
    this.capacity = capacity;
    this.#perSecond = perSecond;
    this.#level = capacity;
  }

  /** The tokens that can be taken now. It is below 0 after more tokens were used than were taken. */
  get level(): number {
    const now = monotonicNow();
    this.#level = Math.min(this.capacity, this.#level + ((now - this.#updatedAt) / 1000) * this.#perSecond);
    this.#updatedAt = now;
    return this.#level;
  }

  /** Takes `amount`, whatever there is; a negative one gives back. */
  take(amount: number): void {
    this.#level = this.level - amount;
  }

  /** Seconds until `amount` is there. */
  secondsUntil(amount: number): number {
    return Math.max(0, (amount - this.level) / this.#perSecond);
  }
}
