import { BackgroundWriter } from './background-writer.ts';
import type { UsageRow, UsageStore } from './interface/usage.ts';
import type { Transact } from './sqlite/adapter.ts';
import type { SqlValue } from './sqlite/driver.ts';
import { toSqliteTime } from './sqlite/values.ts';

const WAIT_MS = 100;

export interface UsageOptions {
  /** Told of rows that are lost and of writes that failed and will be tried again. */
  readonly onError: (error: unknown) => void;
  /** Beyond this the oldest rows are dropped. */
  readonly maxQueued?: number;
}

/** Writes usage rows in batches, in the background. A hard kill loses about the last 100 ms. */
export class UsageWriter implements Pick<UsageStore, 'record' | 'flush'> {
  readonly #writer: BackgroundWriter<UsageRow>;

  constructor(transact: Transact, { onError, maxQueued = 50_000 }: UsageOptions) {
    this.#writer = new BackgroundWriter({
      one: 'a usage row',
      many: 'usage rows',
      write: (rows) =>
        transact((db) => {
          for (const row of rows) db.run(INSERT, ...toColumns(row));
        }),
      waitMs: WAIT_MS,
      onError,
      maxQueued,
    });
  }

  record(row: UsageRow): void {
    this.#writer.add(row);
  }

  flush(): Promise<void> {
    return this.#writer.flush();
  }

  close(): Promise<void> {
    return this.#writer.close();
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
