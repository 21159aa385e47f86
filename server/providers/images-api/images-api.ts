import type { ChatCompletion, ChatCompletionChunk } from '../../../contracts/chat/completion.ts';
import type { ImageEvent, ImagesResponse } from '../../../contracts/images/generation.ts';
import { ChunkWriter } from '../../canonical/chunk-writer.ts';
import { toImageEvents } from '../../canonical/image-answer.ts';
import { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import { MAX_LARGE_ANSWER } from '../http/limits.ts';
import { PieceList } from '../http/piece-list.ts';
import type {
  FieldPolicy,
  ForwardCall,
  Forwarded,
  ImagesCall,
  Provider,
  ProviderCall,
  ProviderHealth,
} from '../provider.ts';
import { toCompletion, toImageRequest } from './chat-to-images.ts';
import { readImages } from './read-answer.ts';
import { readEvents } from './read-events.ts';
import { toUpstream } from './to-upstream.ts';

async function readAll({ body }: Forwarded): Promise<Buffer> {
  const parts = new PieceList();
  for await (const batch of body) {
    for (const part of batch) parts.push(part);
    if (parts.bytes > MAX_LARGE_ANSWER) {
      throw new AppError('upstream_broken', 'The upstream sent more than an answer can hold.');
    }
  }
  return parts.join();
}

/**
 * Models that their upstream only serves at OpenAI's `/images/generations` and `/images/edits` (gpt-image, DALL·E,
 * local diffusion servers). A chat with such a model is translated to a request for pictures.
 */
export class ImagesApiProvider implements Provider {
  readonly id: string;
  readonly kind: string;
  readonly fieldPolicy: FieldPolicy;
  readonly #upstream: Provider;

  constructor(upstream: Provider) {
    this.id = upstream.id;
    this.kind = upstream.kind;
    this.fieldPolicy = upstream.fieldPolicy;
    this.#upstream = upstream;
  }

  async makeImages(call: ImagesCall): Promise<Json<ImagesResponse>> {
    return readImages(await readAll(await this.#send(call, false)), call.request);
  }

  async *streamImages(call: ImagesCall): AsyncGenerator<Json<ImageEvent>[], void, void> {
    const forwarded = await this.#send(call, true);
    if (forwarded.contentType.startsWith('text/event-stream')) yield* readEvents(forwarded.body);
    else yield toImageEvents(readImages(await readAll(forwarded), call.request).value, call.request);
  }

  async complete(call: ProviderCall): Promise<Json<ChatCompletion>> {
    const { model, alias, signal, timeouts, tap } = call;
    const request = toImageRequest(call.request.with(call.changes).value);
    const answer = await this.makeImages({ model, request, signal, timeouts, tap });
    return Json.ofValue(toCompletion(answer.value, alias));
  }

  async *stream(call: ProviderCall): AsyncGenerator<Json<ChatCompletionChunk>[], void, void> {
    const { value } = await this.complete(call);
    const writer = new ChunkWriter(call.alias, value.id);
    for (const { index, message } of value.choices) {
      const { role, content, images } = message;
      yield [
        Json.ofValue(writer.delta({ role, content, images }, index)),
        Json.ofValue(writer.finish('stop', undefined, index)),
      ];
    }
    if (value.usage) yield [Json.ofValue(writer.usage(value.usage))];
  }

  forward(call: ForwardCall): Promise<Forwarded> {
    if (this.#upstream.forward) return this.#upstream.forward(call);
    throw new AppError('upstream_refused', `The provider '${this.id}' has no endpoint for images.`);
  }

  health(signal: AbortSignal): Promise<ProviderHealth> {
    return this.#upstream.health(signal);
  }

  close(): Promise<void> {
    return this.#upstream.close();
  }

  #send({ model, request, signal, timeouts, tap }: ImagesCall, stream: boolean): Promise<Forwarded> {
    return this.forward({ ...toUpstream(request, model, stream), signal, timeouts, tap });
  }
}
