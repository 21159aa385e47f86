import { runIdOf } from '../canonical/ids.ts';
import { keepHead } from './branches.ts';
import type { Statements } from './sqlite/connection.ts';

/** A message that goes: its place and what it followed. */
interface Gone {
  readonly conversationId: string;
  readonly id: string;
  readonly seq: number;
  readonly parentId: string | null;
}

/** By way of negative numbers: no two rows may have one number, not even for a moment. */
const CLOSE_GAP = [
  'UPDATE "Message" SET "seq" = 1 - "seq" WHERE "conversationId" = ? AND "seq" > ?',
  'UPDATE "Message" SET "seq" = -"seq" WHERE "conversationId" = ? AND "seq" < 0',
] as const;

/**
 * Takes a message out of its conversation: those that followed it follow what it followed, later ones move up, and the response
 * whose answer it was goes with it.
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
