import { useDatabase } from './failures.ts';
import type { Transact } from './sqlite/adapter.ts';
import { toSqliteTime } from './sqlite/values.ts';

const BATCH_ROWS = 200;
const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 10_000;

interface Settlement {
  readonly id: string;
  readonly amount: number;
  readonly reason: string;
  readonly at: Date;
}

/** Does nothing when the reservation is gone, so a settlement that is written twice counts once. */
const CHARGE = `INSERT INTO "LedgerEntry"
    ("owner", "at", "kind", "amount", "author", "reason", "reservationId", "keyId", "requestId")
  SELECT r."owner", ?, 'charge', -MIN(?, w."balance" - w."held" + r."amount"), 'gateway', ?, r."id", r."keyId",
    r."requestId"
  FROM "Reservation" r JOIN "Wallet" w ON w."owner" = r."owner" WHERE r."id" = ?`;

const RELEASE = `DELETE FROM "Reservation" WHERE "id" = ?`;

/** Writes settlements in batches, each batch as soon as the one before it is on disk; while the database fails it keeps them. */
export class SettlementQueue {
  readonly #transact: Transact;
  readonly #onError: (error: unknown) => void;
  #queue: Settlement[] = [];
  #writing: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #failures = 0;

  constructor(transact: Transact, onError: (error: unknown) => void) {
    this.#transact = transact;
    this.#onError = onError;
  }

  add(settlement: Omit<Settlement, 'at'>): void {
    this.#queue.push({ ...settlement, at: new Date() });
    if (this.#retry === undefined) this.#writeInBackground();
  }

  /** Rejects when the database does not answer; what is queued stays so then. */
  async flush(): Promise<void> {
    await this.#writing?.catch(() => {});
    await this.#write();
  }

  async close(): Promise<void> {
    await this.flush().catch((cause: unknown) => {
      this.#onError(new Error(`${this.#queue.length} charges were lost: the database failed`, { cause }));
    });
    clearTimeout(this.#retry);
  }

  #writeInBackground(): void {
    if (!this.#writing) this.#write().catch((error: unknown) => this.#onError(error));
  }

  #write(): Promise<void> {
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = undefined;
      // What was added after the last look.
      if (this.#queue.length > 0 && this.#retry === undefined) this.#writeInBackground();
    });
    return this.#writing;
  }

  async #drain(): Promise<void> {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    // What ends in the same turn of the event loop shares a commit.
    await Promise.resolve();
    try {
      for (let batch = this.#queue.slice(0, BATCH_ROWS); batch.length > 0; batch = this.#queue.slice(0, BATCH_ROWS)) {
        await this.#apply(batch);
        this.#queue.splice(0, batch.length);
        this.#failures = 0;
      }
    } catch (error) {
      const delay = Math.min(FIRST_RETRY_MS * 2 ** this.#failures++, MAX_RETRY_MS);
      this.#retry = setTimeout(() => {
        this.#retry = undefined;
        this.#writeInBackground();
      }, delay).unref();
      throw error;
    }
  }

  #apply(batch: readonly Settlement[]): Promise<void> {
    return useDatabase(() =>
      this.#transact((db) => {
        for (const { id, amount, reason, at } of batch) {
          if (amount > 0) db.run(CHARGE, toSqliteTime(at), amount, reason, id);
          else db.run(RELEASE, id);
        }
      }),
    );
  }
}
