import type { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import type { RunRow } from '../../store/interface/runs.ts';
import type { Caller } from '../access/caller.ts';
import { type FollowDeps, followRun } from './follow-run.ts';
import { tellHeaders } from './manage-runs.ts';

/** Says in headers what the answer said to the request that began it, once there is something of it. */
export async function tellReplay(deps: FollowDeps, row: RunRow, caller: Caller): Promise<void> {
  const isLive = deps.runs.find(row.id) !== null;
  // The row was read before the run had its headers.
  tellHeaders(deps, isLive ? row : ((await deps.store.findByKey(row.key)) ?? row), caller);
}

/** Relays the events, and sets the headers of the replay before the first one. */
export async function* tellWithFirst<Event extends object>(
  deps: FollowDeps,
  row: RunRow,
  caller: Caller,
  events: AsyncGenerator<Json<Event>[], void, void>,
): AsyncGenerator<Json<Event>[], void, void> {
  try {
    const first = await events.next();
    await tellReplay(deps, row, caller);
    if (!first.done) yield first.value;
    yield* events;
  } finally {
    await events.return();
  }
}

/** The one event of the log of an answer that came as a whole. */
export async function firstOf<Event extends object>(
  events: AsyncGenerator<Json<Event>[], void, void>,
): Promise<Json<Event>> {
  for await (const [event] of events) if (event) return event;
  throw new AppError('client_disconnected');
}

/** The complete answer of a run that did not stream. */
export async function replayAnswer<Answer extends object>(
  deps: FollowDeps,
  row: RunRow,
  caller: Caller,
): Promise<Json<Answer>> {
  const answer = await firstOf(followRun<Answer>(deps, row, -1, caller.signal));
  await tellReplay(deps, row, caller);
  return answer;
}
