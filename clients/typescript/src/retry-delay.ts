const FIRST_MS = 250;
const LAST_MS = 10_000;

/** How long to wait before an attempt, from 0. Random, so that clients do not come back to a restarted gateway at once. */
export function retryDelay(attempt: number): number {
  const most = Math.min(LAST_MS, FIRST_MS * 2 ** attempt);
  return (most * (1 + Math.random())) / 2;
}
