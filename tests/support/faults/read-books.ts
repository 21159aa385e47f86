import { dirname } from 'node:path';
import { openRaw, query } from '../../store/support.ts';

/** What the database says of money, reservations and runs. */
export interface Books {
  /** Cost by request, of usage rows that cost something; in micro-USD. */
  readonly priced: readonly (readonly [requestId: string, cost: number])[];
  /** The same of what wallets were charged. */
  readonly charges: readonly (readonly [requestId: string, amount: number])[];
  /** What the ledgers of all wallets sum up to, and what the wallets say. */
  readonly ledger: number;
  readonly balance: number;
  /** What is still reserved, answers that are still in progress, and conversations that are still locked. */
  readonly held: number;
  readonly reservations: number;
  readonly openMessages: number;
  readonly openRuns: number;
  readonly busyConversations: number;
  readonly runs: readonly StoredRun[];
}

interface StoredRun {
  readonly id: string;
  readonly last: number;
  /** The numbers of its stored events, as ranges in the order of their writing. */
  readonly segments: readonly (readonly [first: number, count: number])[];
}

const pair = ([id, amount]: readonly unknown[]) => [String(id), Number(amount)] as const;

export async function readBooks(database: string): Promise<Books> {
  const db = await openRaw(dirname(database), 'duplex.db');
  try {
    const count = (sql: string) => Number(query(db, sql)[0]?.[0] ?? 0);
    const segments = query(db, 'SELECT "runKey", "first", "count" FROM "RunEvents" ORDER BY "runKey", "first"');
    return {
      priced: query(db, 'SELECT "requestId", "cost" FROM "Usage" WHERE "cost" > 0 ORDER BY 1').map(pair),
      charges: query(
        db,
        `SELECT "requestId", -"amount" FROM "LedgerEntry" WHERE "kind" = 'charge' ORDER BY "requestId"`,
      ).map(pair),
      ledger: count('SELECT COALESCE(SUM("amount"), 0) FROM "LedgerEntry"'),
      balance: count('SELECT SUM("balance") FROM "Wallet"'),
      held: count('SELECT SUM("held") FROM "Wallet"'),
      reservations: count('SELECT count(*) FROM "Reservation"'),
      openMessages: count(`SELECT count(*) FROM "Message" WHERE "status" = 'in_progress'`),
      openRuns: count('SELECT count(*) FROM "Run" WHERE "process" IS NOT NULL'),
      busyConversations: count('SELECT count(*) FROM "Conversation" WHERE "activeTurnId" IS NOT NULL'),
      runs: query(db, 'SELECT "key", "id", "last" FROM "Run"').map(([key, id, last]) => ({
        id: String(id),
        last: Number(last),
        segments: segments
          .filter(([runKey]) => runKey === key)
          .map(([, first, events]) => [Number(first), Number(events)] as const),
      })),
    };
  } finally {
    db.close();
  }
}

/** A question as it is stored, with its answer; null where the question is not. */
export async function readTurn(
  database: string,
  question: string,
): Promise<{ readonly questions: number; readonly status: string; readonly text: string } | null> {
  const db = await openRaw(dirname(database), 'duplex.db');
  try {
    const statement = db.prepare(`SELECT a."status", a."text" FROM "Message" q
      LEFT JOIN "Message" a ON a."parentId" = q."id" WHERE q."role" = 'user' AND q."text" = ?`);
    statement.setReturnArrays(true);
    const rows = statement.all(question).filter(Array.isArray);
    const [[status, text] = []] = rows;
    return rows.length === 0 ? null : { questions: rows.length, status: String(status), text: String(text) };
  } finally {
    db.close();
  }
}
