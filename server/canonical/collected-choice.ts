import type {
  AssistantMessage,
  ChatCompletion,
  ChatCompletionChunk,
  ToolCallDelta,
} from '../../contracts/chat/completion.ts';
import type { ToolCall } from '../../contracts/chat/message.ts';
import { AppError } from '../errors/app-error.ts';
import { mergeInto } from './merge-into.ts';
import { joinReasoningDetails, type ReasoningDetail, readReasoningDetails } from './reasoning-details.ts';

type Choice = ChatCompletion['choices'][number];

/** Fields whose pieces are joined. `reasoning` and `reasoning_content` are two names of the same text. */
const TEXTS = ['content', 'refusal', 'reasoning_content', 'reasoning'] as const;

/**
 * The longest answer that is kept: text in characters, and everything else, such as pictures. No real answer is longer.
 */
const MAX_TEXT = 8 * 1024 * 1024;
const MAX_OTHER = 128 * 1024 * 1024;
/** What a field takes beside its name and value, about. */
const NAME = 100;

/** About how many characters a value has. It is written only when it is an object: other values are short or counted as text. */
const sizeOf = (value: unknown): number =>
  typeof value === 'string' ? value.length : typeof value === 'object' ? (JSON.stringify(value)?.length ?? 0) : 8;

const broken = (message: string) => new AppError('upstream_broken', message);

/** The text of a list of parts, which some upstreams send instead of a text. */
function joined(value: unknown): string {
  const texts = Array.isArray(value) ? value.map((part: { text?: unknown } | null) => part?.text) : [];
  if (texts.length > 0 && texts.every((text) => typeof text === 'string')) return texts.join('');
  throw broken("The upstream's response has text content that is not a string.");
}

/** The fields of a call without its function, which a call of a custom tool does not have. */
function ownFields({ function: called, ...call }: ToolCall): ToolCall {
  return called?.name === '' && 'custom' in call ? call : { ...call, function: called };
}

/** Joins the pieces of one choice of a stream. */
export class CollectedChoice {
  readonly #index: number;
  readonly #texts: Partial<Record<(typeof TEXTS)[number], string>> = {};
  /** The calls by `index`, not by position: two pieces in one chunk may belong to the same call. */
  readonly #calls = new Map<number, ToolCall & { function: { name: string; arguments: string } }>();
  readonly #details: ReasoningDetail[] = [];
  readonly #others: Record<string, unknown> = {};
  /** Other fields of the choice, such as `logprobs` and vLLM's `stop_reason`. */
  readonly #beside: Record<string, unknown> = { logprobs: null };
  #textSize = 0;
  #otherSize = 0;
  #wasStarted = false;
  finishReason: string | null = null;

  constructor(index: number) {
    this.#index = index;
  }

  add({ index: _, delta, finish_reason, ...beside }: ChatCompletionChunk['choices'][number]): void {
    if (finish_reason) this.finishReason = String(finish_reason);
    for (const key of Object.keys(beside)) {
      const value = beside[key];
      if (value == null && key in this.#beside) continue;
      this.#room(0, NAME + key.length + sizeOf(value));
      mergeInto(this.#beside, key, value);
    }
    for (const [key, value] of Object.entries(delta ?? {})) {
      if (value == null || key === 'role') continue;
      const text = TEXTS.find((name) => name === key);
      if (text) this.#addText(text, typeof value === 'string' ? value : joined(value));
      else if (key === 'reasoning_details') this.#addDetails(value);
      else if (key !== 'tool_calls') this.#addOther(key, value);
    }
    for (const call of delta?.tool_calls ?? []) this.#addCall(call);
  }

  #addText(name: (typeof TEXTS)[number], text: string): void {
    this.#texts[name] = (this.#texts[name] ?? '') + text;
    this.#room(text.length, 0);
  }

  /** Counts what is kept, because an upstream that never ends must not fill the gateway's memory. */
  #room(text: number, other: number): void {
    this.#textSize += text;
    this.#otherSize += other;
    if (this.#textSize > MAX_TEXT || this.#otherSize > MAX_OTHER) {
      throw broken('The upstream sent an answer that is too long to keep.');
    }
  }

  /** How much is kept, in characters. */
  get size(): number {
    return this.#textSize + this.#otherSize;
  }

  /** Drops what came. What comes next is still checked and counted with it. */
  forget(): void {
    this.#wasStarted = this.started;
    for (const holder of [this.#texts, this.#others, this.#beside]) {
      for (const key of Object.keys(holder)) Reflect.deleteProperty(holder, key);
    }
    this.#calls.clear();
    this.#details.length = 0;
  }

  get started(): boolean {
    if (this.#wasStarted) return true;
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
    return { ...this.#beside, index: this.#index, message, finish_reason: this.finishReason };
  }

  get #hasOthers(): boolean {
    return Object.keys(this.#others).length > 0;
  }

  #addDetails(value: unknown): void {
    this.#room(0, sizeOf(value));
    for (const detail of readReasoningDetails(value)) this.#details.push(detail);
  }

  /** Adds any other field: lists (`images`, `annotations`) grow, and of other values the last one counts. */
  #addOther(key: string, value: unknown): void {
    const before = this.#others[key];
    this.#room(0, NAME + key.length + sizeOf(value));
    if (!Array.isArray(value)) this.#others[key] = value;
    else if (Array.isArray(before)) for (const entry of value) before.push(entry);
    else this.#others[key] = [...value];
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
}
