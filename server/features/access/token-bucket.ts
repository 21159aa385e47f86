/** So many units a minute, evenly, and as many at once at most. */
export class TokenBucket {
  readonly perMinute: number;
  readonly #now: () => number;
  #level: number;
  #updatedAt: number;

  /** `now` is in ms. */
  constructor(perMinute: number, now: () => number = () => performance.now()) {
    this.perMinute = perMinute;
    this.#now = now;
    this.#level = perMinute;
    this.#updatedAt = now();
  }

  /** What can be taken now; below 0 after more was used than was taken. */
  get level(): number {
    const now = this.#now();
    this.#level = Math.min(this.perMinute, this.#level + ((now - this.#updatedAt) / 60_000) * this.perMinute);
    this.#updatedAt = now;
    return this.#level;
  }

  /** Takes `amount`, whatever there is; a negative one gives back. */
  take(amount: number): void {
    this.#level = this.level - amount;
  }

  /** Seconds until `amount` is there. */
  secondsUntil(amount: number): number {
    return Math.max(0, ((amount - this.level) / this.perMinute) * 60);
  }
}
