import type { ToolCallDelta } from '../../../../contracts/chat/completion.ts';
import type { ItemPart, OutputItem } from '../../../../contracts/responses/item.ts';
import type { KnownTool } from '../request/tool-map.ts';
import type { EventLog } from './event-log.ts';

/** An output item as it grows. `close` gives it as it ended; it is called once. */
export interface ItemWriter {
  close(cut: boolean): OutputItem;
  /** The item as it stands. */
  readonly item: OutputItem;
}

/** The place of an item in the output. */
export interface ItemPlace {
  readonly output_index: number;
  readonly item_id: string;
}

/** Writes reasoning, as a summary when the request asks for one, otherwise as its text. */
export class ReasoningItemWriter implements ItemWriter {
  readonly #log: EventLog;
  readonly #place: ItemPlace;
  readonly #summary: boolean;
  #text = '';
  signature: string | null = null;

  constructor(log: EventLog, place: ItemPlace, summary: boolean) {
    this.#log = log;
    this.#place = place;
    this.#summary = summary;
  }

  get text(): string {
    return this.#text;
  }

  get item(): OutputItem {
    const part = this.#text ? [this.#part(this.#text)] : [];
    const parts = this.#summary ? { summary: part } : { summary: [], content: part };
    const signature = this.signature === null ? {} : { encrypted_content: this.signature };
    return { id: this.#place.item_id, type: 'reasoning', ...parts, ...signature };
  }

  add(delta: string): void {
    if (this.#text === '') this.#say('part.added', { part: this.#part('') });
    this.#text += delta;
    this.#say('text.delta', { delta });
  }

  close(): OutputItem {
    if (this.#text !== '') {
      this.#say('text.done', { text: this.#text });
      this.#say('part.done', { part: this.#part(this.#text) });
    }
    return this.item;
  }

  #part(text: string): ItemPart {
    return { type: this.#summary ? 'summary_text' : 'reasoning_text', text };
  }

  #say(what: `${'part' | 'text'}.${string}`, fields: object): void {
    const kind = this.#summary ? 'reasoning_summary' : what.startsWith('part') ? 'content' : 'reasoning';
    const index = this.#summary ? { summary_index: 0 } : { content_index: 0 };
    this.#log.push(`response.${kind}_${what}`, { ...this.#place, ...index, ...fields });
  }
}

type PartKind = 'output_text' | 'refusal';

/** The message: a text, a refusal, or one after the other. */
export class MessageItemWriter implements ItemWriter {
  readonly #log: EventLog;
  readonly #place: ItemPlace;
  readonly #parts: { kind: PartKind; text: string; logprobs: object[]; annotations: ItemPart['annotations'] }[] = [];
  #status = 'in_progress';
  phase: string | null = null;

  constructor(log: EventLog, place: ItemPlace) {
    this.#log = log;
    this.#place = place;
  }

  get item(): OutputItem {
    const phase = this.phase === null ? {} : { phase: this.phase };
    const content = this.#parts.map((_, i) => this.#part(i));
    return { id: this.#place.item_id, type: 'message', role: 'assistant', status: this.#status, content, ...phase };
  }

  add(kind: PartKind, delta: string, logprobs: object[] = []): void {
    const last = this.#parts.at(-1);
    if (last?.kind !== kind) {
      this.#closePart();
      this.#parts.push({ kind, text: '', logprobs: [], annotations: [] });
      this.#say('content_part.added', { part: this.#part(this.#parts.length - 1) });
    }
    const part = this.#parts.at(-1);
    if (!part) return;
    part.text += delta;
    part.logprobs.push(...logprobs);
    this.#say(`${kind}.delta`, kind === 'refusal' ? { delta } : { delta, logprobs });
  }

  annotate(annotation: { type: string; [field: string]: unknown }): void {
    if (this.#parts.at(-1)?.kind !== 'output_text') this.add('output_text', '');
    const list = this.#parts.at(-1)?.annotations ?? [];
    list.push(annotation);
    this.#say('output_text.annotation.added', { annotation_index: list.length - 1, annotation });
  }

  close(cut: boolean): OutputItem {
    if (this.#parts.length === 0) this.add('output_text', '');
    this.#closePart();
    this.#status = cut ? 'incomplete' : 'completed';
    return this.item;
  }

  #closePart(): void {
    const part = this.#parts.at(-1);
    if (!part) return;
    const { kind, text, logprobs } = part;
    this.#say(`${kind}.done`, kind === 'refusal' ? { refusal: text } : { text, logprobs });
    this.#say('content_part.done', { part: this.#part(this.#parts.length - 1) });
  }

  #part(at: number): ItemPart {
    const { kind = 'output_text', text = '', annotations = [], logprobs = [] } = this.#parts[at] ?? {};
    return kind === 'refusal'
      ? { type: kind, refusal: text }
      : { type: kind, text, annotations: [...(annotations ?? [])], logprobs: [...logprobs] };
  }

  #say(what: string, fields: object): void {
    const at = { ...this.#place, content_index: Math.max(0, this.#parts.length - 1) };
    this.#log.push(`response.${what}`, { ...at, ...fields });
  }
}

/** The input of a custom tool, out of the arguments of the function that stands for it. */
function inputIn(text: string): string {
  try {
    const given: unknown = JSON.parse(text);
    if (typeof given === 'object' && given !== null && 'input' in given && typeof given.input === 'string') {
      return given.input;
    }
  } catch {
    // A model that wrote the input itself was understood, too.
  }
  return text;
}

/** A call of a function or of a custom tool; the input of the latter is known when it is whole. */
export class CallItemWriter implements ItemWriter {
  readonly #log: EventLog;
  readonly #place: ItemPlace;
  readonly #tool: KnownTool;
  readonly #callId: string;
  readonly #extra: object;
  #said = '';
  #raw = false;
  #status = 'in_progress';

  constructor(log: EventLog, place: ItemPlace, tool: KnownTool, first: ToolCallDelta) {
    this.#log = log;
    this.#place = place;
    this.#tool = tool;
    this.#callId = first.id || `call_${place.item_id.replace(/^[a-z]+_/, '')}`;
    this.#extra = first.extra_content ? { extra_content: first.extra_content } : {};
  }

  get item(): OutputItem {
    const { kind, name, namespace } = this.#tool;
    const said = kind === 'custom' ? { input: this.#input } : { arguments: this.#said };
    return {
      id: this.#place.item_id,
      type: kind === 'custom' ? 'custom_tool_call' : 'function_call',
      status: this.#status,
      call_id: this.#callId,
      name,
      ...(namespace ? { namespace } : {}),
      ...said,
      ...this.#extra,
    };
  }

  add(delta: string): void {
    if (delta === '') return;
    this.#said += delta;
    if (this.#tool.kind === 'function')
      this.#log.push('response.function_call_arguments.delta', { ...this.#place, delta });
  }

  /** The input itself, of an upstream that has custom tools. */
  addInput(input: string): void {
    this.#raw = true;
    this.#said += input;
  }

  close(cut: boolean): OutputItem {
    const { kind, name } = this.#tool;
    this.#status = cut ? 'incomplete' : 'completed';
    if (kind === 'custom') {
      const input = this.#input;
      if (input !== '') this.#log.push('response.custom_tool_call_input.delta', { ...this.#place, delta: input });
      this.#log.push('response.custom_tool_call_input.done', { ...this.#place, input });
    } else {
      // A call without arguments comes as an empty text from some models; clients parse it.
      if (this.#said === '') this.#said = '{}';
      this.#log.push('response.function_call_arguments.done', { ...this.#place, name, arguments: this.#said });
    }
    return this.item;
  }

  get #input(): string {
    if (this.#status === 'in_progress') return '';
    return this.#raw ? this.#said : inputIn(this.#said);
  }
}
