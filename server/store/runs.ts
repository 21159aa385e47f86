import { useDatabase } from './failures.ts';
import type { Prisma, PrismaClient } from './generated/client.ts';
import type { NewSegment, RunFormat, RunRow, RunSegment, RunStore, RunViewer } from './interface/runs.ts';
import type { ProcessLock } from './process-lock.ts';
import { freeTurnsOf } from './recover-turns.ts';
import { visibleTo } from './rows.ts';
import { appendSegment } from './run-log.ts';
import type { Transact } from './sqlite/adapter.ts';
import { toSqliteTime } from './sqlite/values.ts';

/** How many segments of a log are read at once; each holds about a second of text. */
const SEGMENTS = 30;
/** How many bytes of segments are read at once, or one segment: who reads a log slowly holds them for so long. */
const READ_BYTES = 256 * 1024;
/** How many logs one commit removes: about 600 rows, in a millisecond. */
const SWEPT = 20;

const SELECT_OLD = `
  SELECT "key" FROM "Run" WHERE "isKept" AND "endedAt" IS NOT NULL AND "endedAt" < ?
    AND NOT EXISTS (SELECT 1 FROM "IdempotencyKey" WHERE "runKey" = "Run"."key")
  ORDER BY "endedAt" LIMIT ${SWEPT}`;

/** Deletes a run without a conversation, because nothing of it is worth keeping without its log. */
const DELETE_LOOSE = 'DELETE FROM "Run" WHERE "key" = ? AND "conversationId" IS NULL';

const runFields = {
  key: true,
  id: true,
  conversationId: true,
  status: true,
  format: true,
  headers: true,
  error: true,
  last: true,
  isKept: true,
  createdAt: true,
  endedAt: true,
} as const satisfies Record<keyof RunRow, true>;

const FORMATS: Readonly<Record<string, RunFormat>> = {
  chunks: 'chunks',
  completion: 'completion',
  events: 'events',
  response: 'response',
  answer: 'answer',
  stream: 'stream',
};

type StoredRow = Omit<RunRow, 'format'> & { readonly format: string };

function toRunRow(row: StoredRow): RunRow {
  const format = FORMATS[row.format];
  if (format) return { ...row, format };
  throw new Error(`The database has '${row.format}', where the format of a run is expected.`);
}

/** Where a segment of a log is. The driver gives large numbers as `bigint`. */
interface SegmentPlace {
  readonly first: number | bigint;
  readonly bytes: number | bigint;
}

interface RunsDeps {
  readonly db: PrismaClient;
  readonly transact: Transact;
  readonly lock: ProcessLock;
}

export class Runs implements RunStore {
  readonly #db: PrismaClient;
  readonly #transact: Transact;
  readonly #lock: ProcessLock;

  constructor({ db, transact, lock }: RunsDeps) {
    this.#db = db;
    this.#transact = transact;
    this.#lock = lock;
  }

  find(id: string, { owner, userId }: RunViewer): Promise<RunRow | null> {
    const isVisible = userId === undefined ? { owner } : visibleTo({ owner, userId });
    const ofUser = userId === undefined ? {} : { OR: [{ userId }, { userId: null }] };
    return this.#findOne({ id, OR: [{ conversation: isVisible }, { conversationId: null, owner, ...ofUser }] });
  }

  findByKey(runKey: number): Promise<RunRow | null> {
    return this.#findOne({ key: runKey });
  }

  listInProgress(conversationId: string): Promise<readonly RunRow[]> {
    return this.#list({ conversationId, process: { not: null } });
  }

  async inProgressAmong(conversationIds: readonly string[]): Promise<ReadonlySet<string>> {
    const runs = await this.#list({ conversationId: { in: [...conversationIds] }, process: { not: null } });
    return new Set(runs.flatMap(({ conversationId }) => conversationId ?? []));
  }

  append(segments: readonly NewSegment[]): Promise<readonly number[]> {
    return useDatabase(() =>
      this.#transact((db) => segments.filter((segment) => !appendSegment(db, segment)).map(({ runKey }) => runKey)),
    );
  }

  read(runKey: number, after: number): Promise<readonly RunSegment[]> {
    return useDatabase(async () => {
      const places = await this.#listSegments(runKey, after + 1);
      const [begin] = places;
      if (!begin) return [];
      let bytes = 0;
      const end = places.find((place) => {
        bytes += Number(place.bytes);
        return bytes > READ_BYTES && place !== begin;
      });
      const segments = await this.#db.runEvents.findMany({
        where: { runKey, first: { gte: Number(begin.first), ...(end ? { lt: Number(end.first) } : {}) } },
        select: { first: true, count: true, packed: true },
        orderBy: { first: 'asc' },
        take: SEGMENTS,
      });
      return segments.filter(({ first, count }) => first + count > after + 1);
    });
  }

  cancel(runKey: number): Promise<void> {
    return useDatabase(async () => {
      await this.#db.run.updateMany({ where: { key: runKey, process: { not: null } }, data: { isCancelled: true } });
    });
  }

  listCancelled(): Promise<readonly string[]> {
    return useDatabase(async () => {
      const where = { process: this.#lock.id, isCancelled: true };
      return (await this.#db.run.findMany({ where, select: { id: true } })).map(({ id }) => id);
    });
  }

  sweep(endedBefore: Date): Promise<boolean> {
    return useDatabase(() =>
      this.#transact((db) => {
        const keys = db.all(SELECT_OLD, toSqliteTime(endedBefore)).map(([key]) => Number(key));
        for (const key of keys) {
          db.run('DELETE FROM "RunEvents" WHERE "runKey" = ?', key);
          db.run('UPDATE "Run" SET "isKept" = false, "headers" = NULL WHERE "key" = ?', key);
          db.run(DELETE_LOOSE, key);
        }
        return keys.length === SWEPT;
      }),
    );
  }

  /** The segments from an event on. The last one that begins at or before it holds it, if any segment does. */
  #listSegments(runKey: number, from: number): Promise<readonly SegmentPlace[]> {
    return this.#db.$queryRaw<SegmentPlace[]>`
      SELECT "first", LENGTH("packed") AS "bytes" FROM "RunEvents"
      WHERE "runKey" = ${runKey} AND "first" >= COALESCE(
        (SELECT MAX("first") FROM "RunEvents" WHERE "runKey" = ${runKey} AND "first" <= ${from}), 0)
      ORDER BY "first" LIMIT ${SEGMENTS}`;
  }

  async #findOne(where: Prisma.RunWhereInput): Promise<RunRow | null> {
    return (await this.#list(where))[0] ?? null;
  }

  /** Lists runs. Runs of processes that are gone are ended first. */
  #list(where: Prisma.RunWhereInput): Promise<readonly RunRow[]> {
    return useDatabase(async () => {
      const select = { ...runFields, process: true };
      const read = () => this.#db.run.findMany({ where, select, orderBy: { key: 'asc' } });
      const found = await read();
      const dead = [...new Set(found.map(({ process }) => process))].filter((process) => this.#isDead(process));
      if (dead.length > 0) {
        await this.#transact((db) => {
          for (const process of dead) if (process !== null) freeTurnsOf(db, process);
        });
      }
      return (dead.length > 0 ? await read() : found).map(({ process: _, ...row }) => toRunRow(row));
    });
  }

  #isDead(process: string | null): boolean {
    return process !== null && !this.#lock.isAlive(process);
  }
}
