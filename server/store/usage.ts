import { setImmediate as nextTick } from 'node:timers/promises';
import { AppError } from '../errors/app-error.ts';
import { useDatabase } from './failures.ts';
import type { UsageRow, UsageStore } from './interface/usage.ts';
import type { Transact } from './sqlite/adapter.ts';
import type { SqlValue } from './sqlite/driver.ts';
import { toSqliteTime } from './sqlite/values.ts';

const FLUSH_MS = 100;
const BATCH_ROWS = 200;
const MAX_RETRY_MS = 10_000;

export interface UsageOptions {
  /** Told of rows that are lost and of writes that failed and will be tried again. */
  readonly onError: (error: unknown) => void;
  /** Beyond this the oldest rows are dropped. */
  readonly maxQueued?: number;
}

/**
 * Queues usage rows and writes them in batches. While the database fails it keeps them and tries again, ever less
 * often. A hard kill loses about the last 100 ms.
 */
export class UsageWriter implements Pick<UsageStore, 'record' | 'flush'> {
  readonly #transact: Transact;
  readonly #onError: (error: unknown) => void;
  readonly #maxQueued: number;
  #queue: UsageRow[] = [];
  #dropped = 0;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;

  constructor(transact: Transact, { onError, maxQueued = 50_000 }: UsageOptions) {
    this.#transact = transact;
    this.#onError = onError;
    this.#maxQueued = maxQueued;
  }

  record(row: UsageRow): void {
    this.#queue.push(row);
    if (this.#queue.length > this.#maxQueued) {
      // A tenth at once: shifting one row at a time off a long array is slow.
      const excess = Math.ceil(this.#maxQueued / 10);
      this.#queue.splice(0, excess);
      this.#dropped += excess;
    }
    if (this.#queue.length >= BATCH_ROWS && this.#failures === 0) this.#flushInBackground();
    else this.#schedule();
  }

  /** Rejects when the database does not answer; the rows stay queued then. */
  async flush(): Promise<void> {
    // A flush that is under way may have taken its last batch already.
    await this.#flushing?.catch(() => {});
    await this.#flush();
  }

  /** Writes what is queued, or says how much is lost. */
  async close(): Promise<void> {
    await this.flush().catch((cause: unknown) => {
      this.#onError(new Error(`${this.#queue.length} usage rows were lost: the database failed`, { cause }));
    });
    clearTimeout(this.#timer);
  }

  #flush(): Promise<void> {
    this.#flushing ??= this.#drain().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  #flushInBackground(): void {
    if (this.#flushing) return;
    this.#flush().catch((error: unknown) => this.#onError(error));
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flushInBackground();
    }, this.#delay()).unref();
  }

  #delay(): number {
    return Math.min(FLUSH_MS * 2 ** this.#failures, MAX_RETRY_MS);
  }

  /** Writes what is queued now. What comes meanwhile waits for a batch of its own: a commit costs as much as many rows. */
  async #drain(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      for (let left = this.#queue.length; left > 0; ) {
        const batch = this.#queue.slice(0, Math.min(left, BATCH_ROWS));
        const before = this.#dropped;
        await this.#write(batch);
        // While it was written, the oldest may have been dropped from the queue.
        const dropped = this.#dropped - before;
        this.#queue.splice(0, Math.max(0, batch.length - dropped));
        left -= Math.max(batch.length, dropped);
        this.#failures = 0;
        await nextTick();
      }
      this.#reportDropped();
    } catch (error) {
      this.#failures++;
      throw error;
    } finally {
      if (this.#queue.length > 0) this.#schedule();
    }
  }

  #reportDropped(): void {
    if (this.#dropped > 0) this.#onError(new Error(`${this.#dropped} usage rows were lost: the queue was full`));
    this.#dropped = 0;
  }

  async #write(rows: readonly UsageRow[]): Promise<void> {
    try {
      await useDatabase(() =>
        this.#transact((db) => {
          for (const row of rows) db.run(INSERT, ...toColumns(row));
        }),
      );
    } catch (error) {
      if (error instanceof AppError) throw error;
      // A row that breaks a rule must not hold up the others for ever.
      if (rows.length === 1) return this.#onError(new Error('a usage row was refused and is lost', { cause: error }));
      const half = Math.ceil(rows.length / 2);
      await this.#write(rows.slice(0, half));
      await this.#write(rows.slice(half));
    }
  }
}

const INSERT = `INSERT INTO "Usage" ("requestId", "at", "operation", "alias", "provider", "model", "promptTokens",
  "completionTokens", "cachedTokens", "reasoningTokens", "estimated", "outcome", "latencyMs", "firstTokenMs",
  "conversationId", "keyId", "owner", "group", "cost", "price")
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT ("requestId") DO NOTHING`;

/** In the order of the INSERT. */
const toColumns = (row: UsageRow): SqlValue[] => [
  row.requestId,
  toSqliteTime(row.at),
  row.operation,
  row.alias,
  row.provider,
  row.model,
  row.promptTokens,
  row.completionTokens,
  row.cachedTokens,
  row.reasoningTokens,
  Number(row.estimated),
  row.outcome,
  row.latencyMs,
  row.firstTokenMs,
  row.conversationId,
  row.keyId,
  row.owner,
  row.group,
  row.cost,
  row.price,
];
