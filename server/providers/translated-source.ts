import type { ChatCompletionChunk } from '../../contracts/chat/completion.ts';
import type { ChunkShaper } from '../canonical/chunk-shaper.ts';
import { adds } from '../canonical/is-token.ts';
import { isRecord, Json } from '../canonical/json.ts';
import { AppError } from '../errors/app-error.ts';
import type { EventReader } from './dialect.ts';
import { EVENT_SHAPE } from './http/check-shape.ts';
import { EventFailures } from './http/event-failures.ts';
import { bareFailureIn } from './http/read-error.ts';
import { readJson } from './http/read-json.ts';
import type { EventSource } from './http/read-stream.ts';

interface TranslatedOptions {
  readonly alias: string;
  /** Whether the vendor's own events are passed along, for a client of the same dialect. */
  readonly passes: boolean;
}

/**
 * Attaches the vendor's events to the chunks: the last one to the chunk that ends the answer, or else to the first
 * chunk. Empty chunks carry the others, and an event that made no chunk.
 */
function withOriginals(
  chunks: ChatCompletionChunk[],
  events: readonly unknown[],
  alias: string,
): ChatCompletionChunk[] {
  const empty = { id: '', object: 'chat.completion.chunk' as const, created: 0, model: alias, choices: [] };
  const carried = chunks.length > 0 ? events.slice(0, -1) : events;
  const before = carried.map((event) => ({ ...empty, original_event: event }));
  if (chunks.length === 0 || events.length === 0) return [...before, ...chunks];
  const end = chunks.findIndex(({ choices }) => choices.some(({ finish_reason: reason }) => reason));
  const last = events.at(-1);
  return [
    ...before,
    ...chunks.map((chunk, i) => (i === Math.max(end, 0) ? { ...chunk, original_event: last } : chunk)),
  ];
}

/** Reads the events of a vendor that has a dialect of its own. */
export class TranslatedSource implements EventSource<ChatCompletionChunk> {
  readonly #reader: EventReader;
  readonly #shaper: ChunkShaper;
  readonly #options: TranslatedOptions;
  readonly #failures = new EventFailures(bareFailureIn);
  added = false;

  constructor(reader: EventReader, shaper: ChunkShaper, options: TranslatedOptions) {
    this.#reader = reader;
    this.#shaper = shaper;
    this.#options = options;
  }

  get ended(): boolean {
    return this.#reader.ended ?? false;
  }

  read(payload: Buffer): Json<ChatCompletionChunk>[] {
    this.added = false;
    const event = readJson(payload, EVENT_SHAPE, 'an event');
    // A notice in the form of an event of the dialect, such as a ping, is read as that event.
    if (this.#failures.isNotice(event) && !(isRecord(event) && 'type' in event)) return [];
    const read = this.#reader.read(event);
    this.added = read.some(({ choices }) => choices.some(adds));
    const { passes, alias } = this.#options;
    const chunks = passes ? withOriginals(read, this.#reader.passed ?? [event], alias) : read;
    return chunks.flatMap((chunk) => this.#shaper.shape(Json.ofValue(chunk)));
  }

  end(): Json<ChatCompletionChunk>[] {
    return this.#failures.atEnd(() => {
      if (!this.#reader.finished) throw new AppError('upstream_broken', 'The upstream ended its answer half-way.');
      return this.#shaper.end();
    });
  }

  rest(): Json<ChatCompletionChunk>[] {
    return this.#shaper.rest();
  }
}
