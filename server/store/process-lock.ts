import { closeSync, existsSync, fstatSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { newId } from './ids.ts';
import { type Database, type DatabaseConstructor, loadDriver } from './sqlite/driver.ts';
import { isBusy, isRemoved } from './sqlite/errors.ts';

/**
 * Represents this process among all that answer turns on the same database. Each process holds a lock on an empty file
 * of its own beside the database. The operating system releases the lock when the process ends, however it ends. A
 * process id alone would not do: in containers the next process has the same one, and a new container has another host
 * name.
 */
export class ProcessLock {
  readonly id: string;
  readonly #lock: Database;
  readonly #peers: Peers;

  private constructor(id: string, lock: Database, peers: Peers) {
    this.id = id;
    this.#lock = lock;
    this.#peers = peers;
  }

  static async claim(databasePath: string): Promise<ProcessLock> {
    const peers = new Peers(databasePath, await loadDriver());
    peers.sweep();
    for (;;) {
      const id = `${hostname().replace(/[^\w.-]/g, '_')}-${process.pid}-${newId('own').slice(4)}`;
      const file = peers.createFile(id);
      const lock = peers.tryLock(id);
      // Another process may have removed the new file before it was locked. A third one that had just looked for the
      // file may then have created another of the same name. A lock on either of them would be seen by nobody.
      if (lock && peers.fileAt(id) === file) return new ProcessLock(id, lock, peers);
      if (lock) unlock(lock);
    }
  }

  /** Whether a gateway uses the database at this moment. */
  static async isAnyAlive(databasePath: string): Promise<boolean> {
    return new Peers(databasePath, await loadDriver()).isAnyAlive();
  }

  /** Whether the process runs. True for this one. */
  isAlive(id: string): boolean {
    return id === this.id || this.#peers.isAlive(id);
  }

  release(): void {
    this.#peers.removeFile(this.id);
    unlock(this.#lock);
  }
}

class Peers {
  readonly #prefix: string;
  readonly #DatabaseSync: DatabaseConstructor;

  constructor(databasePath: string, DatabaseSync: DatabaseConstructor) {
    this.#prefix = `${databasePath}-owner-`;
    this.#DatabaseSync = DatabaseSync;
  }

  isAlive(id: string): boolean {
    if (!this.hasFile(id)) return false;
    const lock = this.tryLock(id);
    // Another process that also found it dead holds the lock while it removes the file.
    if (!lock) return this.hasFile(id);
    this.removeFile(id);
    unlock(lock);
    return false;
  }

  /** Removes the files of processes that are gone. */
  sweep(): void {
    for (const id of this.#ids()) this.isAlive(id);
  }

  isAnyAlive(): boolean {
    return this.#ids().some((id) => this.isAlive(id));
  }

  #ids(): string[] {
    const start = basename(this.#prefix);
    return readdirSync(dirname(this.#prefix))
      .filter((name) => name.startsWith(start) && !name.endsWith('-journal'))
      .map((name) => name.slice(start.length));
  }

  /**
   * Locks the file of a process. Undefined when another process holds the lock, or has removed the file meanwhile. The
   * lock is IMMEDIATE: of several processes that try at once, exactly one gets it. An exclusive lock would wait for
   * readers, so the processes would block each other.
   */
  tryLock(id: string): Database | undefined {
    const db = new this.#DatabaseSync(this.#fileOf(id), { timeout: 0 });
    try {
      db.exec('BEGIN IMMEDIATE');
      return db;
    } catch (error) {
      db.close();
      if (isBusy(error) || isRemoved(error) || !this.hasFile(id)) return undefined;
      throw error;
    }
  }

  /** Creates the file of a new process, and returns its inode. */
  createFile(id: string): bigint {
    const fd = openSync(this.#fileOf(id), 'wx');
    try {
      return fstatSync(fd, { bigint: true }).ino;
    } finally {
      closeSync(fd);
    }
  }

  /** The inode of the file of a process; null when there is no such file. */
  fileAt(id: string): bigint | null {
    return statSync(this.#fileOf(id), { bigint: true, throwIfNoEntry: false })?.ino ?? null;
  }

  hasFile(id: string): boolean {
    return existsSync(this.#fileOf(id));
  }

  removeFile(id: string): void {
    rmSync(this.#fileOf(id), { force: true });
  }

  #fileOf(id: string): string {
    return join(dirname(this.#prefix), basename(this.#prefix) + basename(id));
  }
}

/** Releases the lock, and then closes the file, which the driver may keep open for a while. */
function unlock(db: Database): void {
  db.exec('ROLLBACK');
  db.close();
}
