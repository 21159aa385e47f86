import { reasonOf } from './sqlite/errors.ts';
import { StoreError } from './store-error.ts';

const DAMAGED = 'Restore it from a backup, or move it away to begin with an empty one.';
const RIGHTS =
  'Give the user that runs the gateway the right to write there, or set DATA_DIR (or DATABASE_URL) to another place.';

/** What an operator can do about each reason. */
const REMEDIES: readonly (readonly [reason: RegExp, remedy: string])[] = [
  [/damaged|no SQLite database/, DAMAGED],
  [/lock/, 'Stop the process that holds it, and start again.'],
  [/full/, 'Make room, and start again.'],
  [/read-only|cannot be opened|EACCES|EPERM|EROFS/, RIGHTS],
  [/EISDIR|ENOTDIR|EEXIST|ENAMETOOLONG|ELOOP/, 'Set DATABASE_URL to a file, and DATA_DIR to a folder.'],
  [
    /ENOENT/,
    'The folder cannot be created: mount the volume that a link in its path leads to, or set DATA_DIR to another folder.',
  ],
  [/ENOSPC|EDQUOT/, 'Make room, and start again.'],
  [/EIO|disk/, 'Check the disk.'],
];

/** The reason in an error of the file system, such as `EACCES: permission denied`. */
const systemReason = (error: unknown): string | null =>
  error instanceof Error && 'syscall' in error ? (error.message.split(',')[0] ?? null) : null;

/**
 * Converts a failure to open the database to one line that says what to do. An error that the operator cannot correct
 * stays as it is.
 */
export function toStoreError(error: unknown, path: string): unknown {
  const reason = error instanceof StoreError ? error.message : (reasonOf(error) ?? systemReason(error));
  if (reason === null) return error;
  const remedy = REMEDIES.find(([pattern]) => pattern.test(reason))?.[1];
  return new StoreError(`DATABASE_URL: ${path} cannot be used: ${reason}.${remedy ? ` ${remedy}` : ''}`, {
    cause: error,
  });
}
