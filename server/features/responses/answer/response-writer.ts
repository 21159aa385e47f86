import type {
  ChatCompletion,
  ChatCompletionChunk,
  ToolCallDelta,
  Usage,
} from '../../../../contracts/chat/completion.ts';
import { CustomCall, TokenLogProbs, TypedObjects } from '../../../../contracts/responses/answer-shapes.ts';
import type { OutputItem } from '../../../../contracts/responses/item.ts';
import type {
  Response,
  ResponseEcho,
  ResponseEvent,
  ResponseFailure,
} from '../../../../contracts/responses/response.ts';
import { toSignatureDetail } from '../../../canonical/call-signature.ts';
import { joinReasoningDetails, readReasoningDetails } from '../../../canonical/reasoning-details.ts';
import type { ToolMap } from '../request/tool-map.ts';
import { cutOf, describeResponse, toSeconds, withoutSignature } from './describe-response.ts';
import { EventLog } from './event-log.ts';
import { ItemIds, responseIdOf } from './item-ids.ts';
import {
  CallItemWriter,
  type ItemPlace,
  type ItemWriter,
  MessageItemWriter,
  ReasoningItemWriter,
} from './item-writers.ts';
import { NO_USAGE, toUsage } from './read-usage.ts';
import { encodeSignature } from './reasoning-signature.ts';
import { tellFailure } from './to-failure.ts';

export interface WriterOptions {
  readonly stem: string;
  readonly createdAt: Date;
  readonly echo: ResponseEcho;
  readonly tools: ToolMap;
  /** Reasoning is given as a summary. */
  readonly summary: boolean;
  /** Encrypted reasoning is shown, is only kept for the store, or is not needed. */
  readonly signatures: 'shown' | 'kept' | 'none';
  /**
   * The usage so far, for an answer whose upstream gave none because it broke off or was cancelled. Null: nothing was
   * used.
   */
  usedSoFar(): Usage | null;
}

/** Annotations are nested under their type in chat completions, and flat here. */
const flatAnnotations = (given: unknown) =>
  (TypedObjects.safeParse(given).data ?? []).map((annotation) => {
    const { type } = annotation;
    const fields = annotation[type];
    return typeof fields === 'object' ? { type, ...fields } : annotation;
  });

/** Makes the items and events of a response of the chunks of a chat completion. */
export class ResponseWriter {
  readonly #options: WriterOptions;
  readonly #log = new EventLog();
  readonly #ids: ItemIds;
  /** The items in the order of the output. */
  readonly #writers: ItemWriter[] = [];
  readonly #closed = new Map<ItemWriter, OutputItem>();
  readonly #calls = new Map<number, CallItemWriter>();
  #reasoning: ReasoningItemWriter | undefined;
  #message: MessageItemWriter | undefined;
  /** Signatures that no item has carried yet. */
  #details: object[] = [];
  #finishReason: string | null = null;
  #usage: Usage | null = null;
  #status: Response['status'] = 'in_progress';
  #endedAt: Date | undefined;
  #error: ResponseFailure | null = null;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#ids = new ItemIds(options.stem);
  }

  /** The error that the response failed with, if any. */
  get failure(): ResponseFailure | null {
    return this.#error;
  }

  /** When the answer was complete; undefined when it is not. */
  get endedAt(): Date | undefined {
    return this.#endedAt;
  }

  get id(): string {
    return responseIdOf(this.#options.stem);
  }

  /** The response as the client sees it. */
  get response(): Response {
    const { echo } = this.#options;
    const ended = this.#status !== 'in_progress';
    return describeResponse(echo, {
      id: this.id,
      createdAt: toSeconds(this.#options.createdAt),
      completedAt: this.#status === 'completed' && this.#endedAt ? toSeconds(this.#endedAt) : null,
      status: this.#status,
      output: this.output.map((item) => this.#show(item)),
      usage: ended && this.#status !== 'failed' ? toUsage(this.usage) : undefined,
      error: this.#error,
      finishReason: this.#finishReason,
    });
  }

  /** The response with all signatures, for the store. */
  get output(): OutputItem[] {
    return this.#writers.map((writer) => this.#closed.get(writer) ?? writer.item);
  }

  get usage(): Usage {
    return this.#usage ?? this.#options.usedSoFar() ?? NO_USAGE;
  }

  open(): ResponseEvent[] {
    for (const what of ['created', 'in_progress']) this.#log.push(`response.${what}`, { response: this.response });
    return this.#log.take();
  }

  add(chunk: ChatCompletionChunk): ResponseEvent[] {
    if (chunk.usage) this.#usage = chunk.usage;
    for (const { index, delta, finish_reason: reason, logprobs } of chunk.choices ?? []) {
      if (index !== 0) continue;
      this.#addDelta(delta ?? {}, TokenLogProbs.safeParse(logprobs).data?.content);
      if (reason) this.#finishReason = reason;
    }
    return this.#log.take();
  }

  /** A whole answer. */
  addCompletion({ id, created, model, choices, usage }: ChatCompletion): void {
    const [choice] = choices;
    if (!choice) return;
    const { message, finish_reason, logprobs } = choice;
    const tool_calls = (message.tool_calls ?? []).map((call, index) => ({ index, ...call }));
    const delta = { ...message, tool_calls };
    const pieces = [{ index: 0, delta, finish_reason, logprobs }];
    this.add({ id, object: 'chat.completion.chunk', created, model, choices: pieces, usage });
  }

  /** The answer is whole, as far as the upstream says. */
  end(): ResponseEvent[] {
    const cut = cutOf(this.#finishReason) !== null;
    this.#closeReasoning();
    if (this.#details.length > 0 && this.#options.signatures !== 'none') this.#openReasoning();
    this.#closeReasoning();
    if (this.#writers.length === 0) this.#openMessage();
    for (const writer of this.#writers) this.#close(writer, cut);
    this.#status = cut ? 'incomplete' : 'completed';
    this.#endedAt = new Date();
    this.#log.push(`response.${this.#status}`, { response: this.response });
    return this.#log.take();
  }

  /** It broke off: what came stays, and the last event says why. */
  fail(error: unknown): ResponseEvent[] {
    this.#status = 'failed';
    const { failure, event } = tellFailure(error);
    this.#error = failure;
    this.#log.push('error', event);
    this.#log.push('response.failed', { response: this.response });
    return this.#log.take();
  }

  cancel(): ResponseEvent[] {
    this.#status = 'cancelled';
    this.#log.push('response.incomplete', { response: this.response });
    return this.#log.take();
  }

  #addDelta(delta: ChatCompletionChunk['choices'][number]['delta'], logprobs?: object[]): void {
    const { content, refusal, tool_calls: calls, images, annotations, phase, reasoning_details: details } = delta;
    const reasoning = delta.reasoning_content ?? delta.reasoning;
    this.#details.push(...(TypedObjects.safeParse(details).data ?? []));
    if (reasoning) this.#openReasoning().add(reasoning);
    if (content) this.#openMessage().add('output_text', content, logprobs);
    if (refusal) this.#openMessage().add('refusal', refusal);
    for (const annotation of flatAnnotations(annotations)) this.#openMessage().annotate(annotation);
    if (typeof phase === 'string') this.#openMessage().phase = phase;
    for (const image of images ?? []) this.#addImage(image.image_url.url);
    for (const call of calls ?? []) this.#addCall(call);
  }

  #openReasoning(): ReasoningItemWriter {
    const place = this.#reasoning ? null : this.#place('rs');
    if (place) this.#reasoning = this.#open(new ReasoningItemWriter(this.#log, place, this.#options.summary));
    if (!this.#reasoning) throw new Error('A reasoning item was to be open.');
    return this.#reasoning;
  }

  #openMessage(): MessageItemWriter {
    this.#settleReasoning();
    this.#message ??= this.#open(new MessageItemWriter(this.#log, this.#place('msg')));
    return this.#message;
  }

  /** Gives signatures without a text an item of their own, before the items that follow from them. */
  #settleReasoning(): void {
    if (this.#details.length > 0 && !this.#message && this.#options.signatures !== 'none') this.#openReasoning();
    this.#closeReasoning();
  }

  #addCall(piece: ToolCallDelta): void {
    const custom = CustomCall.safeParse(piece.custom).data;
    let call = this.#calls.get(piece.index);
    if (!call) {
      this.#prove(piece);
      this.#settleReasoning();
      if (this.#message) this.#close(this.#message, false);
      this.#message = undefined;
      const tool = this.#options.tools.find(custom?.name ?? piece.function?.name ?? '');
      call = this.#open(new CallItemWriter(this.#log, this.#place(tool.kind === 'custom' ? 'ctc' : 'fc'), tool, piece));
      this.#calls.set(piece.index, call);
    }
    if (custom) call.addInput(custom.input);
    else call.add(piece.function?.arguments ?? '');
  }

  /** A signature that stands on the call: few clients keep it there, so the reasoning before it carries it. */
  #prove(call: ToolCallDelta): void {
    const detail = this.#options.signatures === 'none' ? null : toSignatureDetail(call);
    if (!detail) return;
    this.#details.push(detail);
    this.#openReasoning();
  }

  #addImage(url: string): void {
    const [, format = 'png', result] = /^data:image\/([a-z0-9.+-]+);base64,(.*)$/is.exec(url) ?? [];
    if (result === undefined) {
      this.#openMessage().add('output_text', `![image](${url})`);
      return;
    }
    this.#closeReasoning();
    const item = (status: string, data: string | null): OutputItem => ({
      id: place.item_id,
      type: 'image_generation_call',
      status,
      result: data,
      output_format: format,
    });
    const place = this.#place('ig');
    const whole = item('completed', result);
    const writer: ItemWriter = { item: item('in_progress', null), close: () => whole };
    this.#open(writer);
    this.#close(writer, false);
  }

  #place(prefix: Parameters<ItemIds['next']>[0]): ItemPlace {
    return { output_index: this.#writers.length, item_id: this.#ids.next(prefix) };
  }

  #open<W extends ItemWriter>(writer: W): W {
    const output_index = this.#writers.push(writer) - 1;
    this.#log.push('response.output_item.added', { output_index, item: writer.item });
    return writer;
  }

  #close(writer: ItemWriter, cut: boolean): void {
    if (this.#closed.has(writer)) return;
    const item = writer.close(cut);
    this.#closed.set(writer, item);
    const output_index = this.#writers.indexOf(writer);
    this.#log.push('response.output_item.done', { output_index, item: this.#show(item) });
  }

  #closeReasoning(): void {
    const writer = this.#reasoning;
    if (!writer) return;
    if (this.#options.signatures !== 'none' && (writer.text || this.#details.length > 0)) {
      writer.signature = encodeSignature({
        text: writer.text,
        details: joinReasoningDetails(readReasoningDetails(this.#details)),
      });
    }
    this.#details = [];
    this.#reasoning = undefined;
    this.#close(writer, false);
  }

  #show(item: OutputItem): OutputItem {
    return this.#options.signatures === 'shown' || item.type !== 'reasoning' ? item : withoutSignature(item);
  }
}
