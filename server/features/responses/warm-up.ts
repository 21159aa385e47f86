import type { ResponseRequest } from '../../../contracts/responses/request.ts';
import type { Response } from '../../../contracts/responses/response.ts';
import { Json } from '../../canonical/json.ts';
import type { Caller } from '../access/caller.ts';
import { describeResponse, echoOf } from './answer/describe-response.ts';
import { EventLog } from './answer/event-log.ts';
import { newStem, responseIdOf } from './answer/item-ids.ts';
import { toUsage } from './answer/read-usage.ts';
import type { ResponseDeps } from './prepare-request.ts';
import type { EventBatch } from './run-response.ts';

/**
 * The events of a response to `generate: false`: it has an id to go on from, and no output. No model is asked, and
 * nothing is stored. Throws when the caller cannot use the model. The input is checked with the request that goes on.
 */
export async function* warmUp(
  deps: Pick<ResponseDeps, 'catalog'>,
  request: ResponseRequest,
  { principal }: Pick<Caller, 'principal'>,
): AsyncGenerator<EventBatch, void, void> {
  deps.catalog.for(principal).get(request.model);
  const echo = echoOf({ ...request, store: false }, null);
  const id = responseIdOf(newStem());
  const createdAt = Math.floor(Date.now() / 1000);
  const usage = toUsage({ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 });
  const response = (status: Response['status']): Response =>
    describeResponse(echo, {
      id,
      createdAt,
      completedAt: status === 'completed' ? createdAt : null,
      status,
      output: [],
      usage: status === 'completed' ? usage : undefined,
    });
  const log = new EventLog();
  log.push('response.created', { response: response('in_progress') });
  log.push('response.in_progress', { response: response('in_progress') });
  log.push('response.completed', { response: response('completed') });
  yield log.take().map((event) => Json.ofValue(event));
}
