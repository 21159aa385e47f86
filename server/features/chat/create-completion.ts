import type { ChatCompletion, ChatCompletionChunk, ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import { isToken } from '../../canonical/is-token.ts';
import type { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import type { OriginalRequest } from '../../providers/provider.ts';
import type { UsageStore } from '../../store/interface/usage.ts';
import type { Caller } from '../access/caller.ts';
import { expectChat } from '../metering/expect-tokens.ts';
import { Meter } from '../metering/meter.ts';
import type { Backend, Catalog } from '../models/catalog.ts';
import { affinityKeyOf } from '../routing/affinity-key.ts';
import type { Dispatcher, Job } from '../routing/dispatcher.ts';
import { checkUpstreamChoice } from './check-upstream-choice.ts';
import { type Adaptation, applyConstraints, checkChat, toCall } from './plan-chat.ts';
import { beginRelay, type ChunkBatch, relayStream } from './relay-chunks.ts';

export interface CompletionDeps {
  readonly catalog: Catalog;
  readonly dispatcher: Dispatcher;
  readonly usage: UsageStore;
}

/** Which surface a completion is made for, and what it wants done in its own way. */
export interface Surface {
  /** As in usage rows. */
  readonly operation: string;
  /** Of the stored conversation, if there is one; it is the affinity key. */
  readonly conversationId?: string | null;
  /** Called when the request is not let in, for lack of money or of room. */
  onRefused?(refusal: unknown): Promise<void>;
  /** Called when it is. */
  onAdmitted?(): void;
  /** The request as that surface got it, for upstreams that speak its dialect. */
  readonly original?: OriginalRequest | undefined;
  /** Those of the model's backends that can do it; absent: all. */
  readonly backends?: readonly Backend[] | undefined;
  /** What is changed for one backend; `x-gateway-applied` says it. */
  adapt?(backend: Backend): Adaptation;
  /** Whether a chunk holds a part of the answer; absent: as in the canonical form. */
  isToken?(chunk: ChatCompletionChunk): boolean;
}

const CHAT: Surface = { operation: 'v1.chat' };

export function withCost(answer: Json<ChatCompletion>, meter: Meter): Json<ChatCompletion> {
  const { usage } = answer.value;
  return usage && meter.showsCost ? answer.with({ usage: { ...usage, cost: meter.costUsd } }) : answer;
}

/** Decides everything before anything is sent, and lets the request in; the meter is yet to be ended. */
async function prepare(
  { catalog, usage }: CompletionDeps,
  request: Json<ChatCompletionRequest>,
  caller: Caller,
  surface: Surface,
) {
  const { operation, conversationId = null, original, backends, adapt } = surface;
  const { value } = request;
  const model = checkChat(catalog.for(caller.principal), value);
  checkUpstreamChoice(model, value, caller.principal);
  const affinityKey = () => (conversationId === null ? affinityKeyOf(value) : `conversation:${conversationId}`);
  const job: Job = { model, backends: backends ?? model.backends, caller, affinityKey };
  const meter = new Meter(usage, operation, model, caller, request.bytes.length);
  meter.conversationId = conversationId;
  meter.showsCost = value.usage?.include === true;
  await meter
    .admit(() => expectChat(value, model))
    ?.catch(async (refusal: unknown) => {
      await surface.onRefused?.(refusal);
      throw refusal;
    });
  surface.onAdmitted?.();
  const callOf = (backend: Backend, attempting: Caller, fields = value) => {
    meter.backend = backend;
    const plan = applyConstraints({ model, backend }, fields, () => value.messages, caller, adapt?.(backend));
    return toCall(plan, request, attempting, original);
  };
  return { job, meter, callOf };
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
  const { job, meter, callOf } = await prepare(deps, request, caller, surface);
  try {
    const answer = await deps.dispatcher.complete(job, (backend) => backend.provider.complete(callOf(backend, caller)));
    meter.whole(answer.value);
    meter.end();
    return withCost(answer, meter);
  } catch (error) {
    meter.end(error);
    throw error;
  }
}

/** The same as a stream of chunks. Nothing happens before the first pull, so early failures are still plain errors. */
export function streamCompletion(
  deps: CompletionDeps,
  request: Json<ChatCompletionRequest>,
  caller: Caller,
  surface: Surface = CHAT,
): AsyncGenerator<ChunkBatch, void, void> {
  const { value } = request;
  return relayStream(async () => {
    const { job, meter, callOf } = await prepare(deps, request, caller, surface);
    const begins = (chunk: ChatCompletionChunk) => surface.isToken?.(chunk) ?? isToken(chunk);
    const opening = deps.dispatcher.open(job, begins, (backend, attempting) =>
      backend.provider.stream(callOf(backend, attempting, { ...value, stream: true })),
    );
    const begun = await beginRelay(meter, opening);
    return { begun, includeUsage: value.stream_options?.include_usage === true, meter };
  });
}
