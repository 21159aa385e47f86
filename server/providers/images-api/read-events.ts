import type { ImageEvent } from '../../../contracts/images/generation.ts';
import type { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import { SseParser } from '../http/sse-parser.ts';
import { parse } from './read-answer.ts';

const DONE = Buffer.from('[DONE]');

/** Reads the events of streamed pictures. */
class EventReader {
  completed = false;
  /** The error in the last payload, when it is not an event. */
  failure: unknown;

  read(payloads: readonly Buffer[]): Json<ImageEvent>[] {
    const events: Json<ImageEvent>[] = [];
    for (const payload of payloads) {
      if (payload.length === 0 || payload.equals(DONE)) continue;
      try {
        const event = parse<ImageEvent>(payload);
        if (String(event.value.type).endsWith('.completed')) this.completed = true;
        events.push(event);
      } catch (error) {
        this.failure = error;
        break;
      }
    }
    return events;
  }
}

/** The events of streamed pictures as they come. Throws `upstream_broken` when they end without a complete picture. */
export async function* readEvents(arrivals: AsyncIterable<Buffer[]>): AsyncGenerator<Json<ImageEvent>[], void, void> {
  const parser = new SseParser();
  const reader = new EventReader();
  for await (const arrived of arrivals) {
    const batch = reader.read(parser.pushAll(arrived));
    // The client gets everything that came before a failure.
    if (batch.length > 0) {
      parser.progressed();
      yield batch;
    }
    if (reader.failure) throw reader.failure;
  }
  const rest = reader.read(parser.flush());
  if (rest.length > 0) yield rest;
  if (reader.failure) throw reader.failure;
  if (!reader.completed) throw new AppError('upstream_broken', 'The upstream ended its answer without an image.');
}
