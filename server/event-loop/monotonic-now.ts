/**
 * Milliseconds on a clock that nobody can set, for everything that is measured or waited for: deadlines, ages, buckets,
 * latencies. `Date.now()` jumps when the machine's time is corrected, and a stream must not end because of that; it is
 * only for times that people or other processes read.
 */
export const monotonicNow = (): number => performance.now();
