import { AppError } from '../../errors/app-error.ts';
import { shuttingDown } from '../../errors/shutting-down.ts';
import { stopReason } from '../../errors/stop-reason.ts';
import { toAppError } from '../../errors/to-wire.ts';
import { settledWithin } from '../../event-loop/settled-within.ts';
import type { LiveRuns } from '../../live/interface/live-runs.ts';
import type { NewSegment, RunStore } from '../../store/interface/runs.ts';
import type { BegunTurn } from '../../store/interface/turns.ts';
import type { Caller } from '../access/caller.ts';
import { DetachedCaller, type OnDisconnect } from './detached-caller.ts';
import { RunFlusher } from './flush-runs.ts';
import { Run, type RunOutcome } from './run.ts';

/** How often it is asked whether another process wants a run stopped, in ms. */
const ASK_MS = 1_000;

export interface RunsDeps {
  readonly store: RunStore;
  readonly live: LiveRuns;
  readonly limits: { readonly maxMs: number; readonly maxBytes: number };
  /** Called with each run that has ended and is stored. */
  readonly onEnd?: ((run: EndedRun) => void) | undefined;
  /** Receives failures that no caller waits for. */
  readonly onError: (error: unknown) => void;
}

/** A run that has ended. */
export interface EndedRun {
  readonly id: string;
  readonly conversationId: string | null;
  readonly status: RunOutcome<object>['status'];
}

/** Null: nothing but the log is stored. */
type Begun = Pick<BegunTurn, 'run'> & { readonly conversationId: string | null };

/** Converts a failure to the one in the row of the run. */
function toStoredError(failure: unknown): string | null {
  if (failure === undefined) return null;
  const { code, message, param } = toAppError(failure);
  return JSON.stringify({ code, message, param });
}

/** Where a turn is to begin. */
interface TurnPlace {
  readonly conversationId?: string | null | undefined;
  /** The run of the answer that the turn follows. */
  readonly runId?: string | undefined;
}

/**
 * The answers that this process makes. A run drains its answer into its log under a signal of its own, whoever listens;
 * those who listen read the log.
 */
export class Runs {
  readonly #deps: RunsDeps;
  readonly #running = new Map<string, Run>();
  readonly #flusher: RunFlusher;
  #isStopping = false;
  #askedAt = 0;
  /** Resolves when the long outcomes so far are stored. */
  #longStored: Promise<void> = Promise.resolve();
  #wakeStop = () => {};

  constructor(deps: RunsDeps) {
    this.#deps = deps;
    this.#flusher = new RunFlusher(deps.store, deps.onError, (now, runs) => this.#check(now, runs));
  }

  /** How many answers are being made. */
  get count(): number {
    return this.#running.size;
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Makes the caller that a run uses in place of the client's. Throws `service_unavailable` when the gateway stops. */
  detach(client: Caller, onDisconnect?: OnDisconnect): DetachedCaller {
    if (this.#isStopping) throw shuttingDown();
    return new DetachedCaller(client, onDisconnect);
  }

  /** Begins to make an answer. `make` appends to the run, and must not throw. */
  start<Event extends object>(
    { run: begun, conversationId }: Begun,
    detached: DetachedCaller,
    make: (run: Run<Event>) => Promise<RunOutcome<Event>>,
  ): Run<Event> {
    const run: Run<Event> = new Run<Event>({
      begun,
      conversationId,
      detached,
      log: this.#deps.live.open<Event>(begun.id, (after) => this.#deps.store.read(begun.key, after)),
      maxBytes: this.#deps.limits.maxBytes,
      flush: () => run.writing ?? this.#flusher.flush([run]),
    });
    this.#running.set(run.id, run);
    this.#flusher.add(run);
    run.ended = this.#make(run, make).finally(() => {
      detached.release();
      this.#running.delete(run.id);
      this.#deps.live.remove(run.id);
      if (this.#running.size === 0) this.#wakeStop();
    });
    return run;
  }

  find(id: string): Run | null {
    return this.#running.get(id) ?? null;
  }

  /** Stops a run of this process; false when it is not one. */
  stop(id: string, reason: unknown): boolean {
    const run = this.#running.get(id);
    run?.stop(reason);
    return run !== undefined;
  }

  /** Stops a run of this process, and resolves when the run has ended; false when it is not one. */
  async stopAndWait(id: string, reason: unknown): Promise<boolean> {
    const run = this.#running.get(id);
    run?.stop(reason);
    await run?.ended;
    return run !== undefined;
  }

  /** Stops the runs of a conversation, which is deleted. */
  stopAllOf(conversationId: string, reason: unknown): void {
    for (const run of this.#running.values()) if (run.conversationId === conversationId) run.stop(reason);
  }

  /**
   * Opens a turn. Where its place is busy with an answer that its client has left and nobody watches, that run is stopped
   * and the turn is opened again.
   */
  async takeOver<Opened>(place: TurnPlace, open: () => Promise<Opened>): Promise<Opened> {
    try {
      return await open();
    } catch (refusal) {
      const isBusy = refusal instanceof AppError && refusal.code === 'conversation_busy';
      if (!isBusy || !(await this.#stopAbandoned(place))) throw refusal;
      return open();
    }
  }

  /** Refuses new runs, lets those in progress end for so many ms, then stops them. Resolves when all are stored. */
  async close(graceMs: number): Promise<void> {
    this.#isStopping = true;
    if (this.#running.size === 0) return;
    const ended = new Promise<void>((resolve) => {
      this.#wakeStop = resolve;
    });
    if (graceMs > 0 && (await settledWithin(ended, graceMs))) return;
    for (const run of this.#running.values()) run.stop(shuttingDown());
    await ended;
  }

  /** Resolves when they are stored; false when there was none. */
  async #stopAbandoned({ conversationId, runId }: TurnPlace): Promise<boolean> {
    // Runs without a conversation have none in common.
    const isThere = (run: Run) => run.id === runId || (conversationId != null && run.conversationId === conversationId);
    const abandoned = [...this.#running.values()].filter((run) => isThere(run) && run.isAbandoned);
    for (const run of abandoned) {
      run.stop(new AppError('run_cancelled', 'The conversation continued without this answer.'));
    }
    await Promise.all(abandoned.map(({ ended }) => ended));
    return abandoned.length > 0;
  }

  async #make<Event extends object>(
    run: Run<Event>,
    make: (run: Run<Event>) => Promise<RunOutcome<Event>>,
  ): Promise<void> {
    let outcome: RunOutcome<Event>;
    try {
      outcome = await make(run);
    } catch (error) {
      this.#deps.onError(error);
      outcome = { status: 'failed', failure: error, store: async () => undefined };
    }
    await this.#end(run, outcome);
  }

  /** Watchers learn the end when it is on disk, with the rest of the log and the answer. */
  async #end<Event extends object>(run: Run<Event>, outcome: RunOutcome<Event>): Promise<void> {
    const { status, failure: raw, last = [] } = outcome;
    await this.#flusher.remove(run);
    let failure = raw === undefined ? undefined : stopReason(run.caller.signal, raw);
    const lastEvent = run.log.next + last.length - 1;
    let stored: readonly NewSegment[] = [];
    const store = async () => {
      const segments = run.takeSegments(last);
      await outcome.store({ segments, error: toStoredError(failure), last: lastEvent });
      stored = segments;
    };
    try {
      await (outcome.isLong || run.isLongWith(last) ? this.#storeLong(store) : store());
      if (failure !== undefined) failure = outcome.explain ? outcome.explain(failure) : failure;
    } catch (error) {
      failure = error;
    }
    if (last.length > 0) run.log.append(last);
    // Slow watchers then read a long end from disk, and do not keep it in memory.
    if (run.isLongWith(last)) for (const segment of stored) run.settle(segment);
    run.log.finish({ status, failure: outcome.isTold ? undefined : failure, last: lastEvent });
    this.#deps.onEnd?.({ id: run.id, conversationId: run.conversationId, status });
  }

  /** Stores one after the other, so that many long answers that end together do not need memory together. */
  #storeLong(store: () => Promise<void>): Promise<void> {
    const stored = this.#longStored.then(store);
    this.#longStored = stored.catch(() => undefined);
    return stored;
  }

  #check(now: number, runs: ReadonlySet<Run>): void {
    const { maxMs } = this.#deps.limits;
    for (const run of runs) {
      if (now - run.startedAt < maxMs) continue;
      const message = `The answer took longer than ${maxMs / 1000} s (RUN_MAX_SECONDS).`;
      run.stop(new AppError('run_limit_exceeded', message));
    }
    if (now - this.#askedAt < ASK_MS) return;
    this.#askedAt = now;
    void this.#stopCancelled();
  }

  async #stopCancelled(): Promise<void> {
    try {
      for (const id of await this.#deps.store.listCancelled()) this.stop(id, new AppError('run_cancelled'));
    } catch (error) {
      this.#deps.onError(error);
    }
  }
}
