import type { ChatCompletionChunk, ChatDelta } from '../../../contracts/chat/completion.ts';
import { ChunkWriter } from '../../canonical/chunk-writer.ts';
import { AppError } from '../../errors/app-error.ts';
import type { EventReader } from '../dialect.ts';
import { readErrorEvent } from '../http/read-error.ts';
import { passEvent } from './pass-event.ts';
import { BlockReader } from './read-block.ts';
import { laterUsage, toUsage } from './read-usage.ts';
import { type AnthropicUsage, type Stop, StreamEvent, Typed } from './wire.ts';

/** A paused turn (`pause_turn`) is an incomplete answer. An unknown reason counts as an end that Anthropic chose. */
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

/**
 * Reads one streamed answer. Events and blocks of unknown types, such as pings and those of server tools, add nothing.
 */
export class AnthropicReader implements EventReader {
  readonly #alias: string;
  readonly #blocks = new BlockReader();
  #writer: ChunkWriter | undefined;
  #usage: AnthropicUsage = {};
  /** The number of the block of the last event. */
  #block = 0;
  finished = false;
  ended = false;
  passed: unknown;

  constructor(alias: string) {
    this.#alias = alias;
  }

  read(raw: unknown): ChatCompletionChunk[] {
    const typed = Typed.safeParse(raw);
    if (!typed.success) throw new AppError('upstream_broken', 'The upstream sent an event without a type.');
    if (typed.data.type === 'error') throw readErrorEvent(raw);
    if (typed.data.type === 'message_stop') this.ended = true;
    // An answer without a stop reason is incomplete, whatever the upstream says.
    this.passed = typed.data.type === 'message_stop' && !this.finished ? undefined : raw;
    if (!KNOWN.has(typed.data.type)) return [];
    const event = StreamEvent.safeParse(raw);
    if (!event.success) {
      throw new AppError('upstream_broken', 'The upstream sent an event that is malformed.', { cause: event.error });
    }
    const deltas = this.#read(event.data);
    this.passed = passEvent(raw, { event: event.data, block: this.#block, usage: this.#usage, deltas });
    const chunks = deltas.map((delta) => this.#open.delta(delta));
    return event.data.type === 'message_delta' ? [...chunks, ...this.#stop(event.data.delta ?? {})] : chunks;
  }

  #read(event: StreamEvent): ChatDelta[] {
    switch (event.type) {
      case 'message_start':
        this.#usage = laterUsage(this.#usage, event.message?.usage);
        this.#writer ??= new ChunkWriter(this.#alias, event.message?.id || undefined);
        return [{ role: 'assistant', content: '' }];
      case 'content_block_start':
        this.#block = this.#blocks.indexOf(event.index, true);
        return this.#blocks.start(this.#block, event.content_block);
      case 'content_block_delta':
        this.#block = this.#blocks.indexOf(event.index, false);
        return this.#blocks.add(this.#block, event.delta);
      case 'content_block_stop':
        this.#block = this.#blocks.indexOf(event.index, false);
        return this.#blocks.stop(this.#block);
      case 'message_delta': {
        this.#usage = laterUsage(this.#usage, event.usage);
        const { stop_reason: reason, stop_details: details } = event.delta ?? {};
        const refusal = reason === 'refusal' ? details?.explanation : null;
        return [...(reason ? this.#blocks.finish() : []), ...(refusal ? [{ refusal }] : [])];
      }
    }
  }

  /** The counts in the event with the stop reason are the final ones. */
  #stop({ stop_reason: reason }: Stop): ChatCompletionChunk[] {
    if (!reason) return [];
    this.finished = true;
    const usage = toUsage(this.#usage);
    const end = this.#open.finish(FINISH_REASONS.get(reason) ?? 'stop', reason);
    return usage ? [end, this.#open.usage(usage)] : [end];
  }

  get #open(): ChunkWriter {
    this.#writer ??= new ChunkWriter(this.#alias);
    return this.#writer;
  }
}
