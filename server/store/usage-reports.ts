import { setImmediate as nextTick } from 'node:timers/promises';
import { useDatabase } from './failures.ts';
import { Prisma, type PrismaClient } from './generated/client.ts';
import type {
  AttemptRow,
  RequestFilter,
  UsageColumn,
  UsageFilter,
  UsageRow,
  UsageShape,
  UsageStore,
  UsageSum,
} from './interface/usage.ts';
import type { Transact } from './sqlite/adapter.ts';
import { toSqliteTime } from './sqlite/values.ts';
import { nameLength, startOf, usageColumns } from './usage-shape.ts';

/** How many rows are summed up in one transaction, which blocks the event loop for about 20 ms. */
const COMPACTED_AT_ONCE = 2_000;

const nameOf = (column: UsageColumn): Prisma.Sql => Prisma.raw(`"${column}"`);

function where(filter: UsageFilter): Prisma.Sql {
  const { from, to } = filter;
  const conditions = [Prisma.sql`"at" >= ${toSqliteTime(from)}`, Prisma.sql`"at" < ${toSqliteTime(to)}`];
  for (const column of usageColumns) {
    const value = filter[column];
    if (value !== undefined) conditions.push(Prisma.sql`${nameOf(column)} = ${value}`);
  }
  return Prisma.join(conditions, ' AND ');
}

const names = Prisma.join(usageColumns.map(nameOf), ', ');

/** Single rows and sums of days, as one table. */
const both = (condition: Prisma.Sql): Prisma.Sql => Prisma.sql`
  SELECT "at", ${names}, 1 AS "requests", "promptTokens", "completionTokens", "cachedTokens", "reasoningTokens", "cost",
    "latencyMs", "firstTokenMs" IS NOT NULL AS "firstTokens", "firstTokenMs"
  FROM "Usage" WHERE ${condition}
  UNION ALL
  SELECT "at", ${names}, "requests", "promptTokens", "completionTokens", "cachedTokens", "reasoningTokens", "cost",
    "latencyMs", "firstTokens", "firstTokenMs"
  FROM "UsageDay" WHERE ${condition}`;

/** A sum as the database returns it. Everything except the names is an integer. */
interface StoredSum {
  readonly bucket: string;
  readonly requests: bigint;
  readonly failed: bigint;
  readonly promptTokens: bigint;
  readonly completionTokens: bigint;
  readonly cachedTokens: bigint;
  readonly reasoningTokens: bigint;
  readonly cost: bigint;
  readonly latencyMs: bigint;
  readonly firstTokens: bigint;
  readonly firstTokenMs: bigint;
}

const average = (sum: bigint, count: bigint): number | null => (count > 0n ? Number(sum) / Number(count) : null);

const readAttempts = (text: string): AttemptRow[] => JSON.parse(text);

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** Reports what was used, by whom and when. */
export class UsageReports implements Pick<UsageStore, 'sum' | 'list' | 'compact'> {
  readonly #db: PrismaClient;
  readonly #transact: Transact;

  constructor(db: PrismaClient, transact: Transact) {
    this.#db = db;
    this.#transact = transact;
  }

  sum(filter: UsageFilter, { bucket, by, limit }: UsageShape): Promise<readonly UsageSum[]> {
    const dimensions = by.map((column, i) => Prisma.sql`, ${nameOf(column)} AS ${Prisma.raw(`"by${i}"`)}`);
    const keys = by.map((column) => Prisma.sql`, COALESCE(${nameOf(column)}, '')`);
    const list = (parts: readonly Prisma.Sql[]) => (parts.length > 0 ? Prisma.join(parts, '') : Prisma.empty);
    return useDatabase(async () => {
      const rows = await this.#db.$queryRaw<(StoredSum & Record<string, unknown>)[]>`
        SELECT substr("at", 1, ${nameLength(bucket)}) AS "bucket"${list(dimensions)}, SUM("requests") AS "requests",
          SUM(CASE WHEN "outcome" IN ('ok', 'cancelled') THEN 0 ELSE "requests" END) AS "failed",
          SUM("promptTokens") AS "promptTokens", SUM("completionTokens") AS "completionTokens",
          SUM("cachedTokens") AS "cachedTokens", SUM("reasoningTokens") AS "reasoningTokens", SUM("cost") AS "cost",
          SUM("latencyMs") AS "latencyMs", SUM("firstTokens") AS "firstTokens",
          COALESCE(SUM("firstTokenMs"), 0) AS "firstTokenMs"
        FROM (${both(where(filter))}) GROUP BY 1${list(keys)} ORDER BY 1${list(keys)} LIMIT ${limit}`;
      return rows.map((row) => ({
        start: startOf(bucket, row.bucket),
        values: by.map((_, i) => textOf(row[`by${i}`])),
        requests: Number(row.requests),
        failed: Number(row.failed),
        promptTokens: Number(row.promptTokens),
        completionTokens: Number(row.completionTokens),
        cachedTokens: Number(row.cachedTokens),
        reasoningTokens: Number(row.reasoningTokens),
        cost: Number(row.cost),
        latencyMs: average(row.latencyMs, row.requests),
        firstTokenMs: average(row.firstTokenMs, row.firstTokens),
      }));
    });
  }

  list(
    { from, to, ...fields }: UsageFilter & RequestFilter,
    { limit, offset }: { limit: number; offset: number },
  ): Promise<readonly UsageRow[]> {
    const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
    return useDatabase(async () => {
      const rows = await this.#db.usage.findMany({
        where: { ...given, at: { gte: from, lt: to } },
        orderBy: [{ at: 'desc' }, { requestId: 'desc' }],
        take: limit,
        skip: offset,
      });
      return rows.map((row) => ({
        ...row,
        cost: Number(row.cost),
        attempts: row.attempts === null ? [] : readAttempts(row.attempts),
      }));
    });
  }

  async compact(day: Date): Promise<number> {
    const before = toSqliteTime(day);
    for (let total = 0; ; ) {
      const count = await useDatabase(() =>
        this.#transact((db) => {
          db.run(ADD_UP, before, COMPACTED_AT_ONCE);
          return db.run(DROP, before, COMPACTED_AT_ONCE);
        }),
      );
      total += count;
      if (count < COMPACTED_AT_ONCE) return total;
      await nextTick();
    }
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
