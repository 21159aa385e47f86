import { setTimeout as sleep } from 'node:timers/promises';
import { errorCodes } from '../../../contracts/errors.ts';
import { RunFailure } from '../../../contracts/runs/run.ts';
import { Json } from '../../canonical/json.ts';
import { unpackEvents } from '../../canonical/pack-events.ts';
import { AppError } from '../../errors/app-error.ts';
import { throwReason } from '../../errors/stop-reason.ts';
import { nextTurn } from '../../event-loop/next-turn.ts';
import type { LiveRuns } from '../../live/interface/live-runs.ts';
import type { RunRow, RunStore } from '../../store/interface/runs.ts';
import type { Runs } from './runs.ts';

/** How often the log of a run is read that another process makes, in ms. */
const POLL_MS = 500;

export interface FollowDeps {
  readonly runs: Runs;
  readonly store: RunStore;
  readonly live: LiveRuns;
}

/** The error of a failed run, from its row; null when the run completed. */
export function failureOf({ error, conversationId }: RunRow): AppError | null {
  if (error === null) return null;
  const { code: given, message, param } = RunFailure.parse(JSON.parse(error));
  const code = errorCodes.find((known) => known === given) ?? 'internal_error';
  const failure = new AppError(code, message, param === null ? {} : { param });
  return conversationId === null ? failure : failure.inConversation(conversationId);
}

/**
 * The events of a run after a number, and those to come: from memory while this process makes it, else from the store.
 * Throws what the run failed with, after the last event, and `run_log_expired`.
 */
export function followRun<Event extends object>(
  deps: FollowDeps,
  row: RunRow,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<Json<Event>[], void, void> {
  const log = deps.live.find<Event>(row.id);
  return log ? log.follow(after, signal) : followStored<Event>(deps, row, after, signal);
}

async function* followStored<Event extends object>(
  { store, live }: FollowDeps,
  row: RunRow,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<Json<Event>[], void, void> {
  if (!row.isKept) throw new AppError('run_log_expired', undefined, { param: 'run_id' });
  let at = after;
  for (let run = row; !signal.aborted; ) {
    const segments = await store.read(run.key, at);
    for (const { first, packed } of segments) {
      const events = unpackEvents(packed).slice(at + 1 - first);
      at += events.length;
      if (events.length > 0) yield events.map((event) => Json.ofBytes<Event>(event));
      // The database and a fast reader never make us wait, and everybody else would.
      await nextTurn();
      if (signal.aborted) return throwReason(signal);
    }
    if (segments.length > 0) continue;
    if (run.status !== 'in_progress') {
      const failure = failureOf(run);
      if (failure) throw failure;
      return;
    }
    // Another process makes it, and writes what there is once a second.
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    const found = await store.findByKey(run.key);
    if (!found) throw new AppError('run_not_found', 'The run was deleted.', { param: 'run_id' });
    run = found;
    // It had been stored and not begun when its log was looked for.
    const log = live.find<Event>(row.id);
    if (log) return yield* log.follow(at, signal);
  }
  throwReason(signal);
}
