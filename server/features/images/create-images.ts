import type { ChatCompletion, Usage } from '../../../contracts/chat/completion.ts';
import type { ImageEvent, ImagesResponse, ImageUsage } from '../../../contracts/images/generation.ts';
import { type ImageRequest, toImageEvents } from '../../canonical/image-answer.ts';
import { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import type { ProviderCall } from '../../providers/provider.ts';
import type { Caller } from '../access/caller.ts';
import { endUserOf } from '../access/end-user.ts';
import { expectImages } from '../metering/expect-tokens.ts';
import {
  type Attempt,
  type MeteredRequest,
  type MeteringDeps,
  runMetered,
  streamMetered,
} from '../metering/run-metered.ts';
import type { CatalogModel } from '../models/catalog.ts';
import type { CurrentCatalog } from '../models/live-catalog.ts';
import { fromChat, sumUsage } from './from-chat.ts';
import { checkedModel, type ImagesPlan, operationOf, planImages } from './plan-images.ts';

export interface ImagesDeps extends MeteringDeps {
  readonly catalog: CurrentCatalog;
}

const toUsage = ({ input_tokens, output_tokens, total_tokens }: ImageUsage): Usage => ({
  prompt_tokens: input_tokens,
  completion_tokens: output_tokens,
  total_tokens,
});

/**
 * Runs the same chat several times at once. When one fails, the others are cancelled, so that nobody waits or pays for
 * them.
 */
async function completeAll({ backend, meter }: Attempt, call: ProviderCall, times: number): Promise<ChatCompletion[]> {
  const stop = new AbortController();
  const signal = AbortSignal.any([call.signal, stop.signal]);
  try {
    // Each is counted as it comes: when another one fails, it was received all the same.
    const one = async () => {
      const { value } = await backend.provider.complete({ ...call, signal });
      meter.recordCompletion(value);
      return value;
    };
    return await Promise.all(Array.from({ length: times }, one));
  } catch (error) {
    stop.abort();
    throw error;
  }
}

/** The request as it goes to any backend. */
function toMetered(model: CatalogModel, request: ImageRequest, caller: Caller): MeteredRequest {
  return {
    operation: operationOf(request),
    job: { model, backends: model.backends, caller, affinityKey: () => request.prompt },
    endUser: endUserOf(request.user, 'user'),
    requestBytes: Buffer.byteLength(request.prompt),
    expect: () => expectImages(request),
  };
}

async function make(request: ImageRequest, plan: ImagesPlan, attempt: Attempt): Promise<Json<ImagesResponse>> {
  const { meter, backend } = attempt;
  if ('images' in plan && backend.provider.makeImages) {
    const answer = await backend.provider.makeImages(plan.images);
    if (answer.value.usage) meter.recordUsage(toUsage(answer.value.usage));
    meter.recordFirstToken();
    meter.recordImages(answer.value.data.length);
    return answer;
  }
  if (!('chat' in plan)) throw new AppError('internal_error');
  const answers = await completeAll(attempt, plan.chat, request.n ?? 1);
  meter.recordUsage(sumUsage(answers));
  return Json.ofValue(fromChat(answers, request));
}

/** `POST /v1/images/generations` and `/v1/images/edits`, as one answer. */
export async function createImages(
  deps: ImagesDeps,
  request: ImageRequest,
  caller: Caller,
): Promise<Json<ImagesResponse>> {
  if (request.stream) {
    throw invalidField(
      'stream',
      `Set \`stream\` to false: over tRPC, use the \`${operationOf(request)}.stream\` subscription to stream.`,
    );
  }
  const model = checkedModel(deps.catalog.for(caller.principal), request, caller.principal);
  return runMetered(deps, {
    request: toMetered(model, request, caller),
    attempt: (attempt) => make(request, planImages(model, attempt.backend, request, attempt.caller), attempt),
  });
}

/** Streams the upstream's events. When the upstream does not stream, the events of its complete pictures are sent. */
async function* eventsOf(
  request: ImageRequest,
  plan: ImagesPlan,
  attempt: Attempt,
): AsyncGenerator<Json<ImageEvent>[], void, void> {
  const { meter, backend } = attempt;
  if (!('images' in plan) || !backend.provider.streamImages) {
    yield toImageEvents((await make(request, plan, attempt)).value, request);
    return;
  }
  for await (const batch of backend.provider.streamImages(plan.images)) {
    for (const { value } of batch) {
      meter.recordFirstToken();
      if (value.type.endsWith('.completed')) meter.recordImages(1);
      if (value.usage) meter.recordUsage(toUsage(value.usage));
    }
    yield batch;
  }
}

/**
 * Creates images as a stream of events. Nothing happens before the first pull, so early failures are still plain
 * errors.
 */
export function streamImages(
  deps: ImagesDeps,
  request: ImageRequest,
  caller: Caller,
): AsyncGenerator<Json<ImageEvent>[], void, void> {
  return streamMetered(deps, () => {
    const model = checkedModel(deps.catalog.for(caller.principal), request, caller.principal);
    return {
      request: toMetered(model, request, caller),
      isFixed: true,
      // Every event holds a picture, or a part of one.
      isToken: () => true,
      open: (attempt) => eventsOf(request, planImages(model, attempt.backend, request, attempt.caller), attempt),
      relay: (batch) => [...batch],
    };
  });
}
