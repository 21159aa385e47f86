import { EMPTY_ANSWER } from './interface/conversations.ts';
import type { Owner } from './owner.ts';
import type { Transact } from './sqlite/adapter.ts';
import type { Statements } from './sqlite/connection.ts';

/** Ends the turns of processes that are gone; those of processes that live are left alone. */
export async function recoverTurns(transact: Transact, owner: Owner): Promise<void> {
  await transact((db) => {
    for (const [ownerId] of db.all(SELECT_OWNERS)) {
      if (typeof ownerId === 'string' && !owner.isAlive(ownerId)) freeTurnsOf(db, ownerId);
    }
  });
}

const SELECT_OWNERS = 'SELECT DISTINCT "activeOwner" FROM "Conversation" WHERE "activeOwner" IS NOT NULL';

/** With the question of an answer of which there is nothing, as when a turn fails: the model never sees it. */
const END_MESSAGES = `
  WITH "Turn" AS (
    SELECT "answer"."id", "answer"."conversationId", "answer"."prompt"
    FROM "Conversation" JOIN "Message" "answer" ON "answer"."id" = "activeTurnId"
    WHERE "activeOwner" = :ownerId AND "answer"."status" = 'in_progress')
  UPDATE "Message" SET "status" = 'incomplete'
  WHERE "id" IN (SELECT "id" FROM "Turn")
    OR ("conversationId" IN (SELECT "conversationId" FROM "Turn")
      AND "turnId" IN (SELECT "id" FROM "Turn" WHERE "prompt" = :nothing))`;

/** The answers that `ownerId` was writing become `incomplete`, and their conversations take turns again. */
export function freeTurnsOf(db: Statements, ownerId: string): void {
  db.run(END_MESSAGES, { ownerId, nothing: EMPTY_ANSWER });
  db.run('UPDATE "Conversation" SET "activeTurnId" = NULL, "activeOwner" = NULL WHERE "activeOwner" = ?', ownerId);
}
