import { runIdOf } from '../canonical/ids.ts';
import { keepHead } from './branches.ts';
import type { Statements } from './sqlite/connection.ts';

/** The message to remove: its place, and the message that it followed. */
interface Gone {
  readonly conversationId: string;
  readonly id: string;
  readonly seq: number;
  readonly parentId: string | null;
}

/**
 * Closes the gap in the numbers. It does so by way of negative numbers, because no two rows may ever have the same
 * number.
 */
const CLOSE_GAP = [
  'UPDATE "Message" SET "seq" = 1 - "seq" WHERE "conversationId" = ? AND "seq" > ?',
  'UPDATE "Message" SET "seq" = -"seq" WHERE "conversationId" = ? AND "seq" < 0',
] as const;

/**
 * Removes a message from its conversation. The messages that followed it now follow its parent, later ones move up, and
 * the response whose answer it was is deleted with it.
 */
export function removeMessage(db: Statements, { conversationId, id, seq, parentId }: Gone): void {
  db.run('DELETE FROM "Message" WHERE "id" = ?', id);
  db.run('DELETE FROM "Run" WHERE "id" = ?', runIdOf(id));
  db.run(
    'UPDATE "Message" SET "parentId" = ? WHERE "conversationId" = ? AND "parentId" = ?',
    parentId,
    conversationId,
    id,
  );
  db.run(CLOSE_GAP[0], conversationId, seq);
  db.run(CLOSE_GAP[1], conversationId);
  db.run('DELETE FROM "Response" WHERE "conversationId" = ? AND "answerSeq" = ?', conversationId, seq);
  db.run(
    `UPDATE "Response" SET "answerSeq" = "answerSeq" - 1, "firstSeq" = "firstSeq" - ("firstSeq" > ?)
     WHERE "conversationId" = ? AND "answerSeq" > ?`,
    ...[seq, conversationId, seq],
  );
  db.run('UPDATE "Conversation" SET "messageCount" = "messageCount" - 1 WHERE "id" = ?', conversationId);
  keepHead(db, conversationId, { before: parentId, parentId });
}
