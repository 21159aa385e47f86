import { runIdOf } from '../canonical/ids.ts';
import { keepHead, renumber } from './branches.ts';
import { freeConversation } from './free-conversation.ts';
import type { BegunTurn } from './interface/turns.ts';
import type { Statements } from './sqlite/connection.ts';

const SELECT_TURN = `
  SELECT m."id", m."parentId", m."status",
    EXISTS (SELECT 1 FROM "Message" c INDEXED BY "Message_conversationId_parentId_idx"
      WHERE c."conversationId" = m."conversationId" AND c."parentId" = m."id"
      AND c."turnId" <> m."turnId")
  FROM "Message" m WHERE m."conversationId" = ? AND m."turnId" = ? ORDER BY m."seq" DESC`;

const SELECT_HEAD_BEFORE = 'SELECT "headBefore" FROM "Run" WHERE "id" = ?';

const DROP_RESPONSE = `DELETE FROM "Response" WHERE "conversationId" = ? AND "endedAt" IS NULL AND "id" = ?`;

const DROP_CONVERSATION = `
  DELETE FROM "Conversation" WHERE "id" = :conversationId AND "activeTurnId" = :answerId
    AND NOT EXISTS (SELECT 1 FROM "Message" WHERE "conversationId" = :conversationId)`;

/**
 * The messages of a turn, without a question that another turn has answered since, and the message that the first of
 * them followed.
 */
function messagesOf(db: Statements, conversationId: string, answerId: string) {
  const rows = db.all(SELECT_TURN, conversationId, answerId);
  if (rows[0]?.[2] !== 'in_progress') return { ids: [], parentId: null };
  const kept = rows.findIndex(([, , , isFollowed]) => Number(isFollowed) === 1);
  const dropped = kept < 0 ? rows : rows.slice(0, kept);
  const parentId = dropped.at(-1)?.[1];
  return { ids: dropped.map(([id]) => String(id)), parentId: typeof parentId === 'string' ? parentId : null };
}

/** Removes a turn as if it had never begun. Does nothing when the turn has ended. Run it in a transaction. */
export function dropTurn(
  db: Statements,
  { conversationId, answerId, isNew }: Pick<BegunTurn, 'conversationId' | 'answerId' | 'isNew'>,
): void {
  const { ids, parentId } = messagesOf(db, conversationId, answerId);
  const headBefore = db.all(SELECT_HEAD_BEFORE, runIdOf(answerId))[0]?.[0];
  for (const id of ids) db.run('DELETE FROM "Message" WHERE "id" = ?', id);
  db.run('DELETE FROM "Run" WHERE "id" = ?', runIdOf(answerId));
  db.run(DROP_RESPONSE, conversationId, answerId.replace(/^msg_/, 'resp_'));
  if (ids.length > 0) {
    const before = typeof headBefore === 'string' ? headBefore : parentId;
    keepHead(db, conversationId, { before, parentId });
    renumber(db, conversationId);
  }
  if (isNew) db.run(DROP_CONVERSATION, { conversationId, answerId });
  freeConversation(db, conversationId, answerId);
}
