import { runIdOf } from '../canonical/ids.ts';
import { EMPTY_ANSWER } from '../canonical/stored-answer.ts';
import { cutMedia } from './cut-media.ts';
import type { EndedTurn } from './interface/conversations.ts';
import { keepMedia, ownerOf } from './media.ts';
import { withoutNul } from './rows.ts';
import { appendSegment } from './run-log.ts';
import type { Statements } from './sqlite/connection.ts';
import { toSqliteTime } from './sqlite/values.ts';

/** Only while in progress: what later prompts were built on never changes. */
const END_ANSWER = `
  UPDATE "Message" SET "status" = ?, "prompt" = ?, "text" = ?, "reasoning" = ?, "finishReason" = ?, "usage" = ?
  WHERE "id" = ? AND "conversationId" = ? AND "status" = 'in_progress'`;

/** What the client said in a turn that has no answer: the model never sees it, so it is not shown as completed either. */
const END_QUESTION = `UPDATE "Message" SET "status" = ? WHERE "turnId" = ? AND "conversationId" = ? AND "id" <> "turnId"`;

const FREE_CONVERSATION = `
  UPDATE "Conversation" SET "activeTurnId" = NULL, "activeOwner" = NULL WHERE "id" = ? AND "activeTurnId" = ?`;

const END_RESPONSE = 'UPDATE "Response" SET "output" = ?, "error" = ?, "endedAt" = ? WHERE "id" = ?';

const END_RUN = `
  UPDATE "Run" SET "status" = ?, "error" = ?, "last" = ?, "process" = NULL, "endedAt" = ?
  WHERE "id" = ? AND "process" IS NOT NULL`;

/** Ends the answer, its response and its run, and frees the conversation. In a transaction. */
export function endTurn(db: Statements, turn: EndedTurn): void {
  const { conversationId, answerId, status, response, log } = turn;
  const { prompt, pieces } = cutMedia(turn.prompt);
  const text = withoutNul(turn.text);
  const reasoning = turn.reasoning && withoutNul(turn.reasoning);
  const finishReason = turn.finishReason && withoutNul(turn.finishReason);
  const usage = turn.usage && JSON.stringify(turn.usage);
  const now = toSqliteTime(new Date());
  if (response) db.run(END_RESPONSE, response.output, response.error, now, response.id);
  const ended = db.run(END_ANSWER, status, prompt, text, reasoning, finishReason, usage, answerId, conversationId);
  if (ended > 0 && pieces.length > 0) keepMedia(db, answerId, pieces, ownerOf(db, conversationId));
  if (status !== 'completed' && prompt === EMPTY_ANSWER) db.run(END_QUESTION, status, answerId, conversationId);
  if (log?.segment) appendSegment(db, log.segment);
  db.run(END_RUN, status, log?.error ?? null, log?.last ?? -1, now, runIdOf(answerId));
  db.run(FREE_CONVERSATION, conversationId, answerId);
}
