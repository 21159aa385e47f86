import type { ListInputItemsRequest } from '../../../contracts/conversations/openai-conversation.ts';
import type { ItemList } from '../../../contracts/responses/item.ts';
import type { ResponseRef, RetrieveResponseRequest } from '../../../contracts/responses/request.ts';
import {
  type Response,
  type ResponseDeleted,
  ResponseEcho,
  type ResponseEvent,
  ResponseFailure,
} from '../../../contracts/responses/response.ts';
import { parseExact } from '../../canonical/exact-json.ts';
import { runIdOf } from '../../canonical/ids.ts';
import { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import type { SeqRange, StoredResponse } from '../../store/interface/responses.ts';
import type { RunRow } from '../../store/interface/runs.ts';
import type { Caller, Principal } from '../access/caller.ts';
import { type FollowDeps, followRun } from '../runs/follow-run.ts';
import { placeOf } from '../runs/manage-runs.ts';
import { cutOf, describeResponse, toSeconds, withoutSignature } from './answer/describe-response.ts';
import { toUsage } from './answer/read-usage.ts';
import { replayResponse } from './answer/replay-response.ts';
import { pageItems, showsSignatures } from './list-page.ts';
import type { ResponseStores } from './open-response.ts';
import type { EventBatch } from './run-response.ts';
import { readOutput, toItems } from './stored-items.ts';

export interface ManageDeps extends ResponseStores {
  readonly following: FollowDeps;
}

const BROKEN_OFF = { code: 'server_error', message: 'The gateway stopped before the answer was whole.' };

async function findResponse(
  { responses }: ResponseStores,
  { response_id: id, user }: ResponseRef,
  { principal: { owner }, omitsMedia }: { readonly principal: Principal; readonly omitsMedia: boolean },
): Promise<StoredResponse> {
  const row = await responses.find(id, { owner, userId: user ?? null }, { omitsMedia });
  if (row) return row;
  throw new AppError('response_not_found', `There is no stored response '${id}'.`, { param: 'response_id' });
}

function statusOf({ answer }: StoredResponse): Response['status'] {
  if (answer.status === 'completed') return cutOf(answer.finishReason) === null ? 'completed' : 'incomplete';
  return answer.status === 'in_progress' || answer.status === 'cancelled' ? answer.status : 'failed';
}

function toResponse(row: StoredResponse, shown: boolean): Response {
  const status = statusOf(row);
  const { answer, error, endedAt } = row;
  const failure = error === null ? BROKEN_OFF : ResponseFailure.parse(JSON.parse(error));
  return describeResponse(ResponseEcho.parse(parseExact(row.echo)), {
    id: row.id,
    createdAt: toSeconds(row.createdAt),
    completedAt: status === 'completed' && endedAt ? toSeconds(endedAt) : null,
    status,
    output: shown ? readOutput(row.output) : readOutput(row.output).map(withoutSignature),
    usage: answer.usage ? toUsage(answer.usage) : undefined,
    error: status === 'failed' ? failure : null,
    finishReason: answer.finishReason,
  });
}

/** `GET /v1/responses/{response_id}` */
export async function getResponse(
  stores: ResponseStores,
  request: RetrieveResponseRequest,
  principal: Principal,
): Promise<Response> {
  return toResponse(
    await findResponse(stores, request, { principal, omitsMedia: false }),
    showsSignatures(request.include),
  );
}

/** The last event that a client has: `starting_after`, or the event id that the client sends when it connects again. */
export const placeIn = ({ starting_after: after, lastEventId }: RetrieveResponseRequest): number =>
  placeOf({ after, lastEventId });

/**
 * Streams a response: the events of its run, with the same bytes as the first time, or new events when the run has
 * none.
 */
export async function* followResponse(
  stores: ManageDeps,
  request: RetrieveResponseRequest,
  caller: Caller,
): AsyncGenerator<EventBatch, void, void> {
  const { response_id: id } = request;
  const after = placeIn(request);
  const response = await getResponse(stores, request, caller.principal);
  const { following } = stores;
  const row = await following.store.find(runIdOf(id), { owner: caller.principal.owner });
  if (row?.format === 'events' && (row.isKept || after >= 0)) {
    yield* followEvents(stores, { row, after, request }, caller);
  } else if (response.status === 'in_progress' && row) {
    await endOf(following, row, caller.signal);
    yield replay(await getResponse(stores, request, caller.principal), after);
  } else {
    yield replay(response, after);
  }
}

export const replay = (response: Response, after: number): EventBatch =>
  replayResponse(response, after).map((event) => Json.ofValue(event));

/** Resolves when a run has ended, which was asked for as a whole. */
async function endOf(following: FollowDeps, row: RunRow, signal: AbortSignal): Promise<void> {
  try {
    for await (const _ of followRun(following, row, row.last, signal));
  } catch {
    // The response says what it failed with.
  }
}

interface Followed {
  readonly row: RunRow;
  readonly after: number;
  readonly request: ResponseRef;
}

/** A run whose process was killed has no last event: it is made of what the response is now. */
export async function* followEvents(
  stores: ManageDeps,
  { row, after, request }: Followed,
  caller: Caller,
): AsyncGenerator<EventBatch, void, void> {
  let at = after;
  try {
    for await (const batch of followRun<ResponseEvent>(stores.following, row, after, caller.signal)) {
      at += batch.length;
      yield batch;
    }
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'run_log_expired') throw error;
    if (error.code !== 'run_interrupted') {
      // The last event tells the failure, where there is any event.
      if (at < 0) throw error;
      return;
    }
    const response = await getResponse(stores, request, caller.principal);
    yield [Json.ofValue({ type: 'response.failed', sequence_number: at + 1, response })];
  }
}

/**
 * `POST /v1/responses/{response_id}/cancel`: cancels a background response. A response that has ended does not change.
 */
export async function cancelResponse(stores: ManageDeps, ref: ResponseRef, principal: Principal): Promise<Response> {
  const response = await getResponse(stores, ref, principal);
  if (!response.background) {
    throw invalidField('response_id', 'Only a response in the background can be cancelled.');
  }
  return (await stop(stores, ref.response_id)) ? getResponse(stores, ref, principal) : response;
}

const stop = ({ following }: ManageDeps, id: string): Promise<boolean> =>
  following.runs.stopAndWait(runIdOf(id), new AppError('run_cancelled'));

/**
 * `DELETE /v1/responses/{response_id}`. Its conversation goes with it when it holds nothing else and was not named by
 * the client; else the messages stay until the conversation is deleted.
 */
export async function deleteResponse(
  stores: ManageDeps,
  ref: ResponseRef,
  principal: Principal,
): Promise<ResponseDeleted> {
  const { response_id: id } = ref;
  const reading = { principal, omitsMedia: true };
  await findResponse(stores, ref, reading);
  await stop(stores, id);
  const row = await findResponse(stores, ref, reading);
  const { conversation } = ResponseEcho.parse(JSON.parse(row.echo));
  const alone = conversation === null && row.answerSeq === row.messageCount && row.firstSeq === 1;
  const { conversationId, userId } = row;
  if (alone) await stores.conversations.remove({ id: conversationId, owner: principal.owner, userId });
  else await stores.responses.remove(id);
  return { id, object: 'response', deleted: true };
}

/** `GET /v1/responses/{response_id}/input_items` */
export async function listInputItems(
  stores: ResponseStores,
  request: ListInputItemsRequest,
  principal: Principal,
): Promise<ItemList> {
  const { conversationId, firstSeq, answerSeq } = await findResponse(stores, request, { principal, omitsMedia: true });
  const read = (range: SeqRange, omitsMedia: boolean) =>
    stores.responses.messages(conversationId, range, { omitsMedia });
  const rows = await read({ from: firstSeq, before: answerSeq }, true);
  const placed = rows.flatMap((row) => toItems(row).map((item) => ({ item, seq: row.seq })));
  return pageItems(placed, request, async (range) => (await read(range, false)).flatMap(toItems));
}
