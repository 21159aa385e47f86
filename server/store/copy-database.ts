import { accessSync, chmodSync, constants, copyFileSync, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../disk/make-folder.ts';
import { systemCodeOf } from '../errors/system-code.ts';
import { checkedHistory, readMigrations } from './migrate.ts';
import { ProcessLock } from './process-lock.ts';
import { type Database, loadDriver } from './sqlite/driver.ts';
import { StoreError } from './store-error.ts';
import { toStoreError } from './to-store-error.ts';

/** The tables whose rows are counted, to show that a copy is complete. */
const COUNTED = { conversations: 'Conversation', messages: 'Message', keys: 'ApiKey', usage: 'Usage' } as const;

/** Throws `StoreError` when a file is not there, or when this user may not read it. */
function ensureReadable(path: string, what: string): void {
  try {
    accessSync(path, constants.R_OK);
  } catch (cause) {
    const isHidden = systemCodeOf(cause) === 'EACCES';
    const message = isHidden
      ? `This user is not allowed to read ${path}. Run the command as the user that runs the gateway.`
      : `There is no ${what} at ${path}.`;
    throw new StoreError(message, { cause });
  }
}

/** Throws `StoreError` when this user cannot make a file in the folder of a file. */
function ensureWritable(path: string): void {
  const folder = dirname(path);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const why = existsSync(folder) ? `This user is not allowed to write to ${folder}` : `There is no folder ${folder}`;
    throw new StoreError(`${why}. Name a file in another folder.`, { cause });
  }
}

/** How many rows a database has. */
export type Contents = Readonly<Record<keyof typeof COUNTED, number>>;

function readRow(db: Database, sql: string): unknown[] {
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  return statement.all().flat();
}

/**
 * Reads every page of a database and counts its rows. Throws `StoreError` when it is damaged or is not a database of
 * Duplex.
 */
async function verify(path: string): Promise<Contents> {
  const DatabaseSync = await loadDriver();
  const db = new DatabaseSync(path, { timeout: 5_000 });
  try {
    const [verdict] = readRow(db, 'PRAGMA integrity_check(1)');
    if (verdict !== 'ok') throw new StoreError(`${path} is damaged (${String(verdict).split('\n')[0]}).`);
    const count = (table: string): number => Number(readRow(db, `SELECT COUNT(*) FROM "${table}"`)[0]);
    return {
      conversations: count(COUNTED.conversations),
      messages: count(COUNTED.messages),
      keys: count(COUNTED.keys),
      usage: count(COUNTED.usage),
    };
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    throw new StoreError(`${path} is not a database of Duplex.`, { cause });
  } finally {
    db.close();
  }
}

/**
 * Copies the present state of a database to a new file, while gateways go on using it, and verifies the copy. Throws
 * `StoreError` when the target exists or the copy is damaged; then no target is left behind.
 */
export async function backUp(path: string, target: string): Promise<Contents> {
  ensureReadable(path, 'database');
  if (existsSync(target)) throw new StoreError(`${target} exists already. Choose another name, or take it away.`);
  ensureWritable(target);
  const DatabaseSync = await loadDriver();
  const unfinished = `${target}.unfinished`;
  rmSync(unfinished, { force: true });
  try {
    const db = new DatabaseSync(path, { timeout: 30_000 });
    try {
      db.prepare('VACUUM INTO ?').run(unfinished);
    } finally {
      db.close();
    }
    chmodSync(unfinished, 0o600);
    const contents = await verify(unfinished);
    renameSync(unfinished, target);
    return contents;
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}

/**
 * Selects the tables, indexes, triggers and views of a database. Tables that SQLite makes for itself, indexes without SQL and
 * the table of migrations differ between databases. Nothing else is left out by its name, since whoever writes a file can
 * give its triggers any name and put them on any table.
 */
const SELECT_SCHEMA = `
  SELECT "type" || ' "' || "name" || '"', "sql" FROM "sqlite_master"
  WHERE NOT ("type" = 'index' AND "sql" IS NULL) AND NOT ("type" = 'table'
    AND "name" IN ('_prisma_migrations', 'sqlite_sequence', 'sqlite_stat1', 'sqlite_stat4')) ORDER BY "name"`;

function readSchema(db: Database): Map<string, string> {
  const statement = db.prepare(SELECT_SCHEMA);
  statement.setReturnArrays(true);
  const rows = statement.all().filter(Array.isArray);
  return new Map(rows.map(([name, sql]) => [String(name), String(sql)]));
}

/**
 * Refuses a backup with another schema than this version of Duplex makes, before it takes the place of the database. The
 * triggers and views of a foreign database would run with every message, and a database of a later version would not start.
 * The rows are not checked: a backup brings its own keys and wallets. Throws `StoreError`.
 */
export async function refuseForeign(backup: string, migrationsDir: string): Promise<void> {
  ensureReadable(backup, 'file');
  if (!statSync(backup).isFile()) throw new StoreError(`${backup} is not a file.`);
  const DatabaseSync = await loadDriver();
  const db = new DatabaseSync(backup, { timeout: 5_000 });
  const own = new DatabaseSync(':memory:', { timeout: 0 });
  try {
    const known = readMigrations(migrationsDir);
    const done = checkedHistory(db, known);
    for (const { name, sql } of known) if (done.has(name)) own.exec(sql);
    const [expected, found] = [readSchema(own), readSchema(db)];
    for (const name of new Set([...expected.keys(), ...found.keys()])) {
      if (expected.get(name) !== found.get(name)) throw new StoreError(`its ${name} is not that of Duplex`);
    }
  } catch (cause) {
    const reason = cause instanceof StoreError ? `: ${cause.message}` : '';
    throw new StoreError(`${backup} is not a backup of this version of Duplex${reason}.`, { cause });
  } finally {
    own.close();
    db.close();
  }
}

/** The contents of the restored database, and where the one before it was moved; null: there was none. */
export interface Restored {
  readonly contents: Contents;
  readonly replaced: string | null;
}

/**
 * Replaces a database with a backup, and makes its folder where there is none. Throws `StoreError` while a gateway uses the database, and when the backup is
 * damaged; then nothing has changed.
 */
export async function restore(backup: string, path: string, now: Date): Promise<Restored> {
  ensureReadable(backup, 'file');
  if (existsSync(path) && (await ProcessLock.isAnyAlive(path))) {
    throw new StoreError(`A gateway uses ${path}. Stop it first.`);
  }
  const arriving = `${path}.arriving`;
  try {
    makeFolder(dirname(path));
    copyFileSync(backup, arriving);
    chmodSync(arriving, 0o600);
    const contents = await verify(arriving);
    const replaced = existsSync(path) ? `${path}.replaced-${now.toISOString().replace(/[:.]/g, '-')}` : null;
    for (const suffix of ['', '-wal', '-shm']) {
      if (replaced && existsSync(path + suffix)) renameSync(path + suffix, replaced + suffix);
    }
    renameSync(arriving, path);
    return { contents, replaced };
  } catch (error) {
    if (existsSync(arriving)) rmSync(arriving);
    throw error instanceof StoreError ? error : toStoreError(error, path);
  }
}
