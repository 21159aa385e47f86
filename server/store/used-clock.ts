import { toSqliteTime } from './sqlite/values.ts';

/** Tells when a conversation was used. No two times of a process are the same, because conversations are sorted by them. */
export class UsedClock {
  #lastMs = 0;

  /** The time now, as the database has it. */
  now(): string {
    this.#lastMs = Math.max(Date.now(), this.#lastMs + 1);
    return toSqliteTime(new Date(this.#lastMs));
  }
}
