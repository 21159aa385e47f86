import type { UsageStore } from '../../store/interface/usage.ts';

const DAY_MS = 86_400_000;
const EVERY_MS = 3_600_000;

/** The beginning of the first day (of UTC) whose rows are kept, when those of `days` whole days are. */
export function firstKeptDay(now: Date, days: number): Date {
  return new Date((Math.floor(now.getTime() / DAY_MS) - days) * DAY_MS);
}

/** Sums up rows that are older than so many days, now and every hour. */
export class UsageCompaction {
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void>;

  /** `onError` receives failures; compaction is then tried again in an hour. */
  constructor(usage: UsageStore, days: number, onError: (error: unknown) => void) {
    const run = () => usage.compact(firstKeptDay(new Date(), days)).then(() => undefined, onError);
    this.#running = run();
    this.#timer = setInterval(() => {
      this.#running = this.#running.then(run);
    }, EVERY_MS).unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }
}
