import { daysOf } from './days-of.ts';
import { useDatabase } from './failures.ts';
import { Prisma, type PrismaClient } from './generated/client.ts';
import type { PeriodUse } from './interface/user-budgets.ts';

type StoredUse = Readonly<Record<'userId', string>> &
  Readonly<Record<'dayAmount' | 'dayTokens' | 'amount' | 'tokens', bigint>>;

/** What end users of an owner have used in the day and the month of UTC that hold `at`; those who used nothing are absent. */
export function readUserUse(
  db: PrismaClient,
  owner: string,
  userIds: readonly string[],
  at: Date,
): Promise<ReadonlyMap<string, PeriodUse>> {
  const { day, month } = daysOf(at);
  return useDatabase(async () => {
    if (userIds.length === 0) return new Map();
    const rows = await db.$queryRaw<StoredUse[]>`
      SELECT "userId", SUM(CASE WHEN "day" = ${day} THEN "amount" ELSE 0 END) AS "dayAmount",
        SUM(CASE WHEN "day" = ${day} THEN "tokens" ELSE 0 END) AS "dayTokens",
        SUM("amount") AS "amount", SUM("tokens") AS "tokens"
      FROM "UserSpend"
      WHERE "owner" = ${owner} AND "userId" IN (${Prisma.join([...userIds])}) AND "day" BETWEEN ${month} AND ${day}
      GROUP BY "userId"`;
    return new Map(
      rows.map((row) => [
        row.userId,
        {
          day: { amount: Number(row.dayAmount), tokens: Number(row.dayTokens) },
          month: { amount: Number(row.amount), tokens: Number(row.tokens) },
        },
      ]),
    );
  });
}
