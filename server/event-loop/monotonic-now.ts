/**
 * The time in ms on a clock that nobody can set. Use it for everything that is measured or waited for: deadlines, ages,
 * rate limits, latencies. `Date.now()` jumps when the machine's time is corrected, and a stream must not end because of
 * that; use it only for times that people or other processes read.
 */
export const monotonicNow = (): number => performance.now();
