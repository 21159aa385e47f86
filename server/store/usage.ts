import { firstTokenId } from '../canonical/token-id.ts';
import { BackgroundWriter } from './background-writer.ts';
import { daysOf } from './days-of.ts';
import type { UsageRow, UsageStore } from './interface/usage.ts';
import type { Settlement } from './interface/wallets.ts';
import type { Transact } from './sqlite/adapter.ts';
import type { Statements } from './sqlite/connection.ts';
import type { SqlValue } from './sqlite/driver.ts';
import { toSqliteTime } from './sqlite/values.ts';

const WAIT_MS = 100;

export interface UsageOptions {
  /** Receives reports of lost rows, and of failed writes that will be tried again. */
  readonly onError: (error: unknown) => void;
  /** The most queued rows; beyond this the oldest ones are dropped. */
  readonly maxQueued?: number;
}

/** A request that has ended. */
interface Ended {
  readonly row: UsageRow;
  /** Null: the request had no reservation. */
  readonly settlement: Settlement | null;
  readonly at: Date;
  /** Called when it is on disk. */
  onWritten?: () => void;
}

/** Does nothing when the reservation is gone, so a settlement that is written twice counts once. */
const CHARGE = `INSERT INTO "LedgerEntry"
    ("owner", "at", "kind", "amount", "author", "reason", "reservationId", "keyId", "requestId")
  SELECT r."owner", ?, 'charge', -MIN(?, w."balance" - w."held" + r."amount"), 'gateway', ?, r."id", r."keyId",
    r."requestId"
  FROM "Reservation" r JOIN "Wallet" w ON w."owner" = r."owner" WHERE r."id" = ?`;

/** Adds what the end user used, no more than was paid. It runs before the reservation ends, because it reads that. */
const USE = `INSERT INTO "UserSpend" ("owner", "userId", "day", "amount", "tokens")
  SELECT r."owner", r."userId", ?, MIN(?, COALESCE(w."balance" - w."held", 0) + r."amount"), ?
  FROM "Reservation" r LEFT JOIN "Wallet" w ON w."owner" = r."owner" WHERE r."id" = ? AND r."userId" IS NOT NULL
  ON CONFLICT ("owner", "userId", "day")
    DO UPDATE SET "amount" = "amount" + excluded."amount", "tokens" = "tokens" + excluded."tokens"`;

/** Adds what a client token with a budget used, no more than was paid. It runs before the reservation ends, too. */
const USE_TOKEN = `INSERT INTO "TokenSpend" ("tokenId", "amount")
  SELECT r."tokenId", MIN(?, w."balance" - w."held" + r."amount")
  FROM "Reservation" r JOIN "Wallet" w ON w."owner" = r."owner" WHERE r."id" = ? AND r."tokenId" IS NOT NULL
  ON CONFLICT ("tokenId") DO UPDATE SET "amount" = "amount" + excluded."amount"`;

/** Deletes the sums of tokens that expired long ago. Requests that began with them have ended. */
const FORGET_TOKENS = `DELETE FROM "TokenSpend" WHERE "tokenId" < ?`;
const TOKENS_KEPT_MS = 7 * 86_400_000;

const RELEASE = `DELETE FROM "Reservation" WHERE "id" = ?`;

const CHARGED = `SELECT -"amount" FROM "LedgerEntry" WHERE "reservationId" = ?`;

/** Ends a reservation, and returns what it came to. */
function settle(db: Statements, { id, amount, reason, userTokens, isOfToken }: Settlement, at: Date): number {
  if (isOfToken && amount > 0) {
    db.run(USE_TOKEN, amount, id);
    db.run(FORGET_TOKENS, firstTokenId(new Date(at.getTime() - TOKENS_KEPT_MS)));
  }
  if (userTokens !== undefined) db.run(USE, daysOf(at).day, amount, userTokens, id);
  if (amount > 0) db.run(CHARGE, toSqliteTime(at), amount, reason, id);
  else db.run(RELEASE, id);
  const [charged] = db.all(CHARGED, id);
  return Number(charged?.[0] ?? 0);
}

function write(db: Statements, { row, settlement, at }: Ended): void {
  const cost = settlement ? settle(db, settlement, at) : row.cost;
  db.run(INSERT, ...toColumns({ ...row, cost }));
}

/**
 * Writes usage rows and their charges in batches, in the background. A charge is written at once. A hard kill can lose
 * about the last 100 ms of the other rows.
 */
export class UsageWriter implements Pick<UsageStore, 'record' | 'flush'> {
  readonly #writer: BackgroundWriter<Ended>;

  constructor(transact: Transact, { onError, maxQueued = 50_000 }: UsageOptions) {
    this.#writer = new BackgroundWriter({
      one: 'a usage row',
      many: 'usage rows',
      async write(batch) {
        await transact((db) => {
          for (const ended of batch) write(db, ended);
        });
        for (const { onWritten } of batch) onWritten?.();
      },
      waitMs: WAIT_MS,
      isUrgent: ({ settlement }) => settlement !== null,
      onError,
      maxQueued,
    });
  }

  record(row: UsageRow, settlement: Settlement | null = null): Promise<void> | null {
    const ended: Ended = { row, settlement, at: new Date() };
    const isCharged = settlement !== null && settlement.amount > 0;
    const written = isCharged
      ? new Promise<void>((resolve) => {
          ended.onWritten = resolve;
        })
      : null;
    this.#writer.add(ended);
    return written;
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
  "conversationId", "keyId", "owner", "group", "cost", "price", "cacheWriteTokens",
  "askedModel", "attempts")
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT ("requestId") DO NOTHING`;

/** The columns of a row, in the order of the INSERT. */
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
  row.cacheWriteTokens,
  row.askedModel,
  row.attempts.length > 0
    ? JSON.stringify(row.attempts.map(({ backend, startMs, ms, outcome }) => ({ backend, startMs, ms, outcome })))
    : null,
];
