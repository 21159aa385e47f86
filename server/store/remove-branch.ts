import { keepHead, messageAt, renumber } from './branches.ts';
import type { RemovedBranch } from './interface/conversations.ts';
import type { Statements } from './sqlite/connection.ts';
import { textOrNull } from './sqlite/values.ts';

/**
 * Finds a message and everything below it. The index is named because SQLite has no statistics of it, and would read
 * the whole conversation for each message.
 */
const SELECT_BRANCH = `
  WITH RECURSIVE "below"("id") AS (
    SELECT :messageId
    UNION ALL
    SELECT m."id" FROM "below" CROSS JOIN "Message" m INDEXED BY "Message_conversationId_parentId_idx"
      ON m."conversationId" = :conversationId AND m."parentId" = "below"."id")
  SELECT "id" FROM "below"`;

/** The ids are passed as one JSON text, since a branch may have thousands of messages. */
const DELETE_RESPONSES = `
  DELETE FROM "Response" WHERE "conversationId" = ? AND 'msg_' || substr("id", 6) IN (SELECT "value" FROM json_each(?))`;
const DELETE_RUNS = `
  DELETE FROM "Run" WHERE "conversationId" = ? AND 'msg_' || substr("id", 5) IN (SELECT "value" FROM json_each(?))`;
const DELETE_MESSAGES = 'DELETE FROM "Message" WHERE "id" IN (SELECT "value" FROM json_each(?))';

const SELECT_RUNNING = `
  SELECT "id" FROM "Message" WHERE "status" = 'in_progress' AND "id" IN (SELECT "value" FROM json_each(?))
    AND EXISTS (SELECT 1 FROM "Run"
      WHERE "Run"."id" = 'run_' || substr("Message"."turnId", 5) AND "Run"."process" IS NOT NULL)`;

const SELECT_PARENT = 'SELECT "parentId" FROM "Message" WHERE "id" = ? AND "conversationId" = ?';

const SELECT_HEAD = 'SELECT "headMessageId", "messageCount" FROM "Conversation" WHERE "id" = ?';

/** The ids of a message and of all messages below it. */
export const branchBelow = (db: Statements, conversationId: string, messageId: string): string[] =>
  db.all(SELECT_BRANCH, { conversationId, messageId }).map(([id]) => String(id));

/** Why a branch was not removed: runs are making these messages. Without any, the branch does not exist. */
export interface RunningBranch {
  readonly running: readonly string[];
}

/**
 * Deletes a message and all below it, with their responses and runs, unless a run is making one of them. Run it in a
 * transaction.
 */
export function removeBranch(db: Statements, conversationId: string, messageId: string): RemovedBranch | RunningBranch {
  const [found] = db.all(SELECT_PARENT, messageId, conversationId);
  if (!found) return { running: [] };
  const ids = branchBelow(db, conversationId, messageId);
  const running = db.all(SELECT_RUNNING, JSON.stringify(ids)).map(([id]) => String(id));
  if (running.length > 0) return { running };
  return removeMessages(db, conversationId, { ids, parentId: textOrNull(found[0]) });
}

/** `parentId` is the message that the branch followed. */
function removeMessages(
  db: Statements,
  conversationId: string,
  { ids, parentId }: { readonly ids: readonly string[]; readonly parentId: string | null },
): RemovedBranch {
  const gone = JSON.stringify(ids);
  db.run(DELETE_RESPONSES, conversationId, gone);
  db.run(DELETE_RUNS, conversationId, gone);
  db.run(DELETE_MESSAGES, gone);
  keepHead(db, conversationId, { before: null, parentId });
  renumber(db, conversationId);
  const [[head, count] = []] = db.all(SELECT_HEAD, conversationId);
  const headId = typeof head === 'string' ? head : messageAt(db, conversationId, Number(count));
  return { messages: ids.length, headId };
}
