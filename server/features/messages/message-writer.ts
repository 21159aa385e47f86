import type { ChatCompletionChunk, ChatDelta, Usage } from '../../../contracts/chat/completion.ts';
import type { MessageEvent, MessageUsage } from '../../../contracts/messages/answer.ts';
import { newId } from '../../canonical/ids.ts';
import { ANTHROPIC_FORMAT, type ReasoningDetail, readReasoningDetails } from '../../canonical/reasoning-details.ts';
import { AppError } from '../../errors/app-error.ts';
import { BlockWriter } from './block-writer.ts';
import { CallWriter } from './call-writer.ts';
import { soundStop, toStopReason } from './to-stop-reason.ts';
import { soundUsage, toMessageUsage } from './to-usage.ts';

type Choice = ChatCompletionChunk['choices'][number];

const NOTHING: MessageUsage = {
  input_tokens: 0,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  output_tokens: 0,
};

const isAnthropic = ({ format }: ReasoningDetail) => format == null || format === ANTHROPIC_FORMAT;

/** The vendor's own events are not checked further, so that new fields in them reach the client. */
const isEvent = (event: unknown): event is MessageEvent =>
  typeof event === 'object' && event !== null && 'type' in event && typeof event.type === 'string';

/** Writes the chunks of one answer as Anthropic's events. */
export class MessageWriter {
  /** The name that the client asked for. */
  readonly #model: string;
  readonly #blocks = new BlockWriter();
  readonly #calls: CallWriter;
  #started = false;
  /** The upstream's own events are passed on. */
  #verbatim = false;
  /** The upstream's event with the stop reason, and what came after it: the counts come last. */
  #last: MessageEvent[] = [];
  #finish: Choice | null = null;
  #refused = false;
  #usage: Usage | null = null;

  /** `taken`: ids of the calls before this answer. */
  constructor(model: string, taken: ReadonlySet<string>) {
    this.#model = model;
    this.#calls = new CallWriter(this.#blocks, taken);
  }

  read(chunk: ChatCompletionChunk): MessageEvent[] {
    if (chunk.original_event !== undefined) this.#verbatim = true;
    if (chunk.usage) this.#usage = chunk.usage;
    this.#finish = chunk.choices.findLast(({ finish_reason: reason }) => reason) ?? this.#finish;
    if (this.#verbatim) return this.#pass(chunk.original_event);
    const start = this.#started ? [] : this.#start();
    for (const { delta } of chunk.choices) this.#add(delta);
    return [...start, ...this.#blocks.take()];
  }

  /** The end: the counts come behind the stop reason, so both wait for it. */
  finish(): MessageEvent[] {
    if (this.#verbatim) return this.#passEnd();
    if (!this.#finish) throw new AppError('upstream_broken', 'The upstream ended its answer half-way.');
    this.#calls.finish();
    this.#blocks.finish();
    const stop = toStopReason(this.#finish, { called: this.#calls.called, refused: this.#refused });
    const usage = this.#usage ? toMessageUsage(this.#usage) : NOTHING;
    return [...this.#blocks.take(), { type: 'message_delta', delta: stop, usage }, { type: 'message_stop' }];
  }

  /** One event may have made several chunks, and comes with the first of them. */
  #pass(event: unknown): MessageEvent[] {
    if (!isEvent(event)) return [];
    if (this.#last.length > 0 || event.delta?.stop_reason) {
      this.#last.push(event);
      return [];
    }
    const start = this.#started || event.type === 'message_start' ? [] : this.#start();
    this.#started = true;
    return [...start, event.message ? { ...event, message: { ...event.message, model: this.#model } } : event];
  }

  #passEnd(): MessageEvent[] {
    const [end, ...after] = this.#last;
    // Clients wait for the last event, whether the upstream sends it or not.
    const stop = after.some(({ type }) => type === 'message_stop') ? [] : [{ type: 'message_stop' }];
    if (!end) return stop;
    const { delta = {}, usage: given, ...event } = end;
    const reason = soundStop(delta.stop_reason ?? null, this.#finish?.finish_reason);
    const usage = soundUsage(given, this.#usage);
    return [{ ...event, delta: { ...delta, stop_reason: reason }, ...(usage ? { usage } : {}) }, ...after, ...stop];
  }

  /** The id is ours: some upstreams give every answer the same one, and agents take such answers for one. */
  #start(): MessageEvent[] {
    this.#started = true;
    const message = {
      id: newId('msg_'),
      type: 'message' as const,
      role: 'assistant' as const,
      model: this.#model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: this.#usage ? toMessageUsage(this.#usage) : NOTHING,
    };
    return [{ type: 'message_start', message }, { type: 'ping' }];
  }

  #add(delta: ChatDelta): void {
    const details = readReasoningDetails(delta.reasoning_details);
    const spoken = details.some(({ text, summary }) => Boolean(text ?? summary));
    const plain = delta.reasoning_content ?? delta.reasoning;
    if (!spoken && plain) this.#blocks.thinking('plain', plain);
    for (const detail of details) this.#reason(detail);
    if (delta.content) this.#blocks.text(delta.content);
    if (delta.refusal) {
      this.#refused = true;
      this.#blocks.text(delta.refusal);
    }
    // Anthropic's response format cannot express a picture.
    for (const { image_url: image } of delta.images ?? []) this.#blocks.text(`\n![image](${image.url})\n`);
    for (const call of delta.tool_calls ?? []) this.#calls.add(call);
  }

  #reason(detail: ReasoningDetail): void {
    const { text, summary, signature, data, ...head } = detail;
    const key = `${detail.type}/${detail.index}/${String(detail.id)}`;
    if (detail.type === 'reasoning.encrypted') {
      if (!data) return;
      if (detail.format === ANTHROPIC_FORMAT) this.#blocks.redacted(data);
      else this.#blocks.prove(detail);
      return;
    }
    const thought = text ?? summary;
    const own = isAnthropic(detail);
    if (typeof thought === 'string' && thought !== '') this.#blocks.thinking(key, thought, own ? null : head);
    if (!signature) return;
    if (own) this.#blocks.sign(key, signature);
    else this.#blocks.prove({ ...head, signature });
  }
}
