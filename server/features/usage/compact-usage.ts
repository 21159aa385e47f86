import { repeatEvery } from '../../event-loop/repeat-every.ts';
import type { UsageStore } from '../../store/interface/usage.ts';

const DAY_MS = 86_400_000;
const EVERY_MS = 3_600_000;

/** The beginning of the first day (of UTC) whose rows are kept, when those of `days` whole days are. */
export function firstKeptDay(now: Date, days: number): Date {
  return new Date((Math.floor(now.getTime() / DAY_MS) - days) * DAY_MS);
}

/** Sums up rows that are older than so many days, now and every hour. */
export class UsageCompaction {
  /** Ends it, and resolves when the work in progress has ended. */
  readonly close: () => Promise<void>;

  /** `onError` receives failures; compaction is then tried again in an hour. */
  constructor(usage: UsageStore, days: number, onError: (error: unknown) => void) {
    const run = () => usage.compact(firstKeptDay(new Date(), days)).then(() => undefined, onError);
    this.close = repeatEvery(EVERY_MS, run, run());
  }
}
