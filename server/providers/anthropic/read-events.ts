import type { ChatCompletionChunk, ChatDelta } from '../../../contracts/chat/completion.ts';
import { ChunkWriter } from '../../canonical/chunk-writer.ts';
import { AppError } from '../../errors/app-error.ts';
import type { EventReader } from '../dialect.ts';
import { readErrorEvent } from '../http/read-error.ts';
import { BlockReader } from './read-block.ts';
import { laterUsage, toUsage } from './read-usage.ts';
import { type AnthropicUsage, type Stop, StreamEvent, Typed } from './wire.ts';

/** A paused turn is an answer that is not whole; an unknown reason is one that Anthropic ended by itself. */
const FINISH_REASONS = new Map([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['pause_turn', 'length'],
  ['tool_use', 'tool_calls'],
  ['refusal', 'content_filter'],
]);

const KNOWN: ReadonlySet<string> = new Set(StreamEvent.options.map(({ shape }) => shape.type.value));

/** Reads one streamed answer. Events and blocks of unknown types, such as pings and server tools', add nothing. */
export class AnthropicReader implements EventReader {
  readonly #alias: string;
  readonly #blocks = new BlockReader();
  #writer: ChunkWriter | undefined;
  #usage: AnthropicUsage = {};
  finished = false;
  ended = false;

  constructor(alias: string) {
    this.#alias = alias;
  }

  read(raw: unknown): ChatCompletionChunk[] {
    const typed = Typed.safeParse(raw);
    if (!typed.success) throw new AppError('upstream_broken', 'The upstream sent an event without a type.');
    if (typed.data.type === 'error') throw readErrorEvent(raw);
    if (typed.data.type === 'message_stop') this.ended = true;
    if (!KNOWN.has(typed.data.type)) return [];
    const event = StreamEvent.safeParse(raw);
    if (event.success) return this.#toChunks(event.data);
    throw new AppError('upstream_broken', 'The upstream sent an event that is malformed.', { cause: event.error });
  }

  #toChunks(event: StreamEvent): ChatCompletionChunk[] {
    switch (event.type) {
      case 'message_start':
        this.#usage = laterUsage(this.#usage, event.message.usage);
        this.#writer = new ChunkWriter(this.#alias, event.message.id);
        return this.#deltas([{ role: 'assistant', content: '' }]);
      case 'content_block_start':
        return this.#deltas(this.#blocks.start(event.index, event.content_block));
      case 'content_block_delta':
        return this.#deltas(this.#blocks.add(event.index, event.delta));
      case 'content_block_stop':
        return this.#deltas(this.#blocks.stop(event.index));
      case 'message_delta':
        this.#usage = laterUsage(this.#usage, event.usage);
        return this.#stop(event.delta);
    }
  }

  /** The counts that come with the stop reason are the last ones. */
  #stop({ stop_reason: reason, stop_details: details }: Stop): ChatCompletionChunk[] {
    if (!reason || this.finished) return [];
    this.finished = true;
    const refusal = reason === 'refusal' ? details?.explanation : null;
    return [
      ...this.#deltas(refusal ? [{ refusal }] : []),
      this.#open.finish(FINISH_REASONS.get(reason) ?? 'stop', reason),
      this.#open.usage(toUsage(this.#usage)),
    ];
  }

  #deltas(deltas: readonly ChatDelta[]): ChatCompletionChunk[] {
    return deltas.map((delta) => this.#open.delta(delta));
  }

  get #open(): ChunkWriter {
    this.#writer ??= new ChunkWriter(this.#alias);
    return this.#writer;
  }
}
