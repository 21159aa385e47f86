import type { Statements } from './sqlite/connection.ts';

/** The charges of one day of UTC, in micro-USD. */
export interface DaySpend {
  readonly day: string;
  readonly amount: number;
}

/**
 * The charges to the keys of an owner (null: of all owners) by day, oldest first. It reads a row for each key and day, so
 * it runs in the background thread.
 */
export function spendByDay(db: Statements, owner: string | null): DaySpend[] {
  // Keys are never deleted, and never change their owner.
  const condition = owner === null ? '' : 'WHERE "keyId" IN (SELECT "id" FROM "ApiKey" WHERE "owner" = ?)';
  const rows = db.all(
    `SELECT "day", SUM("amount") FROM "DailySpend" ${condition} GROUP BY "day" ORDER BY "day"`,
    ...(owner === null ? [] : [owner]),
  );
  return rows.map(([day, amount]) => ({ day: String(day), amount: Number(amount) }));
}
