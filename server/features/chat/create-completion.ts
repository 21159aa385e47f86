import type { ChatCompletion, ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Json } from '../../providers/json.ts';
import type { UsageStore } from '../../store/store.ts';
import type { Catalog } from '../models/catalog.ts';
import type { Caller } from './caller.ts';
import { Meter } from './meter.ts';
import { planChat } from './plan-chat.ts';
import { type ChunkBatch, relayChunks } from './relay-chunks.ts';

export interface CompletionDeps {
  readonly catalog: Catalog;
  readonly usage: UsageStore;
}

const OPERATION = 'v1.chat';

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
  const { backend, changes, model } = plan;
  try {
    const answer = await backend.provider.complete({ model: backend.model, request, changes, signal: caller.signal });
    meter.chunk();
    meter.report(answer.value.usage);
    meter.end();
    return answer.value.model === model.alias ? answer : answer.with({ model: model.alias });
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
  const { backend, changes, model } = plan;
  let failure: unknown = new AppError('upstream_unavailable', 'The client left.');
  try {
    const upstream = backend.provider.stream({ model: backend.model, request, changes, signal: caller.signal });
    const includeUsage = request.value.stream_options?.include_usage === true;
    yield* relayChunks(upstream, { alias: model.alias, includeUsage, meter });
    failure = undefined;
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    meter.end(failure);
  }
}
