import type { ResponseRequest } from '../../../contracts/responses/request.ts';
import type { Response } from '../../../contracts/responses/response.ts';
import { createdNow } from '../../canonical/chunk-writer.ts';
import { Json } from '../../canonical/json.ts';
import type { Caller } from '../access/caller.ts';
import { describeResponse, echoOf } from './answer/describe-response.ts';
import { EventLog } from './answer/event-log.ts';
import { newStem, responseIdOf } from './answer/item-ids.ts';
import { NO_USAGE, toUsage } from './answer/read-usage.ts';
import type { ResponseDeps } from './prepare-request.ts';
import type { EventBatch } from './run-response.ts';

/**
 * The events of a response to `generate: false`. The response has no output, but an id that the next request can
 * continue. No model is asked, and nothing is stored. Throws when the caller cannot use the model. The input is checked
 * with the next request.
 */
export async function* warmUp(
  deps: Pick<ResponseDeps, 'catalog'>,
  request: ResponseRequest,
  { principal }: Pick<Caller, 'principal'>,
): AsyncGenerator<EventBatch, void, void> {
  deps.catalog.for(principal).get(request.model);
  const echo = echoOf({ ...request, store: false }, null);
  const id = responseIdOf(newStem());
  const createdAt = createdNow();
  const response = (status: Response['status']): Response =>
    describeResponse(echo, {
      id,
      createdAt,
      completedAt: status === 'completed' ? createdAt : null,
      status,
      output: [],
      usage: status === 'completed' ? toUsage(NO_USAGE) : undefined,
    });
  const log = new EventLog();
  log.push('response.created', { response: response('in_progress') });
  log.push('response.in_progress', { response: response('in_progress') });
  log.push('response.completed', { response: response('completed') });
  yield log.take().map((event) => Json.ofValue(event));
}
