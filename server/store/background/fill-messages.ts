import { cutMedia } from '../cut-media.ts';
import type { FilledMessage } from '../insert-messages.ts';
import { inMessage, keepMedia } from '../media.ts';
import type { Statements } from '../sqlite/connection.ts';
import { shareDatabase } from './share-database.ts';
import type { WorkerDatabase } from './worker-database.ts';

/** How much one commit writes, in characters. Other writers wait for one commit, and not for all of them. */
const BATCH = 4 * 1024 * 1024;

/** SQLite's driver takes megabytes in half the time as bytes. */
const WRITE_WORDS = 'UPDATE "Message" SET "prompt" = CAST(? AS TEXT), "text" = ? WHERE "id" = ?';

const COMPLETE = `UPDATE "Message" SET "status" = 'completed' WHERE "id" = ? AND "status" = 'in_progress'`;

const SELECT_EXISTS = 'SELECT 1 FROM "Message" WHERE "id" = ?';

interface Write {
  readonly length: number;
  run(db: Statements): void;
}

function* writesOf({ id, bytes, text, owner }: FilledMessage): Generator<Write, void, void> {
  const { text: prompt, pieces } = cutMedia(new TextDecoder().decode(bytes));
  const written = pieces.length > 0 ? Buffer.from(prompt) : bytes;
  yield { length: written.length + text.length, run: (db) => db.run(WRITE_WORDS, written, text, id) };
  for (const piece of pieces) {
    yield {
      length: piece.data.length,
      run(db) {
        // The conversation may be deleted meanwhile. Data that no message has would never be removed.
        if (db.all(SELECT_EXISTS, id).length > 0) keepMedia(db, inMessage, { id, pieces: [piece], owner });
      },
    };
  }
}

/**
 * Writes the words of messages that were inserted without them, in several transactions. The last one completes the
 * messages.
 */
export async function fillMessages(db: WorkerDatabase, messages: readonly FilledMessage[]): Promise<void> {
  let batch: Write[] = [];
  let length = 0;
  const commit = async () => {
    await shareDatabase(() =>
      db.transact((statements) => {
        for (const write of batch) write.run(statements);
      }),
    );
    batch = [];
    length = 0;
  };
  for (const message of messages) {
    for (const write of writesOf(message)) {
      if (length > 0 && length + write.length > BATCH) await commit();
      batch.push(write);
      length += write.length;
    }
  }
  await commit();
  await db.transact((statements) => {
    for (const { id } of messages) statements.run(COMPLETE, id);
  });
}
