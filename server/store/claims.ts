import { useDatabase } from './failures.ts';
import { newId } from './ids.ts';
import type { Claim, ClaimedRun, ClaimStore, EndedAnswer, NewAnswer } from './interface/claims.ts';
import type { RunStore } from './interface/runs.ts';
import type { ProcessLock } from './process-lock.ts';
import { createRetryWriter, type RetryWriter } from './retry-writer.ts';
import { appendSegment, insertRun } from './run-log.ts';
import type { Transact } from './sqlite/adapter.ts';
import type { Statements } from './sqlite/connection.ts';
import { isRefusal } from './sqlite/errors.ts';
import { toSqliteTime } from './sqlite/values.ts';
import { findClaim, freeClaim, insertClaim } from './take-claim.ts';

/** How many claims one commit removes. */
const SWEPT = 20;

const END_RUN = `
  UPDATE "Run" SET "status" = ?, "error" = ?, "last" = ?, "process" = NULL, "endedAt" = ?, "isKept" = ?
  WHERE "key" = ? AND "process" IS NOT NULL`;

const SELECT_OLD = `
  SELECT c."id", r."key", r."conversationId" FROM "IdempotencyKey" c JOIN "Run" r ON r."key" = c."runKey"
  WHERE c."createdAt" < ? AND r."process" IS NULL ORDER BY c."createdAt" LIMIT ${SWEPT}`;

interface ClaimsDeps {
  readonly transact: Transact;
  readonly lock: ProcessLock;
  readonly runs: Pick<RunStore, 'findByKey'>;
  /** Receives failures that no caller waits for. */
  readonly onError: (error: unknown) => void;
}

export class Claims implements ClaimStore {
  readonly #transact: Transact;
  readonly #lock: ProcessLock;
  readonly #runs: ClaimsDeps['runs'];
  readonly #unwritten: RetryWriter;

  constructor({ transact, lock, runs, onError }: ClaimsDeps) {
    this.#transact = transact;
    this.#lock = lock;
    this.#runs = runs;
    this.#unwritten = createRetryWriter({ one: 'the end of an answer', many: 'ends of answers', onError });
  }

  /** Writes what was not written yet, or says what is lost. */
  close(): Promise<void> {
    return this.#unwritten.close();
  }

  async find(claim: Claim): Promise<ClaimedRun | null> {
    const found = await useDatabase(() => this.#transact((db) => findClaim(db, this.#lock, claim)));
    if (!found || found.isFree) return null;
    const run = await this.#runs.findByKey(found.runKey);
    return run && { run, hash: found.hash };
  }

  begin({ claim, owner, userId, format }: NewAnswer): Promise<{ readonly id: string; readonly key: number }> {
    return useDatabase(() =>
      this.#transact((db) => {
        freeClaim(db, this.#lock, claim, false);
        const id = newId('run');
        const now = toSqliteTime(new Date());
        const process = this.#lock.id;
        const key = insertRun(db, { id, conversationId: null, owner, userId, process, format, now });
        insertClaim(db, claim, key, now);
        return { id, key };
      }),
    );
  }

  async end(answer: EndedAnswer): Promise<void> {
    try {
      await useDatabase(() => this.#transact((db) => endAnswer(db, answer)));
    } catch (error) {
      // An answer that the database refuses for good cannot be given again, so its run is removed.
      const again = isRefusal(error) ? dropAnswer(answer.runKey) : (db: Statements) => endAnswer(db, answer);
      this.#unwritten.add(() => this.#transact(again));
      throw error;
    }
  }

  async drop(runKey: number): Promise<void> {
    const drop = dropAnswer(runKey);
    await this.#transact(drop).catch(() => this.#unwritten.add(() => this.#transact(drop)));
  }

  sweep(before: Date): Promise<boolean> {
    return useDatabase(() =>
      this.#transact((db) => {
        const old = db.all(SELECT_OLD, toSqliteTime(before));
        for (const [id, runKey, conversationId] of old) {
          if (conversationId === null) dropAnswer(Number(runKey))(db);
          else db.run('DELETE FROM "IdempotencyKey" WHERE "id" = ?', String(id));
        }
        return old.length === SWEPT;
      }),
    );
  }
}

function endAnswer(db: Statements, { runKey, status, log, isKept }: EndedAnswer): void {
  if (isKept) for (const segment of log.segments) appendSegment(db, segment);
  db.run(END_RUN, status, log.error, log.last, toSqliteTime(new Date()), Number(isKept), runKey);
}

const dropAnswer =
  (runKey: number) =>
  (db: Statements): void => {
    db.run('DELETE FROM "Run" WHERE "key" = ?', runKey);
  };
