import type { SqlQuery, SqlResultSet, Transaction } from '@prisma/driver-adapter-utils';
import type { SqliteConnection } from './connection.ts';
import { toAdapterError } from './errors.ts';

/** An open transaction of the writer. `release` lets the next one begin. */
export class SqliteTransaction implements Transaction {
  readonly provider = 'sqlite';
  readonly adapterName = 'duplex-sqlite';
  readonly options = { usePhantomQuery: true };
  readonly #connection: SqliteConnection;
  readonly #release: () => void;

  constructor(connection: SqliteConnection, release: () => void) {
    this.#connection = connection;
    this.#release = release;
  }

  async queryRaw(query: SqlQuery): Promise<SqlResultSet> {
    return translated(() => this.#connection.query(query));
  }

  async executeRaw(query: SqlQuery): Promise<number> {
    return translated(() => this.#connection.run(query));
  }

  async commit(): Promise<void> {
    try {
      translated(() => this.#connection.exec('COMMIT'));
    } catch (error) {
      // After a full disk, for example, the transaction may still be open.
      this.#abort();
      throw error;
    } finally {
      this.#release();
    }
  }

  async rollback(): Promise<void> {
    try {
      this.#abort();
    } finally {
      this.#release();
    }
  }

  async createSavepoint(name: string): Promise<void> {
    translated(() => this.#connection.exec(`SAVEPOINT ${name}`));
  }

  async rollbackToSavepoint(name: string): Promise<void> {
    translated(() => this.#connection.exec(`ROLLBACK TO ${name}`));
  }

  async releaseSavepoint(name: string): Promise<void> {
    translated(() => this.#connection.exec(`RELEASE SAVEPOINT ${name}`));
  }

  /** Rolls back. Some errors make SQLite do that by itself. */
  #abort(): void {
    if (this.#connection.inTransaction) translated(() => this.#connection.exec('ROLLBACK'));
  }
}

function translated<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw toAdapterError(error);
  }
}
