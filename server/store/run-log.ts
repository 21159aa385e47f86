import type { NewSegment, RunFormat } from './interface/runs.ts';
import type { Statements } from './sqlite/connection.ts';

const INSERT_RUN = `
  INSERT INTO "Run" ("id", "conversationId", "owner", "userId", "process", "status", "format", "headBefore",
    "createdAt")
  VALUES (?, ?, ?, ?, ?, 'in_progress', ?, ?, ?) RETURNING "key"`;

/** A run may be deleted while it goes on. */
const INSERT_SEGMENT = `
  INSERT INTO "RunEvents" ("runKey", "first", "count", "packed") SELECT "key", ?, ?, ? FROM "Run" WHERE "key" = ?`;

const SET_HEADERS = 'UPDATE "Run" SET "headers" = ? WHERE "key" = ?';

export interface NewRun {
  readonly id: string;
  readonly conversationId: string | null;
  /** Of a run without a conversation. */
  readonly owner: string | null;
  readonly userId: string | null;
  readonly process: string;
  readonly format: RunFormat;
  /** Of a turn that named the message it follows: the head before it. */
  readonly headBefore?: string | null;
  readonly now: string;
}

/** Begins a run, and gives its key. In a transaction. */
export function insertRun(db: Statements, run: NewRun): number {
  const { id, conversationId, owner, userId, process, format, headBefore = null, now } = run;
  const [row] = db.all(INSERT_RUN, id, conversationId, owner, userId, process, format, headBefore, now);
  return Number(row?.[0]);
}

/** Adds to the log of a run. In a transaction. False when the run was deleted. */
export function appendSegment(db: Statements, { runKey, first, count, packed, headers }: NewSegment): boolean {
  const added = db.run(INSERT_SEGMENT, first, count, packed, runKey);
  if (headers !== null) db.run(SET_HEADERS, headers, runKey);
  return added > 0;
}
