import type { UsageTimes, UsageTimesShape } from './interface/usage.ts';
import type { Statements } from './sqlite/connection.ts';
import { textOrNull } from './sqlite/values.ts';
import { conditionOf } from './usage-condition.ts';
import { nameLength, startOf } from './usage-shape.ts';

/** The nearest rank: the p-th percentile of n values is the ⌈p·n/100⌉-th. */
const atRank = (percent: number, name: string) =>
  `MAX(CASE WHEN "rank" = ("total" * ${percent} + 99) / 100 THEN "ms" END) AS "${name}"`;

interface Measured {
  readonly key: string;
  readonly bucket: string;
  readonly values: (string | null)[];
  readonly p50: number;
  readonly p95: number;
}

function measure(
  db: Statements,
  measured: 'latencyMs' | 'firstTokenMs',
  { filter, bucket, by, limit }: UsageTimesShape,
): Measured[] {
  const { sql, values } = conditionOf(filter);
  const names = ['"bucket"', ...by.map((_, at) => `"by${at}"`)].join(', ');
  const selected = by.map((column, at) => `, "${column}" AS "by${at}"`).join('');
  const rows = db.all(
    `WITH "timed" AS (
       SELECT substr("at", 1, ${nameLength(bucket)}) AS "bucket"${selected}, "${measured}" AS "ms"
       FROM "Usage" WHERE ${sql} AND "${measured}" IS NOT NULL
     ), "ranked" AS (
       SELECT *, row_number() OVER (PARTITION BY ${names} ORDER BY "ms") AS "rank",
         count(*) OVER (PARTITION BY ${names}) AS "total" FROM "timed"
     )
     SELECT ${names}, ${atRank(50, 'p50')}, ${atRank(95, 'p95')} FROM "ranked" GROUP BY ${names} ORDER BY ${names}
     LIMIT ${limit}`,
    ...values,
  );
  return rows.map((row) => {
    const found = row.slice(1, 1 + by.length).map(textOrNull);
    const name = String(row[0]);
    const [p50, p95] = row.slice(1 + by.length);
    return { key: JSON.stringify([name, found]), bucket: name, values: found, p50: Number(p50), p95: Number(p95) };
  });
}

/** Percentiles of times. It sorts every row of the time, so it runs in the background thread. */
export function measureTimes(db: Statements, shape: UsageTimesShape): UsageTimes[] {
  const first = new Map(measure(db, 'firstTokenMs', shape).map((one) => [one.key, one]));
  return measure(db, 'latencyMs', shape).map(({ key, bucket, values, p50, p95 }) => {
    const token = first.get(key);
    return {
      start: startOf(shape.bucket, bucket),
      values,
      latency: { p50, p95 },
      firstToken: token ? { p50: token.p50, p95: token.p95 } : null,
    };
  });
}
