import type { ChatCompletion, Usage } from '../../../contracts/chat/completion.ts';
import type { ImageEvent, ImagesResponse, ImageUsage } from '../../../contracts/images/generation.ts';
import { AppError } from '../../errors/app-error.ts';
import { type ImageRequest, isEdit, toImageEvents } from '../../providers/image-answer.ts';
import { Json } from '../../providers/json.ts';
import type { Provider, ProviderCall } from '../../providers/provider.ts';
import type { UsageStore } from '../../store/store.ts';
import type { Caller } from '../chat/caller.ts';
import { expectImages } from '../chat/estimate-tokens.ts';
import { Meter } from '../chat/meter.ts';
import type { Catalog } from '../models/catalog.ts';
import { fromChat, sumUsage } from './from-chat.ts';
import { type ImagesPlan, planImages } from './plan-images.ts';

export interface ImagesDeps {
  readonly catalog: Catalog;
  readonly usage: UsageStore;
}

const toUsage = ({ input_tokens, output_tokens, total_tokens }: ImageUsage): Usage => ({
  prompt_tokens: input_tokens,
  completion_tokens: output_tokens,
  total_tokens,
});

/** The same chat several times at once; when one fails, the others are not worth waiting, or paying, for. */
async function completeAll(provider: Provider, call: ProviderCall, times: number): Promise<ChatCompletion[]> {
  const stop = new AbortController();
  const signal = AbortSignal.any([call.signal, stop.signal]);
  try {
    const calls = Array.from({ length: times }, () => provider.complete({ ...call, signal }));
    return (await Promise.all(calls)).map(({ value }) => value);
  } catch (error) {
    stop.abort();
    throw error;
  }
}

async function make({ how, chat }: ImagesPlan, request: ImageRequest, meter: Meter): Promise<Json<ImagesResponse>> {
  const { provider } = chat.backend;
  if ('images' in how && provider.makeImages) {
    const answer = await provider.makeImages(how.images);
    if (answer.value.usage) meter.report(toUsage(answer.value.usage));
    for (const _ of answer.value.data) meter.chunk();
    meter.image(answer.value.data.length);
    return answer;
  }
  if (!('chat' in how)) throw new AppError('internal_error');
  const answers = await completeAll(provider, how.chat, request.n ?? 1);
  meter.report(sumUsage(answers));
  for (const _ of answers) meter.chunk();
  const made = fromChat(answers, request);
  meter.image(made.data.length);
  return Json.ofValue(made);
}

/** `POST /v1/images/generations` and `/v1/images/edits`, as one answer. */
export async function createImages(
  { catalog, usage }: ImagesDeps,
  request: ImageRequest,
  caller: Caller,
): Promise<Json<ImagesResponse>> {
  if (request.stream) {
    throw new AppError('invalid_field', 'Streamed images are a subscription here.', { param: 'stream' });
  }
  const plan = planImages(catalog, request, caller);
  const meter = new Meter(usage, plan.operation, plan.chat, caller, Buffer.byteLength(request.prompt));
  await meter.admit(() => expectImages(request.prompt.length, isEdit(request) ? request.images.length : 0, request.n));
  try {
    const answer = await make(plan, request, meter);
    meter.end();
    return answer;
  } catch (error) {
    meter.end(error);
    throw error;
  }
}

/** As the upstream streams it; one that does not is answered with the events of its complete pictures. */
async function* eventsOf(
  plan: ImagesPlan,
  request: ImageRequest,
  meter: Meter,
): AsyncGenerator<Json<ImageEvent>[], void, void> {
  const { provider } = plan.chat.backend;
  if (!('images' in plan.how) || !provider.streamImages) {
    yield toImageEvents((await make(plan, request, meter)).value, request);
    return;
  }
  for await (const batch of provider.streamImages(plan.how.images)) {
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
  { catalog, usage }: ImagesDeps,
  request: ImageRequest,
  caller: Caller,
): AsyncGenerator<Json<ImageEvent>[], void, void> {
  const plan = planImages(catalog, request, caller);
  const meter = new Meter(usage, plan.operation, plan.chat, caller, Buffer.byteLength(request.prompt));
  await meter.admit(() => expectImages(request.prompt.length, isEdit(request) ? request.images.length : 0, request.n));
  let failure: unknown = new AppError('upstream_unavailable', 'The client left.');
  try {
    yield* eventsOf(plan, request, meter);
    failure = undefined;
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    meter.end(failure);
  }
}
