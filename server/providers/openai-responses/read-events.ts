import { z } from 'zod';
import type { ChatCompletionChunk } from '../../../contracts/chat/completion.ts';
import { ChunkWriter } from '../../canonical/chunk-writer.ts';
import { AppError } from '../../errors/app-error.ts';
import type { EventReader } from '../dialect.ts';
import { AnswerState, type Piece } from './answer-state.ts';
import { readFailure } from './read-failure.ts';
import { ItemReader } from './read-item.ts';
import { readUsage } from './read-usage.ts';
import { LogProbs, OutputItem, ResponseBody, readAs } from './wire.ts';

const AnyEvent = z.looseObject({ type: z.string().nullish(), error: z.unknown().optional() });
const ResponseEvent = z.looseObject({ response: ResponseBody });
const ItemEvent = z.looseObject({ output_index: z.int(), item: OutputItem });
const DeltaEvent = z.looseObject({ output_index: z.int(), item_id: z.string().nullish(), delta: z.string() });
const PartDeltaEvent = DeltaEvent.extend({ content_index: z.int(), logprobs: LogProbs });
const SummaryDeltaEvent = DeltaEvent.extend({ summary_index: z.int() });

/**
 * Makes chunks of the typed events of one streamed response. Events that are not named here only repeat what others
 * say, or belong to tools that OpenAI runs itself. Source: OpenAI's API reference, "Streaming events".
 */
export class ResponseReader implements EventReader {
  readonly #alias: string;
  readonly #state = new AnswerState();
  readonly #items = new Map<number, ItemReader>();
  #writer: ChunkWriter | undefined;
  #begun = false;
  finished = false;

  constructor(alias: string) {
    this.#alias = alias;
  }

  /** The last event is the one that tells how it ended. */
  get ended(): boolean {
    return this.finished;
  }

  read(event: unknown): ChatCompletionChunk[] {
    const { type, error } = readAs(AnyEvent, event);
    switch (type) {
      case 'response.created':
        this.#name(readAs(ResponseEvent, event).response);
        return [];
      case 'response.output_item.added': {
        const { output_index: at, item } = readAs(ItemEvent, event);
        return this.#write(this.#item(at, item.id).open(item));
      }
      case 'response.output_text.delta': {
        const given = readAs(PartDeltaEvent, event);
        return this.#write([this.#itemOf(given).text(given.content_index, given.delta, given.logprobs)]);
      }
      case 'response.refusal.delta': {
        const given = readAs(PartDeltaEvent, event);
        return this.#write([this.#itemOf(given).refusal(given.content_index, given.delta)]);
      }
      case 'response.reasoning_summary_text.delta': {
        const given = readAs(SummaryDeltaEvent, event);
        return this.#write([this.#itemOf(given).reasoning('summary', given.summary_index, given.delta)]);
      }
      case 'response.reasoning_text.delta': {
        const given = readAs(PartDeltaEvent, event);
        return this.#write([this.#itemOf(given).reasoning('text', given.content_index, given.delta)]);
      }
      case 'response.function_call_arguments.delta': {
        const given = readAs(DeltaEvent, event);
        return this.#write(this.#itemOf(given).arguments(given.delta));
      }
      case 'response.output_item.done': {
        const { output_index: at, item } = readAs(ItemEvent, event);
        return this.#write(this.#item(at, item.id).close(item));
      }
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed':
      case 'response.cancelled':
        return this.end(readAs(ResponseEvent, event).response);
      case 'error':
        // The reference has the fault in the event itself; on the wire it is often one level deeper.
        throw readFailure(error ?? event);
      default:
        if (error) throw readFailure(error);
        return [];
    }
  }

  /** A response that ended: what of it was not given yet, the finish reason and the usage. Throws when it failed. */
  end(response: ResponseBody): ChatCompletionChunk[] {
    const { status, incomplete_details: cut, error, output, usage, service_tier: tier } = response;
    if (status === 'failed' || error) throw readFailure(error);
    if (status !== 'completed' && status !== 'incomplete') {
      throw new AppError('upstream_broken', `The upstream gave a response that is ${status ?? 'without a status'}.`);
    }
    this.#name(response);
    const pieces = (output ?? []).flatMap((item, at) => this.#item(at, item.id).close(item));
    if (pieces.length === 0 && !this.#begun) pieces.push({ delta: { content: '' } });
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
    this.#writer ??= new ChunkWriter(this.#alias, id ?? undefined);
  }

  get #chunks(): ChunkWriter {
    this.#writer ??= new ChunkWriter(this.#alias);
    return this.#writer;
  }

  #itemOf(event: { readonly output_index: number; readonly item_id?: string | null | undefined }): ItemReader {
    return this.#item(event.output_index, event.item_id);
  }

  #item(at: number, id: string | null | undefined): ItemReader {
    const known = this.#items.get(at);
    if (known) return known;
    const item = new ItemReader(this.#state, id ?? undefined);
    this.#items.set(at, item);
    return item;
  }

  /** The role rides on the first piece: a chunk of its own would hide a failure that comes at once. */
  #write(pieces: readonly Piece[]): ChatCompletionChunk[] {
    return pieces.map(({ delta, logprobs }) => {
      const chunk = this.#chunks.delta(this.#begun ? delta : { role: 'assistant', ...delta });
      this.#begun = true;
      return logprobs ? { ...chunk, choices: chunk.choices.map((choice) => ({ ...choice, logprobs })) } : chunk;
    });
  }
}
