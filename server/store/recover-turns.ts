import { ChunkCollector } from '../canonical/chunk-collector.ts';
import { foldResponseEvents } from '../canonical/fold-response-events.ts';
import { unpackEvents } from '../canonical/pack-events.ts';
import { EMPTY_ANSWER, type StoredAnswer, storedAnswer } from '../canonical/stored-answer.ts';
import { dropTurn } from './drop-turn.ts';
import { endTurn } from './end-turn.ts';
import type { EndedTurn } from './interface/turns.ts';
import type { ProcessLock } from './process-lock.ts';
import type { Transact } from './sqlite/adapter.ts';
import type { Statements } from './sqlite/connection.ts';
import { toSqliteTime } from './sqlite/values.ts';

/** The error of an interrupted run, in the shape of the contract's `RunFailure`. */
const INTERRUPTED = JSON.stringify({
  code: 'run_interrupted',
  message: 'The gateway stopped before the answer was complete.',
  param: null,
});

/** Ends the turns of processes that are gone. Turns of live processes are not touched. */
export async function recoverTurns(transact: Transact, lock: ProcessLock): Promise<void> {
  await transact((db) => {
    for (const [processId] of [...db.all(SELECT_OWNERS), ...db.all(SELECT_PROCESSES)]) {
      if (typeof processId === 'string' && !lock.isAlive(processId)) freeTurnsOf(db, processId);
    }
  });
}

const SELECT_OWNERS = 'SELECT DISTINCT "activeOwner" FROM "Conversation" WHERE "activeOwner" IS NOT NULL';
const SELECT_PROCESSES = 'SELECT DISTINCT "process" FROM "Run" WHERE "process" IS NOT NULL';

/**
 * Ends answers, and the question of an answer that has no content yet: as when a turn fails, the model never sees that
 * question.
 */
const END_MESSAGES = `
  WITH "Turn" AS (
    SELECT "answer"."id", "answer"."conversationId", "answer"."prompt"
    FROM "Conversation" JOIN "Message" "answer" ON "answer"."id" = "activeTurnId"
    WHERE "activeOwner" = :processId AND "answer"."status" = 'in_progress')
  UPDATE "Message" SET "status" = 'incomplete'
  WHERE "id" IN (SELECT "id" FROM "Turn")
    OR ("conversationId" IN (SELECT "conversationId" FROM "Turn")
      AND "turnId" IN (SELECT "id" FROM "Turn" WHERE "prompt" = :nothing))`;

const SELECT_RUNS = 'SELECT "key", "id", "conversationId", "format" FROM "Run" WHERE "process" = ?';
/** Selects whether a turn with unwritten messages began its conversation: the two then have the same time. */
const SELECT_UNWRITTEN = `
  SELECT c."createdAt" = q."createdAt" FROM "Message" q JOIN "Conversation" c ON c."id" = q."conversationId"
  WHERE q."conversationId" = :conversationId AND q."turnId" = :answerId AND q."id" <> q."turnId"
    AND q."status" = 'in_progress' LIMIT 1`;

const SELECT_LOG = 'SELECT "packed", "first" + "count" FROM "RunEvents" WHERE "runKey" = ? ORDER BY "first"';

const END_RUN = `
  UPDATE "Run" SET "status" = 'incomplete', "error" = ?, "last" = ?, "process" = NULL, "endedAt" = ? WHERE "key" = ?`;

/**
 * Ends the turns of the process `processId`: their answers become `incomplete`, with the text in their logs, and their
 * conversations take turns again.
 */
export function freeTurnsOf(db: Statements, processId: string): void {
  for (const [key, id, conversationId, format] of db.all(SELECT_RUNS, processId)) {
    const digits = String(id).slice('run_'.length);
    if (conversationId !== null && dropUnwritten(db, String(conversationId), `msg_${digits}`)) continue;
    const log = db.all(SELECT_LOG, Number(key));
    const last = Number(log.at(-1)?.[1] ?? 0) - 1;
    if (conversationId === null) {
      db.run(END_RUN, INTERRUPTED, last, toSqliteTime(new Date()), Number(key));
      continue;
    }
    const events = log.flatMap(([packed]) => (packed instanceof Uint8Array ? unpackEvents(packed) : []));
    endTurn(db, {
      conversationId: String(conversationId),
      answerId: `msg_${digits}`,
      ...answerIn(events, String(format), digits),
      status: 'incomplete',
      usage: null,
      log: { segments: [], error: INTERRUPTED, last },
    });
  }
  // Turns of versions that had no runs.
  db.run(END_MESSAGES, { processId, nothing: EMPTY_ANSWER });
  db.run('UPDATE "Conversation" SET "activeTurnId" = NULL, "activeOwner" = NULL WHERE "activeOwner" = ?', processId);
}

/** Removes a turn whose messages were not completely written. No client was told of such a turn. */
function dropUnwritten(db: Statements, conversationId: string, answerId: string): boolean {
  const [found] = db.all(SELECT_UNWRITTEN, { conversationId, answerId });
  if (!found) return false;
  dropTurn(db, { conversationId, answerId, isNew: Number(found[0]) === 1 });
  return true;
}

type Interrupted = StoredAnswer & Pick<EndedTurn, 'response'>;

const NOTHING: Interrupted = { prompt: EMPTY_ANSWER, text: '', reasoning: null, finishReason: null };

/** The content of an answer, from its log. A log that cannot be read must not keep the gateway from starting. */
function answerIn(events: readonly Buffer[], format: string, digits: string): Interrupted {
  try {
    if (format === 'chunks') return answerOfChunks(events);
    if (format === 'events') return answerOfEvents(events, digits);
  } catch {
    return NOTHING;
  }
  return NOTHING;
}

const read = <T>(event: Buffer): T => JSON.parse(event.toString());

function answerOfChunks(events: readonly Buffer[]): Interrupted {
  const collector = new ChunkCollector();
  for (const event of events) collector.add(read(event));
  return storedAnswer(collector.started ? collector.completion : null);
}

function answerOfEvents(events: readonly Buffer[], digits: string): Interrupted {
  const { output, text, reasoning } = foldResponseEvents(events.map((event) => read(event)));
  const response = { id: `resp_${digits}`, output: JSON.stringify(output), error: null };
  if (text === '' && reasoning === '') return { ...NOTHING, response };
  const prompt = JSON.stringify({ role: 'assistant', content: text });
  return { prompt, text, reasoning: reasoning === '' ? null : reasoning, finishReason: null, response };
}
