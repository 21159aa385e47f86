import type { UsageFilter, UsageShape, UsageSum } from './interface/usage.ts';
import type { Statements } from './sqlite/connection.ts';
import { conditionOf } from './usage-condition.ts';
import { nameLength, startOf, usageColumns } from './usage-shape.ts';

/** What is summed up, and which groups of it. */
export interface SumRequest extends UsageShape {
  readonly filter: UsageFilter;
}

const names = usageColumns.map((column) => `"${column}"`).join(', ');

/** Single rows and sums of days, as one table. */
const both = (condition: string): string => `
  SELECT "at", ${names}, 1 AS "requests", "promptTokens", "completionTokens", "cachedTokens", "reasoningTokens", "cost",
    "latencyMs", "firstTokenMs" IS NOT NULL AS "firstTokens", "firstTokenMs"
  FROM "Usage" WHERE ${condition}
  UNION ALL
  SELECT "at", ${names}, "requests", "promptTokens", "completionTokens", "cachedTokens", "reasoningTokens", "cost",
    "latencyMs", "firstTokens", "firstTokenMs"
  FROM "UsageDay" WHERE ${condition}`;

const average = (sum: number, count: number): number | null => (count > 0 ? sum / count : null);

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** Sums by buckets of UTC. It reads every row of the time, so it runs in the background thread. */
export function sumUsage(db: Statements, { filter, bucket, by, limit }: SumRequest): UsageSum[] {
  const { sql, values } = conditionOf(filter);
  const selected = by.map((column, i) => `, "${column}" AS "by${i}"`).join('');
  const keys = by.map((column) => `, COALESCE("${column}", '')`).join('');
  const rows = db.all(
    `SELECT substr("at", 1, ${nameLength(bucket)}) AS "bucket"${selected}, SUM("requests"),
       SUM(CASE WHEN "outcome" IN ('ok', 'cancelled') THEN 0 ELSE "requests" END), SUM("promptTokens"),
       SUM("completionTokens"), SUM("cachedTokens"), SUM("reasoningTokens"), SUM("cost"), SUM("latencyMs"),
       SUM("firstTokens"), COALESCE(SUM("firstTokenMs"), 0)
     FROM (${both(sql)}) GROUP BY 1${keys} ORDER BY 1${keys} LIMIT ${limit}`,
    ...values,
    ...values,
  );
  return rows.map((row) => {
    const [requests = 0, failed = 0, promptTokens = 0, completionTokens = 0, ...others] = row
      .slice(1 + by.length)
      .map(Number);
    const [cachedTokens = 0, reasoningTokens = 0, cost = 0, latencyMs = 0, firstTokens = 0, firstTokenMs = 0] = others;
    return {
      start: startOf(bucket, String(row[0])),
      values: row.slice(1, 1 + by.length).map(textOf),
      requests,
      failed,
      promptTokens,
      completionTokens,
      cachedTokens,
      reasoningTokens,
      cost,
      latencyMs: average(latencyMs, requests),
      firstTokenMs: average(firstTokenMs, firstTokens),
    };
  });
}
