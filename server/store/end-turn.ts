import { runIdOf } from '../canonical/ids.ts';
import { EMPTY_ANSWER } from '../canonical/stored-answer.ts';
import { restoreHead } from './branches.ts';
import { cutMedia } from './cut-media.ts';
import { freeConversation } from './free-conversation.ts';
import type { EndedTurn } from './interface/turns.ts';
import { inMessage, inResponse, keepMedia, ownerOf, replaceMedia } from './media.ts';
import { searchedText, withoutNul } from './rows.ts';
import { insertSegment } from './run-log.ts';
import type { Statements } from './sqlite/connection.ts';
import { toSqliteTime } from './sqlite/values.ts';

/** Changes an answer only while it is in progress: what later prompts were built on never changes. */
const END_ANSWER = `
  UPDATE "Message" SET "status" = ?, "prompt" = ?, "text" = ?, "reasoning" = ?, "finishReason" = ?, "usage" = ?
  WHERE "id" = ? AND "conversationId" = ? AND "status" = 'in_progress'`;

/**
 * Ends the question of a turn that has no answer. The model never sees such a question, so it must not be shown as
 * completed.
 */
const END_QUESTION = `
  UPDATE "Message" SET "status" = :status
  WHERE "turnId" = :answerId AND "conversationId" = :conversationId AND "id" <> "turnId"
    AND NOT EXISTS (SELECT 1 FROM "Message" "other" INDEXED BY "Message_conversationId_parentId_idx"
      WHERE "other"."conversationId" = :conversationId AND "other"."parentId" = "Message"."id" AND "other"."turnId" <> :answerId)`;

/** Completes the question of a failed answer, which was asked again and is answered now. */
const REVIVE_QUESTION = `
  UPDATE "Message" SET "status" = 'completed'
  WHERE "status" NOT IN ('completed', 'in_progress') AND "id" <> "turnId" AND "conversationId" = :conversationId
    AND "turnId" = (SELECT "question"."turnId" FROM "Message" "answer" JOIN "Message" "question" ON "question"."id" = "answer"."parentId"
      WHERE "answer"."id" = :answerId)`;

/** The head before a turn that named the message it follows. */
const SELECT_HEAD_BEFORE = 'SELECT "headBefore" FROM "Run" WHERE "id" = ? AND "headBefore" IS NOT NULL';

const SELECT_HEAD_LOST = `
  SELECT (SELECT "parentId" FROM "Message" WHERE "conversationId" = c."id" AND "turnId" = :answerId ORDER BY "seq" LIMIT 1)
  FROM "Conversation" c WHERE c."id" = :conversationId AND COALESCE(c."headMessageId",
    (SELECT "id" FROM "Message" WHERE "conversationId" = c."id" AND "seq" = c."messageCount")) = :answerId`;

const END_RESPONSE = 'UPDATE "Response" SET "output" = ?, "error" = ?, "endedAt" = ? WHERE "id" = ?';

const END_RUN = `
  UPDATE "Run" SET "status" = ?, "error" = ?, "last" = ?, "process" = NULL, "endedAt" = ?,
    "headers" = COALESCE(?, "headers")
  WHERE "id" = ? AND "process" IS NOT NULL`;

/** Ends the answer, its response and its run, and frees the conversation. Run it in a transaction. */
export function endTurn(db: Statements, turn: EndedTurn): void {
  const { conversationId, answerId, status, response, log } = turn;
  const { text: prompt, pieces } = cutMedia(turn.prompt);
  const text = searchedText(turn.text);
  const reasoning = turn.reasoning && withoutNul(turn.reasoning);
  const finishReason = turn.finishReason && withoutNul(turn.finishReason);
  const usage = turn.usage && JSON.stringify(turn.usage);
  const now = toSqliteTime(new Date());
  if (response) endResponse(db, response, { conversationId, now });
  const ended = db.run(END_ANSWER, status, prompt, text, reasoning, finishReason, usage, answerId, conversationId);
  if (ended > 0 && pieces.length > 0) {
    keepMedia(db, inMessage, { id: answerId, pieces, owner: ownerOf(db, conversationId) });
  }
  const isEmpty = status !== 'completed' && prompt === EMPTY_ANSWER;
  if (isEmpty) db.run(END_QUESTION, { status, answerId, conversationId });
  const before = ended > 0 ? db.all(SELECT_HEAD_BEFORE, runIdOf(answerId))[0]?.[0] : undefined;
  if (typeof before === 'string') endBranch(db, turn, isEmpty ? before : null);
  for (const segment of log?.segments ?? []) insertSegment(db, segment);
  const headers = log?.segments[0]?.headers ?? null;
  db.run(END_RUN, status, log?.error ?? null, log?.last ?? -1, now, headers, runIdOf(answerId));
  freeConversation(db, conversationId, answerId);
}

/** Pictures that were drawn are in the answer's message as well, and are kept once. */
function endResponse(
  db: Statements,
  { id, output: whole, error, endedAt }: NonNullable<EndedTurn['response']>,
  { conversationId, now }: { readonly conversationId: string; readonly now: string },
): void {
  const { text: output, pieces } = cutMedia(whole);
  const ended = endedAt ? toSqliteTime(endedAt) : now;
  if (db.run(END_RESPONSE, output, error, ended, id) === 0 || pieces.length === 0) return;
  replaceMedia(db, inResponse, { id, pieces, owner: ownerOf(db, conversationId) });
}

/** A turn that named the message it follows: when nothing came of it, the conversation is again where it was. */
function endBranch(db: Statements, { conversationId, answerId }: EndedTurn, before: string | null): void {
  if (before === null) {
    db.run(REVIVE_QUESTION, { conversationId, answerId });
    return;
  }
  const [lost] = db.all(SELECT_HEAD_LOST, { conversationId, answerId });
  if (!lost) return;
  restoreHead(db, conversationId, { before, parentId: typeof lost[0] === 'string' ? lost[0] : null });
}
