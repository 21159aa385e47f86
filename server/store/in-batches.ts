import { nextTurn } from '../event-loop/next-turn.ts';

/** The most rows of one statement. */
const MOST_ROWS = 500;
/** The first statement reads so many rows, because each may have megabytes. */
const FIRST_ROWS = 4;
/** About how many characters one statement should read: that takes a few milliseconds of the event loop. */
const LENGTH = 256 * 1024;

/**
 * Reads rows in batches. `read` reads those with the given ids, and returns how many characters they had: batches grow while
 * they are short, and shrink after a long one. SQLite is synchronous, so everybody waits for a batch; after a long one, others
 * take a turn.
 */
export async function inBatches(ids: readonly string[], read: (ids: string[]) => Promise<number>): Promise<void> {
  let rows = FIRST_ROWS;
  for (let from = 0; from < ids.length; ) {
    const batch = ids.slice(from, from + rows);
    const length = await read(batch);
    from += batch.length;
    if (length <= LENGTH / 2) rows = Math.min(MOST_ROWS, rows * 2);
    else if (length > LENGTH) rows = Math.max(1, Math.floor((rows * LENGTH) / length));
    if (length > LENGTH / 2) await nextTurn();
  }
}
