import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import type { WorkerDatabase } from './worker-database.ts';

/** How long a deletion waits for the log, in ms. */
const PATIENCE_MS = 2_000;
const RETRY_MS = 20;
/** How long until the next try in the background, in ms. */
const LATER_MS = 1_000;

/**
 * Empties the write-ahead log, which holds the pages as they were before a deletion. That needs a moment in which no
 * process reads or writes.
 */
export class LogTruncation {
  readonly #db: WorkerDatabase;
  #later: NodeJS.Timeout | undefined;

  constructor(db: WorkerDatabase) {
    this.#db = db;
  }

  /** Resolves when the log is empty, or when that did not succeed in time. Then it is emptied later. */
  async run(): Promise<void> {
    const deadline = monotonicNow() + PATIENCE_MS;
    while (!this.#attempt()) {
      if (monotonicNow() >= deadline) return this.#retryLater();
      await sleep(RETRY_MS);
    }
  }

  close(): void {
    clearTimeout(this.#later);
  }

  #attempt(): boolean {
    const [row] = this.#db.statements.all('PRAGMA wal_checkpoint(TRUNCATE)');
    return Number(row?.[0]) === 0;
  }

  #retryLater(): void {
    clearTimeout(this.#later);
    this.#later = setTimeout(() => {
      if (!this.#attempt()) this.#retryLater();
    }, LATER_MS).unref();
  }
}
