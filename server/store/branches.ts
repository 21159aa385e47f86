import type { Statements } from './sqlite/connection.ts';
import { textOrNull } from './sqlite/values.ts';

const SELECT_AT = 'SELECT "id" FROM "Message" WHERE "conversationId" = ? AND "seq" = ?';

const SELECT_EXISTS = 'SELECT 1 FROM "Message" WHERE "id" = ? AND "conversationId" = ?';

const SELECT_NEWEST_ROOT = `
  SELECT "id" FROM "Message" INDEXED BY "Message_conversationId_parentId_idx"
  WHERE "conversationId" = ? AND "parentId" IS NULL ORDER BY "seq" DESC LIMIT 1`;

/** Finds the leaf below a message, always by the child that was added last. */
const SELECT_NEWEST_LEAF = `
  WITH RECURSIVE "down"("id", "depth") AS (
    SELECT :from, 0
    UNION ALL
    SELECT (SELECT m."id" FROM "Message" m INDEXED BY "Message_conversationId_parentId_idx"
      WHERE m."conversationId" = :conversationId AND m."parentId" = "down"."id"
      ORDER BY m."seq" DESC LIMIT 1), "depth" + 1
    FROM "down" WHERE "down"."id" IS NOT NULL)
  SELECT "id" FROM "down" WHERE "id" IS NOT NULL ORDER BY "depth" DESC LIMIT 1`;

const SET_HEAD = 'UPDATE "Conversation" SET "headMessageId" = ? WHERE "id" = ?';

const SELECT_HEAD = 'SELECT "headMessageId" FROM "Conversation" WHERE "id" = ?';

/**
 * A statement that reads these columns of the messages on the path to one message (parameters: id, conversation),
 * oldest first. A message always has a higher `seq` than the one that it follows.
 */
export function selectPath(columns: readonly string[]): string {
  const own = columns.map((column) => `"${column}"`).join(', ');
  return `
  WITH RECURSIVE "path" AS (
    SELECT "parentId", "seq", ${own} FROM "Message" WHERE "id" = ? AND "conversationId" = ?
    UNION ALL
    SELECT m."parentId", m."seq", ${own.replaceAll(/"\w+"/g, 'm.$&')} FROM "path" JOIN "Message" m ON m."id" = "path"."parentId")
  SELECT ${own} FROM "path" ORDER BY "seq"`;
}

/**
 * Renumbers messages without gaps. It does so by way of negative numbers, because no two rows may ever have the same
 * number.
 */
const RENUMBER = [
  `UPDATE "Message" SET "seq" = -"numbered"."place"
   FROM (SELECT "key", row_number() OVER (ORDER BY "seq") AS "place" FROM "Message" WHERE "conversationId" = :id) AS "numbered"
   WHERE "Message"."key" = "numbered"."key" AND "Message"."seq" <> "numbered"."place"`,
  `UPDATE "Response" SET "firstSeq" = "firstSeq" - "answerSeq" - "answer"."seq", "answerSeq" = -"answer"."seq"
   FROM "Message" AS "answer"
   WHERE "Response"."conversationId" = :id AND "answer"."id" = 'msg_' || substr("Response"."id", 6) AND "answer"."seq" < 0`,
  'UPDATE "Message" SET "seq" = -"seq" WHERE "conversationId" = :id AND "seq" < 0',
] as const;

const SELECT_COUNT = 'SELECT count(*), coalesce(max("seq"), 0) FROM "Message" WHERE "conversationId" = ?';

const SET_COUNT = 'UPDATE "Conversation" SET "messageCount" = ? WHERE "id" = ?';

/** The id of the message with that `seq`; null when there is none. */
export const messageAt = (db: Statements, conversationId: string, seq: number): string | null =>
  textOrNull(db.all(SELECT_AT, conversationId, seq)[0]?.[0]);

/**
 * The leaf that is shown below a message when nobody has chosen a branch: always the newest child. `below` null: the
 * newest of all first messages.
 */
function newestLeaf(db: Statements, conversationId: string, below: string | null): string | null {
  const from = below ?? textOrNull(db.all(SELECT_NEWEST_ROOT, conversationId)[0]?.[0]);
  return from === null ? null : textOrNull(db.all(SELECT_NEWEST_LEAF, { from, conversationId })[0]?.[0]);
}

/**
 * A head that was deleted, or that is about to be: the head before it, and the message that the deleted ones followed.
 */
interface LostHead {
  readonly before: string | null;
  readonly parentId: string | null;
}

/**
 * Moves the head to where it was before. If that message is gone, the head moves to a leaf below the parent of what was
 * deleted.
 */
export function restoreHead(db: Statements, conversationId: string, { before, parentId }: LostHead): void {
  const isThere = before !== null && db.all(SELECT_EXISTS, before, conversationId).length > 0;
  db.run(SET_HEAD, isThere ? before : newestLeaf(db, conversationId, parentId), conversationId);
}

/** Call it after messages were deleted. A head that was deleted moves elsewhere. */
export function keepHead(db: Statements, conversationId: string, lost: LostHead): void {
  const head = textOrNull(db.all(SELECT_HEAD, conversationId)[0]?.[0]);
  if (head === null || db.all(SELECT_EXISTS, head, conversationId).length > 0) return;
  restoreHead(db, conversationId, lost);
}

/** Call it after whole branches were deleted. It numbers the remaining messages without gaps, and counts them. */
export function renumber(db: Statements, id: string): void {
  const [[count, last] = []] = db.all(SELECT_COUNT, id);
  if (count !== last) for (const statement of RENUMBER) db.run(statement, { id });
  db.run(SET_COUNT, Number(count), id);
}
