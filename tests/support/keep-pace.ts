const TICK_MS = 20;

/**
 * Runs a check in which this process has to keep a pace, such as an upload that must not stand still. When the check
 * fails and the process itself was held up for more than `mostMs` meanwhile, it runs again: a busy machine then slowed
 * the test down, and the failure says nothing about the gateway.
 */
export async function keepPace(mostMs: number, check: () => Promise<void>): Promise<void> {
  for (;;) {
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }, TICK_MS);
    try {
      return await check();
    } catch (error) {
      if (longest <= mostMs) throw error;
    } finally {
      clearInterval(timer);
    }
  }
}
