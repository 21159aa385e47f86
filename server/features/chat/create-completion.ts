import type { ChatCompletion, ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Json } from '../../providers/json.ts';
import type { UsageStore } from '../../store/store.ts';
import type { Catalog } from '../models/catalog.ts';
import { affinityKeyOf } from '../routing/affinity-key.ts';
import type { Dispatcher, Job } from '../routing/dispatcher.ts';
import type { Caller } from './caller.ts';
import { expectChat } from './estimate-tokens.ts';
import { isToken } from './is-token.ts';
import { Meter } from './meter.ts';
import { applyConstraints, checkChat, toCall } from './plan-chat.ts';
import { type ChunkBatch, relayStream } from './relay-chunks.ts';

export interface CompletionDeps {
  readonly catalog: Catalog;
  readonly dispatcher: Dispatcher;
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

/** Decides everything before anything is sent, and lets the request in; the meter is yet to be ended. */
async function prepare({ catalog, usage }: CompletionDeps, request: Json<ChatCompletionRequest>, caller: Caller) {
  const { value } = request;
  const model = checkChat(catalog.for(caller.principal), value);
  const job: Job = { model, backends: model.backends, caller, affinityKey: () => affinityKeyOf(value) };
  const meter = new Meter(usage, OPERATION, model, caller, request.bytes.length);
  meter.showsCost = value.usage?.include === true;
  await meter.admit(() => expectChat(value, model));
  return { model, job, meter, checked: asChecked(request) };
}

/** `POST /v1/chat/completions`: one stateless completion, as one answer. */
export async function createCompletion(
  deps: CompletionDeps,
  request: Json<ChatCompletionRequest>,
  caller: Caller,
): Promise<Json<ChatCompletion>> {
  const { value } = request;
  if (value.stream) {
    throw new AppError('invalid_field', 'A streamed completion is a subscription here.', { param: 'stream' });
  }
  const { model, job, meter, checked } = await prepare(deps, request, caller);
  try {
    const answer = await deps.dispatcher.complete(job, (backend) => {
      meter.backend = backend;
      const plan = applyConstraints({ model, backend }, value, () => value.messages, caller);
      return backend.provider.complete(toCall(plan, checked, caller));
    });
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
  deps: CompletionDeps,
  request: Json<ChatCompletionRequest>,
  caller: Caller,
): AsyncGenerator<ChunkBatch, void, void> {
  const { value } = request;
  const { model, job, meter, checked } = await prepare(deps, request, caller);
  const upstream = deps.dispatcher.stream(job, isToken, (backend, attempting) => {
    meter.backend = backend;
    const plan = applyConstraints({ model, backend }, { ...value, stream: true }, () => value.messages, caller);
    return backend.provider.stream(toCall(plan, checked, attempting));
  });
  yield* relayStream(upstream, value.stream_options?.include_usage === true, meter);
}
