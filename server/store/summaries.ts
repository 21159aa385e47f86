import { readHistory } from './history.ts';
import type { NewSummary, Summary } from './interface/summaries.ts';
import type { PathMessage } from './interface/turns.ts';
import type { KnownTexts } from './long-texts.ts';
import { withoutNul } from './rows.ts';
import type { Statements } from './sqlite/connection.ts';
import { toSqliteTime } from './sqlite/values.ts';

const INSERT_SUMMARY = `
  INSERT INTO "Summary" ("messageId", "conversationId", "text", "model", "createdAt") VALUES (?, ?, ?, ?, ?)
  ON CONFLICT DO NOTHING`;

const SELECT_SUMMARY = 'SELECT "text", "model", "createdAt" FROM "Summary" WHERE "messageId" = ?';

/** The ids are passed as one JSON text, since a branch may have thousands of messages. */
const DELETE_SUMMARIES = 'DELETE FROM "Summary" WHERE "messageId" IN (SELECT "value" FROM json_each(?))';

const isSame = (path: readonly PathMessage[], stored: readonly PathMessage[]): boolean =>
  path.length === stored.length &&
  path.every(({ id, prompt }, i) => id === stored[i]?.id && prompt === stored[i]?.prompt);

/** A summary, and the message that it ends with. */
interface StoredSummary extends Summary {
  readonly messageId: string;
  readonly conversationId: string;
}

/** Stores a summary unless the message has one. Run it in a transaction. */
export function insertSummary(db: Statements, summary: StoredSummary): void {
  const { messageId, conversationId, text, model, createdAt } = summary;
  db.run(INSERT_SUMMARY, messageId, conversationId, withoutNul(text), model, toSqliteTime(createdAt));
}

/**
 * Stores a summary unless there is one of the same messages, and returns the stored one. Null when these messages were
 * changed meanwhile: what was removed from them must not stay in a summary. Run it in a transaction. Throws `LongHistory`
 * when many megabytes of the messages are not `known`.
 */
export function keepSummary(db: Statements, summary: NewSummary, known: KnownTexts): Summary | null {
  const { conversationId, messageId, path, text, model } = summary;
  const stored = readHistory(db, { conversationId, lastId: messageId, isAll: false }, known);
  if (!isSame(path, stored)) return null;
  insertSummary(db, { conversationId, messageId, text, model, createdAt: new Date() });
  const [row] = db.all(SELECT_SUMMARY, messageId);
  return row ? { text: String(row[0]), model: String(row[1]), createdAt: new Date(String(row[2])) } : null;
}

/** Removes the summaries that end with one of these messages. Run it in a transaction. */
export function forgetSummaries(db: Statements, ids: readonly string[]): void {
  db.run(DELETE_SUMMARIES, JSON.stringify(ids));
}
