import { type ArgType, type ColumnType, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import type { SqlValue } from './driver.ts';

const DECLARED: Readonly<Record<string, ColumnType>> = {
  INT: ColumnTypeEnum.Int32,
  INTEGER: ColumnTypeEnum.Int32,
  BIGINT: ColumnTypeEnum.Int64,
  DATETIME: ColumnTypeEnum.DateTime,
  TEXT: ColumnTypeEnum.Text,
  BLOB: ColumnTypeEnum.Bytes,
  BOOLEAN: ColumnTypeEnum.Boolean,
  JSONB: ColumnTypeEnum.Json,
  REAL: ColumnTypeEnum.Double,
  DOUBLE: ColumnTypeEnum.Double,
  FLOAT: ColumnTypeEnum.Float,
  DECIMAL: ColumnTypeEnum.Numeric,
};

/** The type of a column. Null for an expression, which has no declared type. */
export function columnTypeOf(declared: string | null): ColumnType | null {
  return DECLARED[declared?.toUpperCase() ?? ''] ?? null;
}

/** The type of an expression's column, by its first value that is not null. */
export function columnTypeOfValues(rows: readonly (readonly unknown[])[], column: number): ColumnType {
  const value = rows.find((row) => row[column] !== null)?.[column];
  if (typeof value === 'bigint') return ColumnTypeEnum.Int64;
  if (typeof value === 'number') return ColumnTypeEnum.Double;
  if (value instanceof Uint8Array) return ColumnTypeEnum.Bytes;
  return ColumnTypeEnum.Text;
}

/** The value of a text column; null for a value of another type. */
export const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** A time as text, in the form that Prisma's own engine writes, so that times compare as text. */
export function toSqliteTime(time: Date): string {
  return `${time.toISOString().slice(0, -1)}+00:00`;
}

export function toSqlite(arg: unknown, type: ArgType | undefined): SqlValue {
  switch (typeof arg) {
    case 'string':
      return stringToSqlite(arg, type);
    case 'number':
      // A JavaScript number would be stored as REAL.
      return Number.isSafeInteger(arg) && type?.scalarType !== 'float' ? BigInt(arg) : arg;
    case 'bigint':
      return arg;
    case 'boolean':
      return arg ? 1n : 0n;
    default:
      if (arg === null || arg === undefined) return null;
      if (arg instanceof Date) return toSqliteTime(arg);
      if (arg instanceof Uint8Array) return arg;
      throw new TypeError(`SQLite cannot store a value of type ${typeof arg}`);
  }
}

/** Converts a string for SQLite. Prisma passes values as strings where JSON has no type for them. */
function stringToSqlite(arg: string, type: ArgType | undefined): SqlValue {
  switch (type?.scalarType) {
    case 'int':
    case 'bigint':
      return BigInt(arg);
    case 'float':
    case 'decimal':
      return Number(arg);
    case 'datetime':
      return toSqliteTime(new Date(arg));
    case 'bytes':
      return Buffer.from(arg, 'base64');
    default:
      return arg;
  }
}

/** Converts a value of SQLite. Integers arrive as bigint, so that none loses digits. */
export function fromSqlite(value: unknown, type: ColumnType): unknown {
  if (typeof value === 'bigint') {
    if (type === ColumnTypeEnum.Boolean) return value !== 0n;
    if (type === ColumnTypeEnum.DateTime) return new Date(Number(value)).toISOString();
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  }
  if (typeof value === 'number' && type === ColumnTypeEnum.DateTime) return new Date(value).toISOString();
  return value;
}
