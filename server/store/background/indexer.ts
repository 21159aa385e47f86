import { indexMessages, readBatch } from '../search/index-messages.ts';
import { hasPendingTitles, indexTitles } from '../search/index-titles.ts';
import { shareDatabase } from './share-database.ts';
import type { WorkerDatabase } from './worker-database.ts';

/** How many messages, or titles, one commit indexes. */
const BATCH = 100;

/** How many batches a search waits for. The newest changes are indexed first. */
const BATCHES_FOR_SEARCH = 5;

/** Keeps the search up to date with the messages. */
export class Indexer {
  readonly #db: WorkerDatabase;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(db: WorkerDatabase) {
    this.#db = db;
  }

  /** Indexes everything. One run serves all callers that ask while it goes on. */
  run(): Promise<void> {
    this.#running ??= this.#runAll().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /**
   * Indexes the newest changes. False when there is more, for example after an upgrade; the rest follows in the
   * background.
   */
  async catchUp(): Promise<boolean> {
    for (let i = 0; i < BATCHES_FOR_SEARCH; i++) if (!(await this.#step())) return true;
    // The next caller meets the same failure.
    this.run().catch(() => {});
    return false;
  }

  /** Stops indexing. The rest is indexed after the next start. */
  stop(): void {
    this.#stopped = true;
  }

  async #runAll(): Promise<void> {
    while (!this.#stopped && (await shareDatabase(() => this.#step())));
  }

  /** Indexes one batch; false when there is none. */
  async #step(): Promise<boolean> {
    const { statements } = this.#db;
    const batch = readBatch(statements, BATCH);
    if (!batch && !hasPendingTitles(statements)) return false;
    await this.#db.transact((db) => {
      if (batch) indexMessages(db, batch);
      indexTitles(db, BATCH);
    });
    return true;
  }
}
