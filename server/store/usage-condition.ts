import type { RequestFilter, UsageFilter } from './interface/usage.ts';
import type { SqlValue } from './sqlite/driver.ts';
import { toSqliteTime } from './sqlite/values.ts';
import { usageColumns } from './usage-shape.ts';

/** A condition of SQL, with the values of its parameters. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

const columns = [...usageColumns, 'conversationId', 'requestId'] as const;

/** Selects rows by their time, and by the columns that have a value in the filter. */
export function conditionOf(filter: UsageFilter & RequestFilter): Condition {
  const given = columns.flatMap((column) => {
    const value = filter[column];
    return value === undefined ? [] : [{ column, value }];
  });
  return {
    sql: ['"at" >= ?', '"at" < ?', ...given.map(({ column }) => `"${column}" = ?`)].join(' AND '),
    values: [toSqliteTime(filter.from), toSqliteTime(filter.to), ...given.map(({ value }) => value)],
  };
}
