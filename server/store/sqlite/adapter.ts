import {
  DriverAdapterError,
  type IsolationLevel,
  type SqlDriverAdapter,
  type SqlDriverAdapterFactory,
  type SqlQuery,
  type SqlResultSet,
  type Transaction,
} from '@prisma/driver-adapter-utils';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import { SqliteConnection, type Statements } from './connection.ts';
import { loadDriver } from './driver.ts';
import { toAdapterError } from './errors.ts';
import { GroupCommit } from './group-commit.ts';
import { Mutex } from './mutex.ts';
import { withPatience } from './patience.ts';
import { SqliteTransaction } from './transaction.ts';

/** The background thread, which indexes what was written, does it long before. 8,000 pages are 32 MB. */
const CHECKPOINT_PAGES = 8_000;

export interface SqliteOptions {
  readonly path: string;
  readonly synchronous: 'NORMAL' | 'FULL';
  /** How long a call waits while others write, in ms, its place in the queue included. */
  readonly busyTimeoutMs: number;
}

/**
 * One connection writes, one transaction at a time; the other reads what is committed. So no caller ever sees or joins
 * the open transaction of another. Both connections belong to this process; other processes may have the file open as
 * well.
 */
class SqliteAdapter implements SqlDriverAdapter {
  readonly provider = 'sqlite';
  readonly adapterName = 'duplex-sqlite';
  readonly #writer: SqliteConnection;
  readonly #reader: SqliteConnection;
  readonly #busyTimeoutMs: number;
  readonly #mutex = new Mutex();
  readonly #commits = new GroupCommit((work) => this.#write(() => this.#writer.transact(work)));

  constructor(writer: SqliteConnection, reader: SqliteConnection, busyTimeoutMs: number) {
    this.#writer = writer;
    this.#reader = reader;
    this.#busyTimeoutMs = busyTimeoutMs;
  }

  queryRaw(query: SqlQuery): Promise<SqlResultSet> {
    if (/^\s*SELECT\b/i.test(query.sql)) return this.#attempt(() => this.#reader.query(query), this.#deadline());
    return this.#write(() => this.#writer.query(query));
  }

  executeRaw(query: SqlQuery): Promise<number> {
    return this.#write(() => this.#writer.run(query));
  }

  executeScript(script: string): Promise<void> {
    return this.#write(() => this.#writer.exec(script));
  }

  transact<T>(work: (statements: Statements) => T): Promise<T> {
    return this.#commits.run(work);
  }

  getConnectionInfo(): { supportsRelationJoins: boolean; maxBindValues: number } {
    return { supportsRelationJoins: false, maxBindValues: 32_766 };
  }

  async startTransaction(level?: IsolationLevel): Promise<Transaction> {
    if (level && level !== 'SERIALIZABLE') throw new DriverAdapterError({ kind: 'InvalidIsolationLevel', level });
    const deadline = this.#deadline();
    const release = await this.#mutex.acquire();
    try {
      // IMMEDIATE takes the write lock now. A transaction that began by reading might not get it later.
      await this.#attempt(() => this.#writer.exec('BEGIN IMMEDIATE'), deadline);
    } catch (error) {
      release();
      throw error;
    }
    return new SqliteTransaction(this.#writer, release);
  }

  async dispose(): Promise<void> {
    this.#reader.close();
    this.#writer.close();
  }

  #deadline(): number {
    return monotonicNow() + this.#busyTimeoutMs;
  }

  async #write<T>(work: () => T): Promise<T> {
    const deadline = this.#deadline();
    const release = await this.#mutex.acquire();
    try {
      return await this.#attempt(work, deadline);
    } finally {
      release();
    }
  }

  async #attempt<T>(work: () => T, deadline: number): Promise<T> {
    try {
      return await withPatience(work, deadline);
    } catch (error) {
      throw toAdapterError(error);
    }
  }
}

/** Runs `work` in one transaction. */
export type Transact = SqliteAdapterFactory['transact'];

/** Prisma's driver adapter for an SQLite file. Why it is our own: docs/decisions/0001-data-layer.md. */
export class SqliteAdapterFactory implements SqlDriverAdapterFactory {
  readonly provider = 'sqlite';
  readonly adapterName = 'duplex-sqlite';
  readonly #options: SqliteOptions;
  #adapter: SqliteAdapter | undefined;

  constructor(options: SqliteOptions) {
    this.#options = options;
  }

  /**
   * Runs `work` in a transaction on Prisma's own connection, but without Prisma, which costs several times as much as
   * the statements. Use it for what every request does. `work` is synchronous, and may run more than once. Connect
   * first.
   */
  transact<T>(work: (statements: Statements) => T): Promise<T> {
    if (!this.#adapter) throw new Error('The database is not connected.');
    return this.#adapter.transact(work);
  }

  async connect(): Promise<SqlDriverAdapter> {
    const { path, synchronous, busyTimeoutMs } = this.#options;
    const DatabaseSync = await loadDriver();
    const checkpointPages = CHECKPOINT_PAGES;
    const writer = new SqliteConnection(DatabaseSync, { path, synchronous, readOnly: false, checkpointPages });
    try {
      const reader = new SqliteConnection(DatabaseSync, { path, synchronous, readOnly: true });
      this.#adapter = new SqliteAdapter(writer, reader, busyTimeoutMs);
      return this.#adapter;
    } catch (error) {
      writer.close();
      throw error;
    }
  }
}
