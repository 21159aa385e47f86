import type { ChatCompletion, ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Json } from '../../providers/json.ts';
import type { UsageStore } from '../../store/store.ts';
import type { Catalog } from '../models/catalog.ts';
import type { Caller } from './caller.ts';
import { expectChat } from './estimate-tokens.ts';
import { Meter } from './meter.ts';
import { planChat, toCall } from './plan-chat.ts';
import { type ChunkBatch, relayChunks } from './relay-chunks.ts';

export interface CompletionDeps {
  readonly catalog: Catalog;
  readonly usage: UsageStore;
}

const OPERATION = 'v1.chat';

/** What was checked is what is sent: no address of an image may hide behind a doubled key. */
function asChecked(request: Json<ChatCompletionRequest>): Json<ChatCompletionRequest> {
  const { bytes } = request;
  return bytes.includes('_url') || bytes.includes('\\u') ? request.unambiguous() : request;
}

export function withCost(answer: Json<ChatCompletion>, meter: Meter): Json<ChatCompletion> {
  const { usage } = answer.value;
  return usage && meter.showsCost ? answer.with({ usage: { ...usage, cost: meter.costUsd } }) : answer;
}

/** `POST /v1/chat/completions`: one stateless completion, as one answer. */
export async function createCompletion(
  { catalog, usage }: CompletionDeps,
  request: Json<ChatCompletionRequest>,
  caller: Caller,
): Promise<Json<ChatCompletion>> {
  if (request.value.stream) {
    throw new AppError('invalid_field', 'A streamed completion is a subscription here.', { param: 'stream' });
  }
  const plan = planChat(catalog, request.value, caller);
  const meter = new Meter(usage, OPERATION, plan, caller, request.bytes.length);
  meter.showsCost = request.value.usage?.include === true;
  await meter.admit(() => expectChat(request.value, plan.model));
  try {
    const answer = await plan.backend.provider.complete(toCall(plan, asChecked(request), caller));
    meter.whole(answer.value);
    meter.end();
    return withCost(answer, meter);
  } catch (error) {
    meter.end(error);
    throw error;
  }
}

/** The same as a stream of chunks. Nothing happens before the first pull, so early failures are still plain errors. */
export async function* streamCompletion(
  { catalog, usage }: CompletionDeps,
  request: Json<ChatCompletionRequest>,
  caller: Caller,
): AsyncGenerator<ChunkBatch, void, void> {
  const plan = planChat(catalog, { ...request.value, stream: true }, caller);
  const meter = new Meter(usage, OPERATION, plan, caller, request.bytes.length);
  meter.showsCost = request.value.usage?.include === true;
  await meter.admit(() => expectChat(request.value, plan.model));
  let failure: unknown = new AppError('upstream_unavailable', 'The client left.');
  try {
    const upstream = plan.backend.provider.stream(toCall(plan, asChecked(request), caller));
    const includeUsage = request.value.stream_options?.include_usage === true;
    for await (const batch of upstream) {
      const relayed = relayChunks(batch, includeUsage, meter);
      if (relayed.length > 0) yield relayed;
    }
    failure = undefined;
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    meter.end(failure);
  }
}
