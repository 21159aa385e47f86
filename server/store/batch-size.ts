import { nextTurn } from '../event-loop/next-turn.ts';

/** How many rows are read at once at most. */
const MOST_ROWS = 500;
/** So many bytes are read at once, roughly: a few milliseconds of the event loop. */
const BYTES = 256 * 1024;

/**
 * How many rows to read at once, when each may have a few bytes or megabytes: it grows while batches are short, and shrinks
 * after a long one. SQLite is synchronous, so everybody waits for a batch.
 */
export class BatchSize {
  #rows = 4;

  get rows(): number {
    return this.#rows;
  }

  /** Call it after each batch, with the length of what was read. Lets others take a turn after a long one. */
  async adapt(length: number): Promise<void> {
    if (length <= BYTES / 2) this.#rows = Math.min(MOST_ROWS, this.#rows * 2);
    else if (length > BYTES) this.#rows = Math.max(1, Math.floor((this.#rows * BYTES) / length));
    if (length > BYTES / 2) await nextTurn();
  }
}
