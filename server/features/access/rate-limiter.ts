import { type BucketSize, TokenBucket } from './token-bucket.ts';

/** The bucket of one key after a request. */
export interface RateState {
  readonly allowed: boolean;
  /** The burst. */
  readonly limit: number;
  readonly remaining: number;
  /** Until the bucket is full again, in seconds. */
  readonly reset: number;
  /** Until the next request is allowed, in whole seconds; 0 when it is allowed now. */
  readonly retryAfter: number;
}

/** `wait`: seconds until the limit admits the request. 0 admits it now. */
export const rateStateOf = (bucket: TokenBucket, wait: number): RateState => ({
  allowed: wait === 0,
  limit: bucket.capacity,
  remaining: Math.max(0, Math.floor(bucket.level)),
  reset: bucket.secondsUntil(bucket.capacity),
  retryAfter: Math.ceil(wait),
});

/** Above this, names whose buckets are full are forgotten, which changes nothing for them; then the oldest ones. */
const MAX_BUCKETS = 10_000;

/** A token bucket per key. A refused request takes nothing. */
export class RateLimiter {
  readonly #size: BucketSize;
  readonly #buckets = new Map<string, TokenBucket>();

  /** 0 of either switches it off. */
  constructor(perSecond: number, burst: number) {
    this.#size = { perSecond: burst === 0 ? 0 : perSecond, capacity: Math.max(1, burst) };
  }

  /** Null when limiting is off. */
  take(key: string): RateState | null {
    if (this.#size.perSecond === 0) return null;
    const bucket = this.#bucketOf(key);
    const wait = bucket.secondsUntil(1);
    if (wait === 0) bucket.take(1);
    return rateStateOf(bucket, wait);
  }

  /** Says whether a request would be allowed, and takes nothing. Null when limiting is off. */
  look(key: string): RateState | null {
    const bucket = this.#buckets.get(key);
    return bucket ? rateStateOf(bucket, bucket.secondsUntil(1)) : null;
  }

  #bucketOf(key: string): TokenBucket {
    let bucket = this.#buckets.get(key);
    if (!bucket) {
      if (this.#buckets.size >= MAX_BUCKETS) this.#forget();
      bucket = new TokenBucket(this.#size);
      this.#buckets.set(key, bucket);
    }
    return bucket;
  }

  /** Leaves at most half, so that a flood of names does not make every request look at all of them. */
  #forget(): void {
    for (const [key, bucket] of this.#buckets) if (bucket.level === bucket.capacity) this.#buckets.delete(key);
    for (const key of this.#buckets.keys()) {
      if (this.#buckets.size <= MAX_BUCKETS / 2) return;
      this.#buckets.delete(key);
    }
  }
}
