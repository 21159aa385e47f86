import type { Erased } from '../interface/conversations.ts';
import type { Statements } from '../sqlite/connection.ts';
import { textOrNull } from '../sqlite/values.ts';
import { removeConversation } from './remove-conversation.ts';
import { shareDatabase } from './share-database.ts';
import type { WorkerDatabase } from './worker-database.ts';

const SELECT_NEXT = `
  SELECT "id", "messageCount", (SELECT count(*) FROM "Response" WHERE "conversationId" = c."id"),
    (SELECT count(*) FROM "Run" WHERE "conversationId" = c."id"), "owner"
  FROM "Conversation" c WHERE "userId" = ? AND "owner" IS COALESCE(?, "owner") LIMIT 1`;

/** Answers without a conversation, which are kept for a retry. */
const DELETE_ANSWERS = `
  DELETE FROM "Run" WHERE "conversationId" IS NULL AND "userId" = ? AND "owner" IS COALESCE(?, "owner")`;

/**
 * Removes every conversation of an end user, each in a transaction of its own, so that turns of others get to write in
 * between, and every answer that is kept for a retry. When it fails half-way, what is left is removed by asking again.
 */
export async function eraseUser(db: WorkerDatabase, owner: string | null, userId: string): Promise<Erased> {
  const erased = { conversations: 0, messages: 0, responses: 0, runs: 0 };
  for (;;) {
    const gone = await shareDatabase(() => db.transact((statements) => removeNext(statements, owner, userId)));
    if (!gone) break;
    erased.conversations += 1;
    erased.messages += Number(gone[1]);
    erased.responses += Number(gone[2]);
    erased.runs += Number(gone[3]);
  }
  erased.runs += await db.transact((statements) => statements.run(DELETE_ANSWERS, userId, owner));
  return erased;
}

/** The row of the conversation that was removed; undefined when there was none. */
function removeNext(db: Statements, owner: string | null, userId: string) {
  const [next] = db.all(SELECT_NEXT, userId, owner);
  if (next) removeConversation(db, { id: String(next[0]), owner: textOrNull(next[4]), userId });
  return next;
}
