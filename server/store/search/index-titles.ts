import type { Statements } from '../sqlite/connection.ts';
import { foldText } from './fold-text.ts';

/** Uses an index that only holds conversations with such titles. */
const SELECT_PENDING = `
  SELECT "id", "title" FROM "Conversation" WHERE "title" IS NOT NULL AND "titleWords" IS NULL
  AND "titleSource" IS NOT 'message' LIMIT ?`;

const PUT_WORDS = 'UPDATE "Conversation" SET "titleWords" = ? WHERE "id" = ? AND "title" = ?';

export const hasPendingTitles = (db: Statements): boolean => db.all(SELECT_PENDING, 1).length > 0;

/** Writes the words of titles that have none yet. Run it in a transaction. */
export function indexTitles(db: Statements, limit: number): void {
  for (const [id, title] of db.all(SELECT_PENDING, limit)) {
    db.run(PUT_WORDS, foldText(String(title)), String(id), String(title));
  }
}
