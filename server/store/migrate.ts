import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { monotonicNow } from '../event-loop/monotonic-now.ts';
import { type Database, loadDriver } from './sqlite/driver.ts';
import { withPatience } from './sqlite/patience.ts';
import { toSqliteTime } from './sqlite/values.ts';
import { StoreError } from './store-error.ts';

const LOCK_TIMEOUT_MS = 30_000;

/** The table as Prisma's CLI creates it, so that `prisma migrate` and this file agree on every database. */
const BOOKKEEPING = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    "id"                    TEXT PRIMARY KEY NOT NULL,
    "checksum"              TEXT NOT NULL,
    "finished_at"           DATETIME,
    "migration_name"        TEXT NOT NULL,
    "logs"                  TEXT,
    "rolled_back_at"        DATETIME,
    "started_at"            DATETIME NOT NULL DEFAULT current_timestamp,
    "applied_steps_count"   INTEGER UNSIGNED NOT NULL DEFAULT 0
)`;

interface Migration {
  readonly name: string;
  readonly sql: string;
  /** The SHA-256 of the file. */
  readonly checksum: string;
}

/**
 * Applies the missing migrations of `directory` to the database at `path`, all or none, and returns their names.
 * Processes that start at once take turns, and the later ones find nothing to do. Throws when an applied migration was
 * edited, failed earlier under Prisma's CLI, or is unknown here because the database is newer than this version.
 */
export async function migrate(path: string, directory: string): Promise<string[]> {
  const migrations = readMigrations(directory);
  const DatabaseSync = await loadDriver();
  const db = new DatabaseSync(path, { timeout: 50 });
  const deadline = monotonicNow() + LOCK_TIMEOUT_MS;
  try {
    await withPatience(() => db.exec('PRAGMA journal_mode = WAL'), deadline);
    // This cannot be switched inside a transaction. With foreign keys on, redefining a table would delete the rows that
    // refer to it.
    db.exec('PRAGMA foreign_keys = OFF');
    // What a migration deletes or rewrites is overwritten in the file.
    db.exec('PRAGMA secure_delete = ON');
    await withPatience(() => db.exec('BEGIN IMMEDIATE'), deadline);
    const applied = applyMissing(db, migrations);
    db.exec('COMMIT');
    return applied;
  } finally {
    if (db.isTransaction) db.exec('ROLLBACK');
    db.close();
  }
}

export function readMigrations(directory: string): Migration[] {
  return readdirSync(directory)
    .filter((name) => existsSync(join(directory, name, 'migration.sql')))
    .sort()
    .map((name) => {
      const file = readFileSync(join(directory, name, 'migration.sql'));
      return { name, sql: file.toString('utf8'), checksum: createHash('sha256').update(file).digest('hex') };
    });
}

function applyMissing(db: Database, migrations: readonly Migration[]): string[] {
  db.exec(BOOKKEEPING);
  const done = checkedHistory(db, migrations);
  const missing = migrations.filter(({ name }) => !done.has(name));
  const record = db.prepare(
    `INSERT INTO "_prisma_migrations" ("id", "checksum", "migration_name", "started_at", "finished_at", "applied_steps_count")
     VALUES (?, ?, ?, ?, ?, 1)`,
  );
  for (const { name, sql, checksum } of missing) {
    const startedAt = toSqliteTime(new Date());
    db.exec(sql);
    const violations = db.prepare('PRAGMA foreign_key_check').all().length;
    if (violations > 0) throw new Error(`migration ${name} leaves ${violations} rows that refer to nothing`);
    record.run(randomUUID(), checksum, name, startedAt, toSqliteTime(new Date()));
  }
  return missing.map(({ name }) => name);
}

/** The names of the migrations that were applied to the database. */
export function checkedHistory(db: Database, migrations: readonly Migration[]): Set<string> {
  const statement = db.prepare(
    `SELECT "migration_name", "checksum", "finished_at" IS NOT NULL FROM "_prisma_migrations" WHERE "rolled_back_at" IS NULL`,
  );
  statement.setReturnArrays(true);
  const done = new Set<string>();
  for (const [name, checksum, finished] of statement.all().filter(Array.isArray)) {
    const migration = migrations.find((one) => one.name === name);
    if (!migration)
      throw new StoreError(`the database has migration ${name}, which this version does not know; is it newer?`);
    if (!finished) throw new StoreError(`migration ${name} failed earlier; resolve it with \`prisma migrate resolve\``);
    if (migration.checksum !== checksum) throw new StoreError(`migration ${name} was edited after it was applied`);
    done.add(migration.name);
  }
  return done;
}
