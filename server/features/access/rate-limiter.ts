/** The bucket of one key after a request. */
export interface RateState {
  readonly allowed: boolean;
  /** The burst. */
  readonly limit: number;
  readonly remaining: number;
  /** Until the bucket is full again, in seconds. */
  readonly reset: number;
  /** Until the next request is let in, in whole seconds; 0 when allowed. */
  readonly retryAfter: number;
}

interface Bucket {
  tokens: number;
  updatedAt: number;
}

/** Keys that were not seen for as long as a bucket takes to fill are as good as new; they are forgotten above this. */
const MAX_BUCKETS = 10_000;

/** A token bucket per key. A refused request takes nothing. */
export class RateLimiter {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  /** `perSecond` 0 switches it off. `now` is in ms. */
  constructor(perSecond: number, burst: number, now: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#burst = Math.max(1, burst);
    this.#now = now;
  }

  /** Null when limiting is off. */
  take(key: string): RateState | null {
    if (this.#perSecond === 0) return null;
    const bucket = this.#refill(key);
    const allowed = bucket.tokens >= 1;
    if (allowed) bucket.tokens -= 1;
    return this.#state(bucket, allowed);
  }

  #refill(key: string): Bucket {
    const now = this.#now();
    let bucket = this.#buckets.get(key);
    if (!bucket) {
      if (this.#buckets.size >= MAX_BUCKETS) this.#forgetFull(now);
      bucket = { tokens: this.#burst, updatedAt: now };
      this.#buckets.set(key, bucket);
    }
    bucket.tokens = Math.min(this.#burst, bucket.tokens + ((now - bucket.updatedAt) / 1000) * this.#perSecond);
    bucket.updatedAt = now;
    return bucket;
  }

  #state({ tokens }: Bucket, allowed: boolean): RateState {
    return {
      allowed,
      limit: this.#burst,
      remaining: Math.floor(tokens),
      reset: (this.#burst - tokens) / this.#perSecond,
      retryAfter: allowed ? 0 : Math.max(1, Math.ceil((1 - tokens) / this.#perSecond)),
    };
  }

  #forgetFull(now: number): void {
    const fillMs = (this.#burst / this.#perSecond) * 1000;
    for (const [key, { updatedAt }] of this.#buckets) if (now - updatedAt > fillMs) this.#buckets.delete(key);
  }
}
