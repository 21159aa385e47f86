import type { ColumnType, SqlQuery, SqlResultSet } from '@prisma/driver-adapter-utils';
import type { Database, DatabaseConstructor, Parameters, Statement } from './driver.ts';
import { columnTypeOf, columnTypeOfValues, fromSqlite, toSqlite } from './values.ts';

const MAX_STATEMENTS = 200;

/**
 * How long one call may block the event loop, in ms. Callers that can wait longer do so asynchronously; see
 * patience.ts.
 */
const BLOCKING_MS = 1;

export interface ConnectionOptions {
  readonly path: string;
  readonly synchronous: 'NORMAL' | 'FULL';
  readonly readOnly: boolean;
  /** How many pages the log may have until a commit moves them into the file, and waits for the disk. Default 1,000. */
  readonly checkpointPages?: number;
}

/**
 * SQL in an open transaction, without Prisma. Integers are read as bigint. Numbers are written as REAL unless the
 * column has another type.
 */
export interface Statements {
  /** The rows, as arrays. */
  all(sql: string, ...parameters: Parameters): unknown[][];
  /** Returns the number of rows changed, without those that triggers changed. */
  run(sql: string, ...parameters: Parameters): number;
}

interface Prepared {
  readonly sql: string;
  readonly statement: Statement;
  readonly names: string[];
  /** The type of each column. Null for an expression, which has no declared type. */
  readonly types: readonly (ColumnType | null)[];
}

/**
 * One SQLite connection with its settings and its prepared statements. Calls are synchronous, and throw the driver's
 * errors.
 */
export class SqliteConnection {
  readonly #db: Database;
  readonly #prepared = new Map<string, Prepared>();
  #last: Prepared | undefined;
  readonly #statements: Statements = {
    all: (sql, ...parameters) =>
      this.#prepare(sql)
        .statement.all(...parameters)
        .filter(Array.isArray),
    run: (sql, ...parameters) => Number(this.#prepare(sql).statement.run(...parameters).changes),
  };

  constructor(DatabaseSync: DatabaseConstructor, options: ConnectionOptions) {
    this.#db = new DatabaseSync(options.path, { timeout: 5_000 });
    this.#db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${options.synchronous}`);
    this.#db.exec(`PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000; PRAGMA busy_timeout = ${BLOCKING_MS}`);
    // Deleted data is overwritten in place.
    this.#db.exec('PRAGMA secure_delete = ON');
    if (options.checkpointPages) this.#db.exec(`PRAGMA wal_autocheckpoint = ${options.checkpointPages}`);
    if (options.readOnly) this.#db.exec('PRAGMA query_only = ON');
  }

  /** Statements for reading, without Prisma and outside a transaction. */
  get statements(): Statements {
    return this.#statements;
  }

  get inTransaction(): boolean {
    return this.#db.isTransaction;
  }

  query(query: SqlQuery): SqlResultSet {
    const { statement, names, types: declared } = this.#prepare(query.sql);
    const parameters = query.args.map((arg, i) => toSqlite(arg, query.argTypes[i]));
    if (names.length === 0) {
      statement.run(...parameters);
      return { columnNames: [], columnTypes: [], rows: [] };
    }
    const raw = statement.all(...parameters).filter(Array.isArray);
    const columnTypes = declared.map((type, i) => type ?? columnTypeOfValues(raw, i));
    const rows = raw.map((row) => columnTypes.map((type, i) => fromSqlite(row[i], type)));
    return { columnNames: names, columnTypes, rows };
  }

  /** Returns the number of rows changed. */
  run(query: SqlQuery): number {
    const { statement } = this.#prepare(query.sql);
    return Number(statement.run(...query.args.map((arg, i) => toSqlite(arg, query.argTypes[i]))).changes);
  }

  /** Runs `work` in a transaction of its own, which is rolled back when `work` throws. */
  transact<T>(work: (statements: Statements) => T): T {
    this.#statements.run('BEGIN IMMEDIATE');
    try {
      const result = work(this.#statements);
      this.#statements.run('COMMIT');
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  exec(sql: string): void {
    this.#db.exec(sql);
  }

  close(): void {
    this.#prepared.clear();
    this.#last = undefined;
    this.#db.close();
  }

  #prepare(sql: string): Prepared {
    // Rows are often written with the same statement as the one before; this saves looking it up.
    if (this.#last?.sql === sql) return this.#last;
    const known = this.#prepared.get(sql);
    if (known) {
      // A map keeps the order of insertion: its first entry is the least recently used one.
      this.#prepared.delete(sql);
      this.#prepared.set(sql, known);
      this.#last = known;
      return known;
    }
    const statement = this.#db.prepare(sql);
    statement.setReadBigInts(true);
    statement.setReturnArrays(true);
    const columns = statement.columns();
    const prepared = {
      sql,
      statement,
      names: columns.map((column) => column.name),
      types: columns.map((column) => columnTypeOf(column.type)),
    };
    this.#prepared.set(sql, prepared);
    this.#last = prepared;
    const [oldest] = this.#prepared.keys();
    if (this.#prepared.size > MAX_STATEMENTS && oldest !== undefined) this.#prepared.delete(oldest);
    return prepared;
  }
}
