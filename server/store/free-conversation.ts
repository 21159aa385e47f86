import type { Statements } from './sqlite/connection.ts';

const FREE = `
  UPDATE "Conversation" SET "activeTurnId" = NULL, "activeOwner" = NULL WHERE "id" = ? AND "activeTurnId" = ?`;

/** Frees a conversation that this turn holds. When another turn holds it, nothing changes. */
export const freeConversation = (db: Statements, conversationId: string, answerId: string): number =>
  db.run(FREE, conversationId, answerId);
