/** A value that SQLite can store. */
export type SqlValue = null | number | bigint | string | Uint8Array;

/** The values for the `:name` parameters of a statement. */
type NamedValues = Readonly<Record<string, SqlValue>>;

/** Values by position, or by name. */
export type Parameters = readonly SqlValue[] | readonly [NamedValues];

/** The part of `StatementSync` that is used here. */
export interface Statement {
  run(...parameters: Parameters): { readonly changes: number | bigint };
  all(...parameters: Parameters): unknown[];
  columns(): readonly { readonly name: string; readonly type: string | null }[];
  setReadBigInts(enabled: boolean): void;
  setReturnArrays(enabled: boolean): void;
}

/** The part of `DatabaseSync` that is used here. Every call blocks the event loop until it is done. */
export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
  readonly isTransaction: boolean;
}

export interface DatabaseConstructor {
  /** `timeout`: ms for which a call blocks while another process holds the lock. */
  new (path: string, options: { timeout: number }): Database;
}

/**
 * Loads Node's own `node:sqlite` where it is complete, otherwise a package with the same interface. A process must use
 * only one of them: two builds of SQLite on one file ignore each other's locks.
 */
export async function loadDriver(): Promise<DatabaseConstructor> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const complete = major > 22 || (major === 22 && minor >= 16);
  const name: string = complete ? 'node:sqlite' : '@photostructure/sqlite';
  const module: { DatabaseSync: DatabaseConstructor } = await import(name);
  return module.DatabaseSync;
}
