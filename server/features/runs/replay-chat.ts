import type { ChatCompletion, ChatCompletionChunk } from '../../../contracts/chat/completion.ts';
import { ChunkCollector } from '../../canonical/chunk-collector.ts';
import { Json } from '../../canonical/json.ts';
import type { RunRow } from '../../store/interface/runs.ts';
import type { Caller } from '../access/caller.ts';
import { type FollowDeps, followRun } from './follow-run.ts';
import { watchEvents } from './manage-runs.ts';
import { replayAnswer, tellReplay, tellWithFirst } from './tell-replay.ts';

async function collect(chunks: AsyncGenerator<Json<ChatCompletionChunk>[], void, void>): Promise<Json<ChatCompletion>> {
  const collector = new ChunkCollector();
  for await (const batch of chunks) for (const { value } of batch) collector.add(value);
  return Json.ofValue(collector.completion);
}

/** The answer of a run as one completion, whether it was requested as a stream or not. */
export async function replayCompletion(deps: FollowDeps, row: RunRow, caller: Caller): Promise<Json<ChatCompletion>> {
  if (row.format !== 'chunks') return replayAnswer<ChatCompletion>(deps, row, caller);
  const answer = await collect(followRun<ChatCompletionChunk>(deps, row, -1, caller.signal));
  await tellReplay(deps, row, caller);
  return answer;
}

/** The answer of a run as chunks. A failure before the first chunk is thrown at the first pull. */
export const replayChunks = (
  deps: FollowDeps,
  row: RunRow,
  after: number,
  caller: Caller,
): AsyncGenerator<Json<ChatCompletionChunk>[], void, void> =>
  tellWithFirst(deps, row, caller, watchEvents(deps, row, after, caller));
