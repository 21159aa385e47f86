import { DriverAdapterError, type MappedError } from '@prisma/driver-adapter-utils';
import { AppError } from '../../errors/app-error.ts';
import { systemCodeOf } from '../../errors/system-code.ts';

/** An error of the driver. `errcode` is SQLite's extended result code: https://www.sqlite.org/rescode.html */
export interface SqliteError extends Error {
  readonly code: 'ERR_SQLITE_ERROR';
  readonly errcode: number;
}

export function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number';
}

/** Whether an error comes from the driver. An error of a statement that was prepared earlier has no result code. */
export const isDriverError = (error: unknown): boolean =>
  isSqliteError(error) || systemCodeOf(error) === 'ERR_SQLITE_ERROR';

const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_CONSTRAINT_FOREIGNKEY = 787;
const SQLITE_CONSTRAINT_NOTNULL = 1299;
const SQLITE_CONSTRAINT_PRIMARYKEY = 1555;
const SQLITE_CONSTRAINT_UNIQUE = 2067;

/** How SQLite words a lock. The driver gives no result code to an error of a statement that was prepared earlier. */
const LOCKED = /^database (?:table )?is locked/;

/** Whether another connection holds the lock. The same call may succeed later. */
export function isBusy(error: unknown): boolean {
  if (!isSqliteError(error)) return error instanceof Error && isDriverError(error) && LOCKED.test(error.message);
  const primary = error.errcode & 0xff;
  return primary === SQLITE_BUSY || primary === SQLITE_LOCKED;
}

const SQLITE_IOERR_FSTAT = 1802;

/** Whether the file was removed while it was being opened. */
export const isRemoved = (error: unknown): boolean => isSqliteError(error) && error.errcode === SQLITE_IOERR_FSTAT;

/** SQLite's result codes CONSTRAINT, MISMATCH and TOOBIG. */
const REFUSALS: readonly number[] = [19, 20, 18];

/** Whether the database works but refuses this very row, and will refuse it again. */
export function isRefusal(error: unknown): boolean {
  return REFUSALS.includes(codeOf(error) & 0xff) || (error instanceof AppError && isRefusal(error.cause));
}

/** What SQLite's primary result codes mean to an operator. Codes that are not listed are faults of a query. */
const REASONS: Readonly<Record<number, string>> = {
  [SQLITE_BUSY]: 'another process holds its lock',
  [SQLITE_LOCKED]: 'another connection holds its lock',
  8: 'it is read-only',
  10: 'the disk does not read or write',
  11: 'the file is damaged',
  13: 'the disk is full',
  14: 'the file cannot be opened',
  26: 'the file is no SQLite database',
};

/** Why the database cannot be used, when the driver's error tells; otherwise null. */
export function reasonOf(error: unknown): string | null {
  return REASONS[codeOf(error) & 0xff] ?? null;
}

/** SQLite's extended result code; 0 when the error has none. */
function codeOf(error: unknown): number {
  if (error instanceof DriverAdapterError) return Number(error.cause.originalCode);
  return isSqliteError(error) ? error.errcode : 0;
}

/** Translates an error of the driver for Prisma. Other errors stay as they are. */
export function toAdapterError(error: unknown): unknown {
  if (!isSqliteError(error)) return error;
  return new DriverAdapterError({
    ...mapped(error),
    originalCode: String(error.errcode),
    originalMessage: error.message,
  });
}

function mapped(error: SqliteError): MappedError {
  if (isBusy(error)) return { kind: 'SocketTimeout' };
  const { errcode, message } = error;
  switch (errcode) {
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_UNIQUE:
      return { kind: 'UniqueConstraintViolation', constraint: { fields: fieldsOf(message) } };
    case SQLITE_CONSTRAINT_NOTNULL:
      return { kind: 'NullConstraintViolation', constraint: { fields: fieldsOf(message) } };
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return { kind: 'ForeignKeyConstraintViolation', constraint: { foreignKey: {} } };
    default:
  }
  const [, what, name] = /no such (table|column): (\S+)/.exec(message) ?? [];
  if (name && what === 'table') return { kind: 'TableDoesNotExist', table: name };
  if (name && what === 'column') return { kind: 'ColumnNotFound', column: name };
  return { kind: 'sqlite', extendedCode: errcode, message };
}

/** The fields in `UNIQUE constraint failed: Message.conversationId, Message.seq`. */
function fieldsOf(message: string): string[] {
  const [, list = ''] = message.split('constraint failed: ');
  return list.split(', ').map((field) => field.slice(field.indexOf('.') + 1));
}
