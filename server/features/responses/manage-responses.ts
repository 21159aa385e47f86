import type { ListInputItemsRequest } from '../../../contracts/responses/conversation.ts';
import type { ItemList } from '../../../contracts/responses/item.ts';
import type { ResponseRef, RetrieveResponseRequest } from '../../../contracts/responses/request.ts';
import {
  type Response,
  type ResponseDeleted,
  ResponseEcho,
  ResponseFailure,
} from '../../../contracts/responses/response.ts';
import { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import type { StoredResponse } from '../../store/interface/responses.ts';
import type { Caller, Principal } from '../access/caller.ts';
import { cutOf, describeResponse, withoutProof } from './answer/describe-response.ts';
import { toUsage } from './answer/read-usage.ts';
import { replayResponse } from './answer/replay-response.ts';
import { listPage, showsProof } from './list-page.ts';
import type { ResponseStores } from './open-response.ts';
import type { EventBatch } from './run-response.ts';
import type { RunningResponses } from './running-responses.ts';
import { readOutput, toItems } from './stored-items.ts';

const BROKEN_OFF = { code: 'server_error', message: 'The gateway stopped before the answer was whole.' };

const toSeconds = (date: Date) => Math.floor(date.getTime() / 1000);

async function findResponse(
  { responses }: ResponseStores,
  { response_id: id, user }: ResponseRef,
  { owner }: Principal,
): Promise<StoredResponse> {
  const row = await responses.find(id, { owner, userId: user ?? null });
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
  return describeResponse(ResponseEcho.parse(JSON.parse(row.echo)), {
    id: row.id,
    createdAt: toSeconds(row.createdAt),
    completedAt: status === 'completed' && endedAt ? toSeconds(endedAt) : null,
    status,
    output: shown ? readOutput(row.output) : readOutput(row.output).map(withoutProof),
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
  return toResponse(await findResponse(stores, request, principal), showsProof(request.include));
}

/** The same as events: those of an answer that is being given in the background, or those of a stored one anew. */
export async function* followResponse(
  stores: ResponseStores,
  running: RunningResponses,
  request: RetrieveResponseRequest,
  caller: Caller,
): AsyncGenerator<EventBatch, void, void> {
  const { response_id: id, starting_after: after = -1 } = request;
  const response = await getResponse(stores, request, caller.principal);
  if (running.has(id)) {
    yield* running.follow(id, after, caller.signal);
    return;
  }
  if (response.status === 'in_progress') {
    throw new AppError('stream_not_resumable', 'It is being answered elsewhere; read it when it has ended.', {
      param: 'stream',
    });
  }
  yield replayResponse(response, after).map((event) => Json.ofValue(event));
}

/** `POST /v1/responses/{response_id}/cancel`: of one in the background; one that has ended stays as it is. */
export async function cancelResponse(
  stores: ResponseStores,
  running: RunningResponses,
  ref: ResponseRef,
  principal: Principal,
): Promise<Response> {
  const response = await getResponse(stores, ref, principal);
  if (!response.background) {
    throw new AppError('invalid_field', 'Only a response in the background can be cancelled.', {
      param: 'response_id',
    });
  }
  return (await running.cancel(ref.response_id)) ? getResponse(stores, ref, principal) : response;
}

/**
 * `DELETE /v1/responses/{response_id}`. Its conversation goes with it when it holds nothing else and was not named by
 * the client; else the messages stay until the conversation is deleted.
 */
export async function deleteResponse(
  stores: ResponseStores,
  running: RunningResponses,
  ref: ResponseRef,
  principal: Principal,
): Promise<ResponseDeleted> {
  const { response_id: id } = ref;
  await findResponse(stores, ref, principal);
  await running.cancel(id);
  const row = await findResponse(stores, ref, principal);
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
  const { conversationId, firstSeq, answerSeq } = await findResponse(stores, request, principal);
  const rows = await stores.responses.messages(conversationId, firstSeq, answerSeq);
  return listPage(rows.flatMap(toItems), request);
}
