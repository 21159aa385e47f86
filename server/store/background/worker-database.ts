import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import { SqliteConnection, type Statements } from '../sqlite/connection.ts';
import { loadDriver } from '../sqlite/driver.ts';
import { withPatience } from '../sqlite/patience.ts';
import type { BackgroundOptions } from './calls.ts';

/** The background thread's own connection. */
export class WorkerDatabase {
  readonly #connection: SqliteConnection;
  readonly #busyTimeoutMs: number;

  private constructor(connection: SqliteConnection, busyTimeoutMs: number) {
    this.#connection = connection;
    this.#busyTimeoutMs = busyTimeoutMs;
  }

  static async open({ path, synchronous, busyTimeoutMs }: BackgroundOptions): Promise<WorkerDatabase> {
    const DatabaseSync = await loadDriver();
    const connection = new SqliteConnection(DatabaseSync, { path, synchronous, readOnly: false });
    return new WorkerDatabase(connection, busyTimeoutMs);
  }

  /** The connection for reading. Each statement sees what is committed. */
  get statements(): Statements {
    return this.#connection.statements;
  }

  /** Runs `work` in one transaction, which may take several tries. Waits while others write. */
  transact<T>(work: (db: Statements) => T): Promise<T> {
    return withPatience(() => this.#connection.transact(work), monotonicNow() + this.#busyTimeoutMs);
  }

  close(): void {
    this.#connection.close();
  }
}
