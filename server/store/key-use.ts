import { daysOf } from './days-of.ts';
import { useDatabase } from './failures.ts';
import { Prisma, type PrismaClient } from './generated/client.ts';
import type { KeyUse } from './interface/usage.ts';
import { textOrNull } from './sqlite/values.ts';

interface StoredUse {
  readonly id: string;
  readonly lastAt: unknown;
  readonly spent: bigint;
}

/** When keys were last used, and what each has spent in the month of UTC that `now` is in. Both are found by an index. */
export function readKeyUse(db: PrismaClient, ids: readonly string[], now: Date): Promise<ReadonlyMap<string, KeyUse>> {
  const { day, month } = daysOf(now);
  return useDatabase(async () => {
    if (ids.length === 0) return new Map();
    const rows = await db.$queryRaw<StoredUse[]>`
      SELECT k."id" AS "id", (SELECT MAX(u."at") FROM "Usage" u WHERE u."keyId" = k."id") AS "lastAt",
        (SELECT COALESCE(SUM(d."amount"), 0) FROM "DailySpend" d
          WHERE d."keyId" = k."id" AND d."day" BETWEEN ${month} AND ${day}) AS "spent"
      FROM "ApiKey" k WHERE k."id" IN (${Prisma.join([...ids])})`;
    return new Map(
      rows.map(({ id, lastAt, spent }) => {
        const at = textOrNull(lastAt);
        return [id, { lastUsedAt: at === null ? null : new Date(at), spentThisMonth: Number(spent) }];
      }),
    );
  });
}
