import type { ConversationKey } from '../interface/conversations.ts';
import { indexMessages } from '../search/index-messages.ts';
import type { Statements } from '../sqlite/connection.ts';

const SELECT_VISIBLE = `
  SELECT "id" FROM "Conversation"
  WHERE "id" = ? AND ("userId" IS NULL OR "userId" = ?) AND "owner" IS ?`;

const SELECT_KEYS = 'SELECT "key" FROM "Message" WHERE "conversationId" = ?';

const DELETE_CONVERSATION = 'DELETE FROM "Conversation" WHERE "id" = ?';

/**
 * Removes a conversation with its messages, and their words from the index. False when there is none. Run it in a
 * transaction.
 */
export function removeConversation(db: Statements, { id, owner, userId }: ConversationKey): boolean {
  if (db.all(SELECT_VISIBLE, id, userId, owner).length === 0) return false;
  const keys = db.all(SELECT_KEYS, id).map(([key]) => Number(key));
  db.run(DELETE_CONVERSATION, id);
  indexMessages(db, { keys, folded: new Map() });
  return true;
}
