import type {
  AssistantMessage,
  ChatCompletion,
  ChatCompletionChunk,
  ToolCallDelta,
  Usage,
} from '../../contracts/chat/completion.ts';
import type { ToolCall } from '../../contracts/chat/message.ts';
import { AppError } from '../errors/app-error.ts';
import { joinReasoningDetails, type ReasoningDetail, readReasoningDetails } from './reasoning-details.ts';

type Choice = ChatCompletion['choices'][number];

/** Fields whose pieces are joined; `reasoning` and `reasoning_content` are two names of one text. */
const TEXTS = ['content', 'refusal', 'reasoning_content', 'reasoning'] as const;

/** The longest answer that is kept: text in characters, and everything else, such as pictures. Beyond any real one. */
const MAX_TEXT = 8 * 1024 * 1024;
const MAX_OTHER = 128 * 1024 * 1024;

const broken = (message: string) => new AppError('upstream_broken', message);

/** A text that came as a list of parts, which some upstreams send. */
function joined(value: unknown): string {
  const texts = Array.isArray(value) ? value.map((part: { text?: unknown } | null) => part?.text) : [];
  if (texts.length > 0 && texts.every((text) => typeof text === 'string')) return texts.join('');
  throw broken('The upstream sent a text that is none.');
}

/** A call of a custom tool has no function. */
function ownFields({ function: called, ...call }: ToolCall): ToolCall {
  return called?.name === '' && 'custom' in call ? call : { ...call, function: called };
}

class CollectedChoice {
  readonly #index: number;
  readonly #texts: Partial<Record<(typeof TEXTS)[number], string>> = {};
  /** By `index`, not by position: two pieces in one chunk may belong to one call. */
  readonly #calls = new Map<number, ToolCall & { function: { name: string; arguments: string } }>();
  readonly #details: ReasoningDetail[] = [];
  readonly #others: Record<string, unknown> = {};
  #logprobs: Record<string, unknown> | null = null;
  /** The vendor's own word for the finish reason. */
  #native: unknown;
  finishReason: string | null = null;

  constructor(index: number) {
    this.#index = index;
  }

  add({ delta, finish_reason, native_finish_reason: native, logprobs }: ChatCompletionChunk['choices'][number]): void {
    if (native != null) this.#native = native;
    if (finish_reason) this.finishReason = String(finish_reason);
    if (logprobs) this.#addLogprobs(logprobs);
    for (const [key, value] of Object.entries(delta ?? {})) {
      if (value == null || key === 'role') continue;
      const text = TEXTS.find((name) => name === key);
      if (text) this.#addText(text, typeof value === 'string' ? value : joined(value));
      else if (key === 'reasoning_details') this.#details.push(...readReasoningDetails(value));
      else if (key !== 'tool_calls') this.#addOther(key, value);
    }
    for (const call of delta?.tool_calls ?? []) this.#addCall(call);
  }

  #addText(name: (typeof TEXTS)[number], text: string): void {
    this.#texts[name] = (this.#texts[name] ?? '') + text;
    this.#room(text.length, 0);
  }

  #textSize = 0;
  #otherSize = 0;

  /** An upstream that never ends must not fill the memory of the gateway. */
  #room(text: number, other: number): void {
    this.#textSize += text;
    this.#otherSize += other;
    if (this.#textSize > MAX_TEXT || this.#otherSize > MAX_OTHER) {
      throw broken('The upstream sent an answer that is too long to keep.');
    }
  }

  get started(): boolean {
    const said = Object.values(this.#texts).some((text) => text !== '');
    return said || this.#calls.size > 0 || this.#details.length > 0 || this.#hasOthers;
  }

  finish(): Choice {
    const message: AssistantMessage = {
      role: 'assistant',
      content: null,
      refusal: null,
      ...this.#texts,
      ...this.#others,
    };
    if (this.#details.length > 0) message.reasoning_details = joinReasoningDetails(this.#details);
    if (this.#calls.size > 0) {
      message.tool_calls = [...this.#calls].toSorted(([a], [b]) => a - b).map(([, call]) => ownFields(call));
      if (message.content === '') message.content = null;
    } else {
      message.content ??= '';
    }
    const native = this.#native === undefined ? {} : { native_finish_reason: this.#native };
    return { index: this.#index, message, finish_reason: this.finishReason, ...native, logprobs: this.#logprobs };
  }

  get #hasOthers(): boolean {
    return Object.keys(this.#others).length > 0;
  }

  /** Lists (`images`, `annotations`) grow; anything else is the last that was said. */
  #addOther(key: string, value: unknown): void {
    const before = this.#others[key];
    this.#room(0, JSON.stringify(value).length);
    this.#others[key] = Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value;
  }

  #addCall({ index, id, type, function: piece, ...rest }: ToolCallDelta): void {
    let call = this.#calls.get(index);
    if (!call) {
      call = { id: '', type: 'function', function: { name: '', arguments: '' } };
      this.#calls.set(index, call);
    }
    Object.assign(call, rest);
    if (id) call.id = id;
    if (type) call.type = type;
    call.function.name += piece?.name ?? '';
    const more = piece?.arguments ?? '';
    call.function.arguments += more;
    this.#room(more.length, 0);
  }

  #addLogprobs(logprobs: Record<string, unknown>): void {
    const before = this.#logprobs ?? {};
    for (const [key, value] of Object.entries(logprobs)) {
      const known = before[key];
      before[key] = Array.isArray(known) && Array.isArray(value) ? [...known, ...value] : value;
    }
    this.#logprobs = before;
  }
}

/** Folds the chunks of a stream into the completion that they are pieces of. */
export class ChunkCollector {
  readonly #choices = new Map<number, CollectedChoice>();
  #head: Pick<ChatCompletion, 'id' | 'created' | 'model'> | undefined;
  #usage: Usage | null = null;

  add(chunk: ChatCompletionChunk): void {
    this.#head ??= { id: chunk.id, created: chunk.created, model: chunk.model };
    if (chunk.usage) this.#usage = chunk.usage;
    if (chunk.choices != null && !Array.isArray(chunk.choices)) throw broken('The upstream sent malformed choices.');
    for (const choice of chunk.choices ?? []) {
      if (typeof choice !== 'object' || choice === null) throw broken('The upstream sent a malformed choice.');
      let collected = this.#choices.get(choice.index);
      if (!collected) {
        collected = new CollectedChoice(choice.index);
        this.#choices.set(choice.index, collected);
      }
      collected.add(choice);
    }
  }

  /** True once any text, reasoning or tool call came. */
  get started(): boolean {
    return [...this.#choices.values()].some((choice) => choice.started);
  }

  /** The answer so far. */
  get completion(): ChatCompletion {
    const { id, created, model } = this.#head ?? { id: '', created: 0, model: '' };
    return {
      id,
      object: 'chat.completion',
      created,
      model,
      choices: [...this.#choices.values()].map((choice) => choice.finish()).toSorted((a, b) => a.index - b.index),
      ...(this.#usage ? { usage: this.#usage } : {}),
    };
  }
}
