import type { ImageEvent } from '../../../contracts/images/generation.ts';
import { AppError } from '../../errors/app-error.ts';
import { SseParser } from '../http/sse-parser.ts';
import type { Json } from '../json.ts';
import { parse } from './read-answer.ts';

const DONE = Buffer.from('[DONE]');

/** The events of streamed pictures as they come. Throws `upstream_broken` when they end without a complete picture. */
export async function* readEvents(arrivals: AsyncIterable<Buffer[]>): AsyncGenerator<Json<ImageEvent>[], void, void> {
  const parser = new SseParser();
  let completed = false;
  const read = (payloads: readonly Buffer[]) =>
    payloads.flatMap((payload) => {
      if (payload.length === 0 || payload.equals(DONE)) return [];
      const event = parse<ImageEvent>(payload);
      if (String(event.value.type).endsWith('.completed')) completed = true;
      return [event];
    });
  for await (const arrived of arrivals) {
    const batch = read(parser.pushAll(arrived));
    if (batch.length > 0) yield batch;
  }
  const rest = read(parser.flush());
  if (rest.length > 0) yield rest;
  if (!completed) throw new AppError('upstream_broken', 'The upstream ended its answer without an image.');
}
