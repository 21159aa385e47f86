import type { ChatCompletionChunk, ChatDelta } from '../../../contracts/chat/completion.ts';
import { ChunkWriter } from '../../canonical/chunk-writer.ts';
import { toOwnReason } from '../../canonical/finish-reason.ts';
import { isRecord } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import type { EventReader } from '../dialect.ts';
import { readErrorEvent } from '../http/read-error.ts';
import { passEvent } from './pass-event.ts';
import { BlockReader } from './read-block.ts';
import { laterUsage, toUsage } from './read-usage.ts';
import { type AnswerBlock, type AnthropicUsage, type Stop, StreamEvent, saysNothing, Typed } from './wire.ts';

/** Anthropic's stop reasons. A paused turn (`pause_turn`) is an incomplete answer. */
const FINISH_REASONS = new Map([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['pause_turn', 'length'],
  ['tool_use', 'tool_calls'],
  ['refusal', 'content_filter'],
]);

/** The most blocks in the start of a message. Anthropic itself sends none there. */
const MAX_EARLY = 1_000;

/** The deltas that are of no use outside their own block. */
const NEED_BLOCK: ReadonlySet<string> = new Set(['input_json_delta', 'signature_delta']);

const KNOWN: ReadonlySet<string> = new Set(StreamEvent.options.map(({ shape }) => shape.type.value));

/** An event without the words that some proxies add to a ping: clients expect a whole message in their place. */
function withoutNotice(raw: unknown): unknown {
  if (!isRecord(raw) || typeof raw.message !== 'string') return raw;
  const { message: _, ...rest } = raw;
  return rest;
}

/** The upstream's number of the block that an event belongs to. */
const indexOf = (event: StreamEvent): number | null | undefined =>
  event.type === 'message_start' || event.type === 'message_delta' ? null : event.index;

/**
 * Reads one streamed answer. Events and blocks of unknown types, such as pings and those of server tools, add nothing.
 */
export class AnthropicReader implements EventReader {
  readonly #alias: string;
  readonly #passes: boolean;
  readonly #blocks = new BlockReader();
  #writer: ChunkWriter | undefined;
  #usage: AnthropicUsage = {};
  /** The blocks that came with the start of the message, by their places, until they are read. */
  readonly #early = new Map<number, AnswerBlock>();
  #isReadingEarly = false;
  /** Whether the start of the message was read. */
  #begun = false;
  finished = false;
  ended = false;
  passed: unknown[] = [];

  constructor(alias: string, passes = false) {
    this.#alias = alias;
    this.#passes = passes;
  }

  read(raw: unknown): ChatCompletionChunk[] {
    this.passed = [];
    return this.#take(raw);
  }

  #take(raw: unknown): ChatCompletionChunk[] {
    const typed = Typed.safeParse(raw);
    if (!typed.success) {
      if (saysNothing(raw)) return [];
      throw new AppError('upstream_broken', 'The upstream sent an event without a type.');
    }
    const { type } = typed.data;
    if (type === 'error') throw readErrorEvent(raw);
    if (type === 'message_stop') this.ended = true;
    if (!KNOWN.has(type)) {
      // An answer without a stop reason is incomplete, whatever the upstream says.
      if (type !== 'message_stop' || this.finished) this.passed.push(withoutNotice(raw));
      return [];
    }
    const event = StreamEvent.safeParse(raw);
    if (!event.success) {
      throw new AppError('upstream_broken', 'The upstream sent an event that is malformed.', { cause: event.error });
    }
    const before = this.#prepare(event.data);
    if (this.#isRepeated(event.data)) return before;
    if (this.#passes) this.#expectOpen(event.data);
    const deltas = this.#read(event.data);
    if (this.#passes) {
      const index = indexOf(event.data);
      const at = { block: this.#blocks.numberOf(index), isOther: this.#blocks.isOther(index) };
      this.passed.push(...passEvent(raw, { event: event.data, ...at, usage: this.#usage, deltas }));
    }
    const chunks = deltas.map((delta) => this.#open.delta(delta));
    return [...before, ...chunks, ...(event.data.type === 'message_delta' ? this.#stop(event.data.delta ?? {}) : [])];
  }

  /** Reads what must come before an event: what the upstream left out, and the blocks in the start of the message. */
  #prepare(event: StreamEvent): ChatCompletionChunk[] {
    switch (event.type) {
      case 'content_block_start': {
        const place = event.index ?? this.#blocks.count;
        const isSame = this.#early.get(place)?.type === event.content_block.type;
        const read = this.#readEarly(isSame ? place : Number.POSITIVE_INFINITY);
        const known = this.#blocks.isOpen(place) && !this.#repeats(event);
        return [...read, ...(known ? this.#take({ type: 'content_block_stop', index: place }) : [])];
      }
      case 'content_block_delta': {
        const { index, delta } = event;
        const read = this.#blocks.count === 0 ? this.#readEarly() : [];
        const missing = this.#blocks.missingBefore(index, delta);
        return [
          ...read,
          ...(missing ? this.#take({ type: 'content_block_start', index, content_block: missing }) : []),
        ];
      }
      case 'message_delta': {
        if (!event.delta?.stop_reason) return [];
        const read = this.#readEarly();
        const stops = this.#blocks.open.map((index) => ({ type: 'content_block_stop', index }));
        return [...read, ...stops.flatMap((stop) => this.#take(stop))];
      }
      default:
        return [];
    }
  }

  /** Whether an event only repeats an earlier one. Clients of Anthropic's API fail at a second start of a message. */
  #isRepeated(event: StreamEvent): boolean {
    switch (event.type) {
      case 'message_start':
        if (!this.#begun && this.#blocks.count === 0) return false;
        this.#usage = laterUsage(this.#usage, event.message?.usage);
        return true;
      case 'content_block_start':
        return this.#repeats(event);
      case 'content_block_stop':
        return this.#blocks.hasStopped(event.index);
      default:
        return false;
    }
  }

  /** A client of Anthropic's API reads the arguments of a call, and the signature of a thought, when their block ends. */
  #expectOpen(event: StreamEvent): void {
    if (event.type !== 'content_block_delta' || !NEED_BLOCK.has(event.delta.type)) return;
    if (event.index != null && this.#blocks.hasStopped(event.index)) {
      throw new AppError('upstream_broken', `The upstream sent a ${event.delta.type} of a block that had ended.`);
    }
  }

  #repeats({ index, content_block: block }: Extract<StreamEvent, { type: 'content_block_start' }>): boolean {
    return this.#blocks.isRepeated(index, block);
  }

  /** Reads the early blocks before a place. The block at this place follows as a stream, and may say the same again. */
  #readEarly(before = Number.POSITIVE_INFINITY): ChatCompletionChunk[] {
    const chunks: ChatCompletionChunk[] = [];
    if (this.#isReadingEarly || this.#early.size === 0) return chunks;
    // Each of these starts would read all that are left, for which there is not enough stack.
    this.#isReadingEarly = true;
    for (const [index, block] of this.#early) {
      if (index >= before) break;
      this.#early.delete(index);
      const start = { type: 'content_block_start', index, content_block: block };
      chunks.push(...this.#take(start), ...this.#take({ type: 'content_block_stop', index }));
    }
    this.#isReadingEarly = false;
    return chunks;
  }

  #read(event: StreamEvent): ChatDelta[] {
    switch (event.type) {
      case 'message_start':
        this.#begun = true;
        this.#usage = laterUsage(this.#usage, event.message?.usage);
        this.#writer ??= new ChunkWriter(this.#alias, event.message?.id || undefined);
        if ((event.message?.content?.length ?? 0) > MAX_EARLY) {
          throw new AppError('upstream_broken', 'The upstream sent the start of a message with too many blocks.');
        }
        if (this.#blocks.count === 0) {
          for (const [place, block] of (event.message?.content ?? []).entries()) this.#early.set(place, block);
        }
        return [{ role: 'assistant', content: '' }];
      case 'content_block_start': {
        const place = event.index ?? this.#blocks.count;
        const early = this.#early.get(place);
        this.#early.delete(place);
        return this.#blocks.start(event.index, event.content_block, early);
      }
      case 'content_block_delta':
        return this.#blocks.add(event.index, event.delta);
      case 'content_block_stop':
        return this.#blocks.stop(event.index);
      case 'message_delta': {
        this.#usage = laterUsage(this.#usage, event.usage);
        const { stop_reason: reason, stop_details: details } = event.delta ?? {};
        const refusal = reason === 'refusal' ? details?.explanation : null;
        return refusal ? [{ refusal }] : [];
      }
    }
  }

  /** The counts in the event with the stop reason are the final ones. */
  #stop({ stop_reason: reason }: Stop): ChatCompletionChunk[] {
    if (!reason) return [];
    this.finished = true;
    const usage = toUsage(this.#usage);
    const end = this.#open.finish(FINISH_REASONS.get(reason) ?? toOwnReason(reason), reason);
    return usage ? [end, this.#open.usage(usage)] : [end];
  }

  get #open(): ChunkWriter {
    this.#writer ??= new ChunkWriter(this.#alias);
    return this.#writer;
  }
}
