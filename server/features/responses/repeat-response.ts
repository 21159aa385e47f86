import type { ResponseRequest } from '../../../contracts/responses/request.ts';
import type { Response, ResponseEvent } from '../../../contracts/responses/response.ts';
import { siblingId } from '../../canonical/ids.ts';
import { AppError } from '../../errors/app-error.ts';
import type { RunRow } from '../../store/interface/runs.ts';
import type { Caller } from '../access/caller.ts';
import { failureOf, followRun } from '../runs/follow-run.ts';
import { replayAnswer, tellReplay, tellWithFirst } from '../runs/tell-replay.ts';
import { followEvents, type ManageDeps, replay } from './manage-responses.ts';
import type { EventBatch } from './run-response.ts';

/** The response in its first event, as whoever began it in the background got it, or in the last one, which has everything. */
async function responseIn(
  events: AsyncGenerator<EventBatch, void, void>,
  which: 'first' | 'last',
): Promise<Response | null> {
  let found: Response | null = null;
  for await (const batch of events) {
    for (const { value } of batch) {
      found = value.response ?? found;
      if (found && which === 'first') return found;
    }
  }
  return found;
}

/** The response of a run that streamed events. */
async function readResponse(
  deps: ManageDeps,
  request: ResponseRequest,
  row: RunRow,
  caller: Caller,
): Promise<Response> {
  const { following } = deps;
  const events = followRun<ResponseEvent>(following, row, -1, caller.signal);
  const response = await responseIn(events, request.background ? 'first' : 'last');
  if (!request.background) {
    const ended = await following.store.findByKey(row.key);
    const failure = ended && failureOf(ended);
    if (failure) throw failure;
  }
  if (response) return response;
  throw new AppError('client_disconnected');
}

/** A response that was requested before, as one answer. The first request may have been a stream. */
export async function repeatResponse(
  deps: ManageDeps,
  request: ResponseRequest,
  row: RunRow,
  caller: Caller,
): Promise<Response> {
  if (row.format === 'response') return (await replayAnswer<Response>(deps.following, row, caller)).value;
  const response = await readResponse(deps, request, row, caller);
  await tellReplay(deps.following, row, caller);
  return response;
}

/** Repeats a response as events. A failure before the first event is thrown at the first pull. */
export async function* repeatEvents(
  deps: ManageDeps,
  { row, after, user }: { readonly row: RunRow; readonly after: number; readonly user: ResponseRequest['user'] },
  caller: Caller,
): AsyncGenerator<EventBatch, void, void> {
  if (row.format === 'response') {
    const { value } = await replayAnswer<Response>(deps.following, row, caller);
    yield replay(value, after);
    return;
  }
  const request = { response_id: siblingId(row.id, 'resp_'), user };
  yield* tellWithFirst(deps.following, row, caller, followEvents(deps, { row, after, request }, caller));
}
