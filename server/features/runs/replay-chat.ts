import type { ChatCompletion, ChatCompletionChunk } from '../../../contracts/chat/completion.ts';
import { ChunkCollector } from '../../canonical/chunk-collector.ts';
import { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import type { RunRow } from '../../store/interface/runs.ts';
import type { Caller } from '../access/caller.ts';
import { type FollowDeps, followRun } from './follow-run.ts';
import { tellHeaders, watchEvents } from './manage-runs.ts';

/** Says in headers what the answer said to the request that began it, once there is something of it. */
export async function tellReplay(deps: FollowDeps, row: RunRow, caller: Caller): Promise<void> {
  const isLive = deps.runs.find(row.id) !== null;
  // The row was read before the run had its headers.
  tellHeaders(deps, isLive ? row : ((await deps.store.findByKey(row.key)) ?? row), caller);
}

/** The one event of the log of an answer that came as a whole. */
export async function firstOf<Event extends object>(
  events: AsyncGenerator<Json<Event>[], void, void>,
): Promise<Json<Event>> {
  for await (const [event] of events) if (event) return event;
  throw new AppError('client_disconnected');
}

async function collect(chunks: AsyncGenerator<Json<ChatCompletionChunk>[], void, void>): Promise<Json<ChatCompletion>> {
  const collector = new ChunkCollector();
  for await (const batch of chunks) for (const { value } of batch) collector.add(value);
  return Json.ofValue(collector.completion);
}

/** What a run answers, as one completion, in whichever way it was asked for. */
export async function replayCompletion(deps: FollowDeps, row: RunRow, caller: Caller): Promise<Json<ChatCompletion>> {
  const { signal } = caller;
  const answer =
    row.format === 'chunks'
      ? await collect(followRun<ChatCompletionChunk>(deps, row, -1, signal))
      : await firstOf(followRun<ChatCompletion>(deps, row, -1, signal));
  await tellReplay(deps, row, caller);
  return answer;
}

/** The same as chunks. What fails before the first one is thrown before it. */
export async function* replayChunks(
  deps: FollowDeps,
  row: RunRow,
  after: number,
  caller: Caller,
): AsyncGenerator<Json<ChatCompletionChunk>[], void, void> {
  const events = watchEvents(deps, row, after, caller);
  try {
    const first = await events.next();
    await tellReplay(deps, row, caller);
    if (!first.done) yield first.value;
    yield* events;
  } finally {
    await events.return();
  }
}
