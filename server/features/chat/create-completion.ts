import type { ChatCompletion, ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Json } from '../../providers/json.ts';
import type { UsageStore } from '../../store/store.ts';
import type { Catalog } from '../models/catalog.ts';
import type { Caller } from './caller.ts';
import { Meter } from './meter.ts';
import { type ChatPlan, planChat, toCall } from './plan-chat.ts';
import { type ChunkBatch, relayChunks } from './relay-chunks.ts';

export interface CompletionDeps {
  readonly catalog: Catalog;
  readonly usage: UsageStore;
}

/** Which surface a completion is made for. */
export interface Surface {
  /** As in usage rows. */
  readonly operation: string;
  readonly conversationId?: string | null;
}

const CHAT: Surface = { operation: 'v1.chat' };

function startMeter({ usage }: CompletionDeps, plan: ChatPlan, caller: Caller, bytes: number, surface: Surface): Meter {
  const meter = new Meter(usage, surface.operation, plan, caller, bytes);
  meter.conversationId = surface.conversationId ?? null;
  return meter;
}

/** What was checked is what is sent: no address of an image may hide behind a doubled key. */
function asChecked(request: Json<ChatCompletionRequest>): Json<ChatCompletionRequest> {
  const { bytes } = request;
  return bytes.includes('_url') || bytes.includes('\\u') ? request.unambiguous() : request;
}

/** `POST /v1/chat/completions`: one stateless completion, as one answer. */
export async function createCompletion(
  deps: CompletionDeps,
  request: Json<ChatCompletionRequest>,
  caller: Caller,
  surface: Surface = CHAT,
): Promise<Json<ChatCompletion>> {
  if (request.value.stream) {
    throw new AppError('invalid_field', 'A streamed completion is a subscription here.', { param: 'stream' });
  }
  const plan = planChat(deps.catalog, request.value, caller);
  const meter = startMeter(deps, plan, caller, request.bytes.length, surface);
  try {
    const answer = await plan.backend.provider.complete(toCall(plan, asChecked(request), caller));
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
  const plan = planChat(deps.catalog, { ...request.value, stream: true }, caller);
  const meter = startMeter(deps, plan, caller, request.bytes.length, surface);
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
