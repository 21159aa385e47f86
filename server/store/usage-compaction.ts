import { setImmediate as nextTick } from 'node:timers/promises';
import { useDatabase } from './failures.ts';
import type { Transact } from './sqlite/adapter.ts';
import { toSqliteTime } from './sqlite/values.ts';

/** How many rows are summed up in one transaction, which blocks the event loop for about 20 ms. */
const COMPACTED_AT_ONCE = 2_000;

/** Replaces the rows before `day` with sums by day. Returns how many rows there were. */
export async function compactUsage(transact: Transact, day: Date): Promise<number> {
  const before = toSqliteTime(day);
  for (let total = 0; ; ) {
    const count = await useDatabase(() =>
      transact((db) => {
        db.run(ADD_UP, before, COMPACTED_AT_ONCE);
        return db.run(DROP, before, COMPACTED_AT_ONCE);
      }),
    );
    total += count;
    if (count < COMPACTED_AT_ONCE) return total;
    await nextTick();
  }
}

const OLDEST = 'SELECT "requestId" FROM "Usage" WHERE "at" < ? ORDER BY "at", "requestId" LIMIT ?';

const DROP = `DELETE FROM "Usage" WHERE "requestId" IN (${OLDEST})`;

const ADDED = [
  'requests',
  'promptTokens',
  'completionTokens',
  'cachedTokens',
  'reasoningTokens',
  'cost',
  'latencyMs',
  'firstTokens',
  'firstTokenMs',
];

const ADD_UP = `
  INSERT INTO "UsageDay" ("at", "operation", "alias", "provider", "keyId", "owner", "group", "outcome",
    ${ADDED.map((name) => `"${name}"`).join(', ')})
  SELECT substr("at", 1, 10) || 'T00:00:00.000+00:00', "operation", "alias", COALESCE("provider", ''),
    COALESCE("keyId", ''), COALESCE("owner", ''), COALESCE("group", ''), "outcome", COUNT(*), SUM("promptTokens"),
    SUM("completionTokens"), SUM("cachedTokens"), SUM("reasoningTokens"), SUM("cost"), SUM("latencyMs"),
    COUNT("firstTokenMs"), COALESCE(SUM("firstTokenMs"), 0)
  FROM "Usage" WHERE "requestId" IN (${OLDEST}) GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
  ON CONFLICT DO UPDATE SET ${ADDED.map((name) => `"${name}" = "${name}" + excluded."${name}"`).join(', ')}`;
