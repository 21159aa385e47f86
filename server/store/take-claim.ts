import { siblingId } from '../canonical/ids.ts';
import { EMPTY_ANSWER } from '../canonical/stored-answer.ts';
import { AppError } from '../errors/app-error.ts';
import { dropTurn } from './drop-turn.ts';
import type { Claim } from './interface/claims.ts';
import type { ProcessLock } from './process-lock.ts';
import { freeTurnsOf } from './recover-turns.ts';
import type { Statements } from './sqlite/connection.ts';
import { textOrNull, toSqliteTime } from './sqlite/values.ts';

/** The last column: a process died before there was any text of the answer. */
const SELECT_CLAIM = `
  SELECT c."hash", c."createdAt" < :since, r."key", r."id", r."conversationId", r."process", r."status", r."last",
    r."error" LIKE '%"run_interrupted"%'
      AND EXISTS (SELECT 1 FROM "Message" WHERE "id" = 'msg_' || substr(r."id", 5) AND "prompt" = :nothing)
  FROM "IdempotencyKey" c JOIN "Run" r ON r."key" = c."runKey" WHERE c."id" = :id`;

const INSERT_CLAIM = 'INSERT INTO "IdempotencyKey" ("id", "hash", "runKey", "createdAt") VALUES (?, ?, ?, ?)';

const DELETE_CLAIM = 'DELETE FROM "IdempotencyKey" WHERE "id" = ?';

/** Deletes the run of a claim when it has no conversation, because its answer is then kept for the claim alone. */
const DELETE_ANSWER = 'DELETE FROM "Run" WHERE "key" = ? AND "conversationId" IS NULL AND "process" IS NULL';

/** A claim as the database has it. */
export interface KnownClaim {
  /** Whether nothing came of its run, or it is too old: the next request begins another run. */
  readonly isFree: boolean;
  readonly hash: string;
  readonly runKey: number;
  readonly runId: string;
  readonly conversationId: string | null;
  /** Whether not even an event of its run is on disk. */
  readonly isEmpty: boolean;
}

function readClaim(db: Statements, { id, since }: Claim) {
  const [row] = db.all(SELECT_CLAIM, { id, since: toSqliteTime(since), nothing: EMPTY_ANSWER });
  if (!row) return null;
  const [hash, isOld, runKey, runId, conversationId, process, status, last, isLost] = row;
  const isEmpty = Number(last) < 0 || Number(isLost) === 1;
  const isInVain = status === 'failed' || (status !== 'completed' && status !== 'in_progress' && isEmpty);
  return {
    isFree: Number(isOld) === 1 || isInVain,
    hash: String(hash),
    runKey: Number(runKey),
    runId: String(runId),
    conversationId: textOrNull(conversationId),
    isEmpty: isInVain && isEmpty,
    process: textOrNull(process),
  };
}

/** Null: nobody has it. A run whose process is gone is ended first. In a transaction. */
export function findClaim(db: Statements, lock: ProcessLock, claim: Claim): KnownClaim | null {
  const found = readClaim(db, claim);
  if (!found || found.process === null || lock.isAlive(found.process)) return found;
  freeTurnsOf(db, found.process);
  return readClaim(db, claim);
}

const REOPEN_ANSWER = `
  UPDATE "Message" SET "status" = 'in_progress' WHERE "id" = ? AND "prompt" = ?
    AND NOT EXISTS (SELECT 1 FROM "Message" "next" INDEXED BY "Message_conversationId_parentId_idx"
      WHERE "next"."conversationId" = "Message"."conversationId" AND "next"."parentId" = "Message"."id")`;
const REOPEN_RESPONSE = 'UPDATE "Response" SET "endedAt" = NULL WHERE "id" = ?';
const REOPEN_CONVERSATION = `
  UPDATE "Conversation" SET "activeTurnId" = ? WHERE "id" = ? AND "activeTurnId" IS NULL`;

/**
 * Takes a turn back of which nothing came: the same request takes its place, and leaves no second question behind. Does nothing
 * when the conversation went on after it.
 */
function takeBack(db: Statements, runId: string, conversationId: string, isNew: boolean): void {
  const answerId = siblingId(runId, 'msg_');
  if (db.run(REOPEN_ANSWER, answerId, EMPTY_ANSWER) === 0) return;
  db.run(REOPEN_RESPONSE, siblingId(runId, 'resp_'));
  db.run(REOPEN_CONVERSATION, answerId, conversationId);
  dropTurn(db, { conversationId, answerId, isNew });
}

/**
 * Makes way for the run of a claim. `isNew`: the request begins a conversation. In the transaction that begins the run. Throws
 * `idempotency_in_progress` when another run has the claim.
 */
export function freeClaim(db: Statements, lock: ProcessLock, claim: Claim, isNew: boolean): void {
  const found = findClaim(db, lock, claim);
  if (!found) return;
  if (!found.isFree) throw new AppError('idempotency_in_progress');
  const { conversationId, runId, runKey } = found;
  if (conversationId === null) db.run(DELETE_ANSWER, runKey);
  else if (found.isEmpty && found.hash === claim.hash) takeBack(db, runId, conversationId, isNew);
  db.run(DELETE_CLAIM, claim.id);
}

export function insertClaim(db: Statements, { id, hash }: Claim, runKey: number, now: string): void {
  db.run(INSERT_CLAIM, id, hash, runKey, now);
}
