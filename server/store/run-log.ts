import type { NewSegment, RunFormat } from './interface/runs.ts';
import type { Statements } from './sqlite/connection.ts';

const INSERT_RUN = `
  INSERT INTO "Run" ("id", "conversationId", "owner", "userId", "process", "status", "format", "headBefore",
    "createdAt")
  VALUES (?, ?, ?, ?, ?, 'in_progress', ?, ?, ?) RETURNING "key"`;

/** The run may have been deleted while it was in progress; then nothing is inserted. */
const INSERT_SEGMENT = `
  INSERT INTO "RunEvents" ("runKey", "first", "count", "packed") SELECT "key", ?, ?, ? FROM "Run" WHERE "key" = ?`;

const SET_HEADERS = 'UPDATE "Run" SET "headers" = ? WHERE "key" = ?';

export interface NewRun {
  readonly id: string;
  readonly conversationId: string | null;
  /** The owner of a run without a conversation. */
  readonly owner: string | null;
  readonly userId: string | null;
  readonly process: string;
  readonly format: RunFormat;
  /** For a turn that named the message it follows: the head before it. */
  readonly headBefore?: string | null;
  readonly now: string;
}

/** Inserts a run, and returns its key. Run it in a transaction. */
export function insertRun(db: Statements, run: NewRun): number {
  const { id, conversationId, owner, userId, process, format, headBefore = null, now } = run;
  const [row] = db.all(INSERT_RUN, id, conversationId, owner, userId, process, format, headBefore, now);
  return Number(row?.[0]);
}

/** Adds a segment to the log of a run, without its headers. False when the run was deleted. Run it in a transaction. */
export const insertSegment = (db: Statements, { runKey, first, count, packed }: NewSegment): boolean =>
  db.run(INSERT_SEGMENT, first, count, packed, runKey) > 0;

/** Adds a segment to the log of a run that goes on. False when the run was deleted. Run it in a transaction. */
export function appendSegment(db: Statements, segment: NewSegment): boolean {
  if (segment.headers !== null) db.run(SET_HEADERS, segment.headers, segment.runKey);
  return insertSegment(db, segment);
}
