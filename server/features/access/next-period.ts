const secondsTo = (time: number, now: Date) => Math.ceil((time - now.getTime()) / 1000);

/** Until the next midnight of UTC, when daily budgets start again. */
export const secondsToNextDay = (now = new Date()): number =>
  secondsTo(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1), now);

export const secondsToNextMonth = (now = new Date()): number =>
  secondsTo(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1), now);
