import type { Statements } from './sqlite/connection.ts';

const FREE = `
  UPDATE "Conversation" SET "activeTurnId" = NULL, "activeOwner" = NULL WHERE "id" = ? AND "activeTurnId" = ?`;

/** Lets a conversation go that this turn has taken; another turn's is left alone. */
export const freeConversation = (db: Statements, conversationId: string, answerId: string): number =>
  db.run(FREE, conversationId, answerId);
