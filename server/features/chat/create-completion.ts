import type { ChatCompletion, ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Json } from '../../providers/json.ts';
import type { UsageStore } from '../../store/store.ts';
import type { Catalog } from '../models/catalog.ts';
import { affinityKeyOf } from '../routing/affinity-key.ts';
import type { Dispatcher, Job } from '../routing/dispatcher.ts';
import type { Caller } from './caller.ts';
import { isToken } from './is-token.ts';
import { Meter } from './meter.ts';
import { applyConstraints, checkChat, toCall } from './plan-chat.ts';
import { type ChunkBatch, relayStream } from './relay-chunks.ts';

export interface CompletionDeps {
  readonly catalog: Catalog;
  readonly dispatcher: Dispatcher;
  readonly usage: UsageStore;
}

/** Which surface a completion is made for. */
export interface Surface {
  /** As in usage rows. */
  readonly operation: string;
  /** Of the stored conversation, if there is one; it is the affinity key. */
  readonly conversationId?: string | null;
}

const CHAT: Surface = { operation: 'v1.chat' };

/** What was checked is what is sent: no address of an image may hide behind a doubled key. */
function asChecked(request: Json<ChatCompletionRequest>): Json<ChatCompletionRequest> {
  const { bytes } = request;
  return bytes.includes('_url') || bytes.includes('\\u') ? request.unambiguous() : request;
}

/** Decides what can be decided before anything is sent; the meter is yet to be ended. */
function prepare(
  { catalog, usage }: CompletionDeps,
  request: Json<ChatCompletionRequest>,
  caller: Caller,
  { operation, conversationId = null }: Surface,
) {
  const { value } = request;
  const model = checkChat(catalog, value);
  const affinityKey = () => (conversationId === null ? affinityKeyOf(value) : `conversation:${conversationId}`);
  const job: Job = { model, backends: model.backends, caller, affinityKey };
  const meter = new Meter(usage, operation, model, caller, request.bytes.length);
  meter.conversationId = conversationId;
  return { model, job, meter, checked: asChecked(request) };
}

/** `POST /v1/chat/completions`: one stateless completion, as one answer. */
export async function createCompletion(
  deps: CompletionDeps,
  request: Json<ChatCompletionRequest>,
  caller: Caller,
  surface: Surface = CHAT,
): Promise<Json<ChatCompletion>> {
  const { value } = request;
  if (value.stream) {
    throw new AppError('invalid_field', 'A streamed completion is a subscription here.', { param: 'stream' });
  }
  const { model, job, meter, checked } = prepare(deps, request, caller, surface);
  try {
    const answer = await deps.dispatcher.complete(job, (backend) => {
      meter.backend = backend;
      const plan = applyConstraints({ model, backend }, value, () => value.messages, caller);
      return backend.provider.complete(toCall(plan, checked, caller));
    });
    meter.chunk();
    meter.report(answer.value.usage);
    meter.end();
    return answer;
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
  surface: Surface = CHAT,
): AsyncGenerator<ChunkBatch, void, void> {
  const { value } = request;
  const { model, job, meter, checked } = prepare(deps, request, caller, surface);
  const upstream = deps.dispatcher.stream(job, isToken, (backend, attempting) => {
    meter.backend = backend;
    const plan = applyConstraints({ model, backend }, { ...value, stream: true }, () => value.messages, caller);
    return backend.provider.stream(toCall(plan, checked, attempting));
  });
  yield* relayStream(upstream, value.stream_options?.include_usage === true, meter);
}
