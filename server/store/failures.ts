import { DriverAdapterError } from '@prisma/driver-adapter-utils';
import { AppError } from '../errors/app-error.ts';
import { Prisma } from './generated/client.ts';
import { readSettled } from './rows.ts';
import { isDriverError, reasonOf } from './sqlite/errors.ts';

/** Runs a database operation. Throws `service_unavailable` when the database fails, as opposed to the caller. */
export async function useDatabase<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isDatabaseFailure(error)) throw error;
    const reason = reasonOf(driverErrorOf(error));
    const message = reason ? `The database cannot be used: ${reason}.` : 'The database does not answer.';
    throw new AppError('service_unavailable', message, { cause: error, retryAfter: 1 });
  }
}

/** Reads texts with their media. Throws as `useDatabase` does. */
export const readDatabase = <T>(read: () => Promise<T>): Promise<T> => useDatabase(() => readSettled(read));

/** Prisma wraps what the driver says. */
const driverErrorOf = (error: unknown): unknown =>
  error instanceof Prisma.PrismaClientKnownRequestError ? error.meta?.driverAdapterError : error;

const CONSTRAINTS: readonly string[] = [
  'UniqueConstraintViolation',
  'NullConstraintViolation',
  'ForeignKeyConstraintViolation',
];

/**
 * Whether the database itself failed: a full disk, a lock held too long, a file that cannot be written. A row that
 * violates a constraint is not such a failure.
 */
function isDatabaseFailure(error: unknown): boolean {
  if (error instanceof Prisma.PrismaClientKnownRequestError) {
    const cause = error.meta?.driverAdapterError;
    return !(cause instanceof DriverAdapterError && CONSTRAINTS.includes(cause.cause.kind));
  }
  if (error instanceof DriverAdapterError) return !CONSTRAINTS.includes(error.cause.kind);
  return (
    error instanceof Prisma.PrismaClientUnknownRequestError ||
    error instanceof Prisma.PrismaClientInitializationError ||
    isDriverError(error)
  );
}
