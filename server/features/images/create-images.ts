import type { ChatCompletion, Usage } from '../../../contracts/chat/completion.ts';
import type { ImageEvent, ImagesResponse, ImageUsage } from '../../../contracts/images/generation.ts';
import { type ImageRequest, isEdit, toImageEvents } from '../../canonical/image-answer.ts';
import { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Provider, ProviderCall } from '../../providers/provider.ts';
import type { UsageStore } from '../../store/interface/usage.ts';
import type { Caller } from '../access/caller.ts';
import { expectImages } from '../metering/expect-tokens.ts';
import { Meter } from '../metering/meter.ts';
import type { Backend, Catalog } from '../models/catalog.ts';
import type { Dispatcher, Job } from '../routing/dispatcher.ts';
import { fromChat, sumUsage } from './from-chat.ts';
import { checkedModel, type ImagesPlan, operationOf, planImages } from './plan-images.ts';

export interface ImagesDeps {
  readonly catalog: Catalog;
  readonly dispatcher: Dispatcher;
  readonly usage: UsageStore;
}

const toUsage = ({ input_tokens, output_tokens, total_tokens }: ImageUsage): Usage => ({
  prompt_tokens: input_tokens,
  completion_tokens: output_tokens,
  total_tokens,
});

/** The same chat several times at once; when one fails, the others are not worth waiting, or paying, for. */
async function completeAll(
  { provider, meter }: { provider: Provider; meter: Meter },
  call: ProviderCall,
  times: number,
): Promise<ChatCompletion[]> {
  const stop = new AbortController();
  const signal = AbortSignal.any([call.signal, stop.signal]);
  try {
    // Each is counted as it comes: when another one fails, it was received all the same.
    const one = async () => {
      const { value } = await provider.complete({ ...call, signal });
      meter.whole(value);
      return value;
    };
    return await Promise.all(Array.from({ length: times }, one));
  } catch (error) {
    stop.abort();
    throw error;
  }
}

/** What is done for one request, whichever backend answers. */
interface Work {
  readonly job: Job;
  readonly request: ImageRequest;
  readonly meter: Meter;
  planFor(backend: Backend): ImagesPlan;
}

async function prepare({ catalog, usage }: ImagesDeps, request: ImageRequest, caller: Caller): Promise<Work> {
  const model = checkedModel(catalog.for(caller.principal), request);
  const meter = new Meter(usage, operationOf(request), model, caller, Buffer.byteLength(request.prompt));
  const job = { model, backends: model.backends, caller, affinityKey: () => request.prompt };
  const planFor = (backend: Backend) => {
    meter.backend = backend;
    return planImages(model, backend, request, caller);
  };
  await meter.admit(() => expectImages(request.prompt.length, isEdit(request) ? request.images.length : 0, request.n));
  return { job, request, meter, planFor };
}

async function make({ provider }: Backend, plan: ImagesPlan, { request, meter }: Work): Promise<Json<ImagesResponse>> {
  if ('images' in plan && provider.makeImages) {
    const answer = await provider.makeImages(plan.images);
    if (answer.value.usage) meter.report(toUsage(answer.value.usage));
    for (const _ of answer.value.data) meter.chunk();
    meter.image(answer.value.data.length);
    return answer;
  }
  if (!('chat' in plan)) throw new AppError('internal_error');
  const answers = await completeAll({ provider, meter }, plan.chat, request.n ?? 1);
  meter.report(sumUsage(answers));
  return Json.ofValue(fromChat(answers, request));
}

/** `POST /v1/images/generations` and `/v1/images/edits`, as one answer. */
export async function createImages(
  deps: ImagesDeps,
  request: ImageRequest,
  caller: Caller,
): Promise<Json<ImagesResponse>> {
  if (request.stream) {
    throw new AppError('invalid_field', 'Streamed images are a subscription here.', { param: 'stream' });
  }
  const work = await prepare(deps, request, caller);
  try {
    const answer = await deps.dispatcher.complete(work.job, (backend) => make(backend, work.planFor(backend), work));
    work.meter.end();
    return answer;
  } catch (error) {
    work.meter.end(error);
    throw error;
  }
}

/** As the upstream streams it; one that does not is answered with the events of its complete pictures. */
async function* eventsOf(backend: Backend, work: Work): AsyncGenerator<Json<ImageEvent>[], void, void> {
  const { meter, request } = work;
  const { provider } = backend;
  const plan = work.planFor(backend);
  if (!('images' in plan) || !provider.streamImages) {
    yield toImageEvents((await make(backend, plan, work)).value, request);
    return;
  }
  for await (const batch of provider.streamImages(plan.images)) {
    for (const { value } of batch) {
      meter.chunk();
      if (value.type.endsWith('.completed')) meter.image(1);
      if (value.usage) meter.report(toUsage(value.usage));
    }
    yield batch;
  }
}

/** The same as a stream of events. Nothing happens before the first pull, so early failures are still plain errors. */
export async function* streamImages(
  deps: ImagesDeps,
  request: ImageRequest,
  caller: Caller,
): AsyncGenerator<Json<ImageEvent>[], void, void> {
  const work = await prepare(deps, request, caller);
  let failure: unknown = new AppError('upstream_unavailable', 'The client left.');
  try {
    // Every event holds a picture, or a part of one.
    yield* deps.dispatcher.stream(
      work.job,
      (_: ImageEvent) => true,
      (backend) => eventsOf(backend, work),
    );
    failure = undefined;
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    work.meter.end(failure);
  }
}
