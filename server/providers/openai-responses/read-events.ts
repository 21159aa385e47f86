import type { ChatCompletionChunk } from '../../../contracts/chat/completion.ts';
import { ChunkWriter } from '../../canonical/chunk-writer.ts';
import { newId } from '../../canonical/ids.ts';
import { AppError } from '../../errors/app-error.ts';
import type { EventReader } from '../dialect.ts';
import { readErrorEvent } from '../http/read-error.ts';
import { AnswerState, type Piece } from './answer-state.ts';
import { ItemList } from './item-list.ts';
import { passEvent } from './pass-event.ts';
import { PassedOnce } from './passed-once.ts';
import { readPiece } from './read-piece.ts';
import { readUsage } from './read-usage.ts';
import { AnyEvent, ItemEvent, type ResponseBody, ResponseEvent, readAs } from './wire.ts';

/**
 * Translates the events of one streamed response to chunks. Events that are not listed here only repeat others, or
 * belong to tools that OpenAI runs itself. Source: OpenAI's API reference, "Streaming events".
 */
export class ResponseReader implements EventReader {
  readonly #alias: string;
  readonly #passes: boolean;
  readonly #state = new AnswerState();
  readonly #items = new ItemList(this.#state);
  #writer: ChunkWriter | undefined;
  /** The id of the response. */
  #id: string | undefined;
  #begun = false;
  readonly #once = new PassedOnce();
  finished = false;
  passed: unknown[] = [];

  constructor(alias: string, passes = false) {
    this.#alias = alias;
    this.#passes = passes;
  }

  /** Whether the last event was read, the one that tells how the response ended. */
  get ended(): boolean {
    return this.finished;
  }

  read(event: unknown): ChatCompletionChunk[] {
    this.#items.last = null;
    const chunks = this.#read(event);
    if (this.#passes) {
      const passed = passEvent(event, { id: this.#id, items: this.#items, chunks });
      this.passed = passed.filter((one) => this.#once.isNew(one));
    }
    return chunks;
  }

  #read(event: unknown): ChatCompletionChunk[] {
    const { type, error } = readAs(AnyEvent, event);
    switch (type) {
      case 'response.created':
        this.#name(readAs(ResponseEvent, event).response ?? {});
        return [];
      case 'response.output_item.added': {
        const { output_index: at, item } = readAs(ItemEvent, event);
        return this.#write(this.#items.begin(at, item).open(item));
      }
      case 'response.output_item.done': {
        const { output_index: at, item } = readAs(ItemEvent, event);
        return this.#write(this.#items.end(at, item).close(item));
      }
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed':
      case 'response.cancelled': {
        const { response } = readAs(ResponseEvent, event);
        const status = type.slice('response.'.length);
        return this.end({ ...response, status: status === 'completed' ? response?.status || status : status });
      }
      case 'error':
        // In the reference the error is the event itself; on the wire it is often one level deeper.
        throw readErrorEvent({ error: error ?? event });
      default:
        if (error) throw readErrorEvent({ error });
        return this.#write(readPiece(type, event, this.#items));
    }
  }

  /**
   * The chunks at the end of a response: what was not sent yet, the finish reason and the usage. Throws when it failed.
   */
  end(response: ResponseBody): ChatCompletionChunk[] {
    const { status, incomplete_details: cut, error, output, usage, service_tier: tier } = response;
    if (status === 'failed' || error) throw readErrorEvent({ error: error ?? {} });
    if (status !== 'completed' && status !== 'incomplete') {
      throw new AppError('upstream_broken', `The upstream gave a response that is ${status ?? 'without a status'}.`);
    }
    this.#name(response);
    const items = this.#items.allOf(output ?? []);
    const closed = items.flatMap((item, at) => item.close(output?.[at]));
    const left = this.#items.all.filter((item) => !item.closed).flatMap((item) => item.close(undefined));
    const pieces = [...closed, ...left];
    if (pieces.length === 0 && !this.#begun) {
      if (status === 'completed') throw new AppError('upstream_broken', 'The upstream sent an empty answer.');
      pieces.push({ delta: { content: '' } });
    }
    const native = status === 'incomplete' ? (cut?.reason ?? status) : status;
    const last = this.#chunks.finish(this.#finishReason(native), native);
    this.finished = true;
    return [
      ...this.#write(pieces),
      tier ? { ...last, service_tier: tier } : last,
      ...(usage ? [this.#chunks.usage(readUsage(usage))] : []),
    ];
  }

  #finishReason(native: string): string {
    if (native === 'completed') return this.#state.calls > 0 ? 'tool_calls' : 'stop';
    return native === 'content_filter' ? 'content_filter' : 'length';
  }

  #name({ id }: ResponseBody): void {
    this.#id ??= id || newId('resp_');
    this.#writer ??= new ChunkWriter(this.#alias, id || undefined);
  }

  get #chunks(): ChunkWriter {
    this.#writer ??= new ChunkWriter(this.#alias);
    return this.#writer;
  }

  /** Puts the role on the first piece. A chunk of its own would hide a failure that comes at once. */
  #write(pieces: readonly Piece[]): ChatCompletionChunk[] {
    return pieces.map(({ delta, logprobs }) => {
      const chunk = this.#chunks.delta(this.#begun ? delta : { role: 'assistant', ...delta });
      this.#begun = true;
      return logprobs ? { ...chunk, choices: chunk.choices.map((choice) => ({ ...choice, logprobs })) } : chunk;
    });
  }
}
