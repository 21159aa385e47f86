import { AppError } from '../../errors/app-error.ts';
import { toChatAnnotation } from './annotations.ts';
import type { AnswerState, Piece } from './answer-state.ts';
import { CallArguments } from './call-arguments.ts';
import { Said } from './said.ts';
import type { ContentPart, LogProbs, OutputItem } from './wire.ts';

const broken = (message: string) => new AppError('upstream_broken', message);

type ReasoningKind = 'summary' | 'text';

/**
 * Reads one output item, in deltas and at its end: the end adds what the deltas left out. Items of tools that OpenAI
 * runs itself (`web_search_call`) add nothing; their result is in the text.
 */
export class ItemReader {
  readonly #state: AnswerState;
  readonly type: string;
  /** The upstream's ids. */
  id: string | undefined;
  callId: string | undefined;
  /** The ids for clients: no other item, and no other call, has them. */
  #ownId: string | undefined;
  #ownCallId = '';
  /** Each part of the text, of the refusal and of the reasoning, by kind and number. */
  readonly #parts = new Map<string, Said>();
  /** Where each part of the text begins in the whole text. */
  readonly #starts = new Map<number, number>();
  /** The place of each part among the reasoning details. */
  readonly #details = new Map<string, number>();
  #call: number | undefined;
  #name = '';
  readonly #arguments: CallArguments;
  #opened = false;
  #closed = false;
  /** The item as the upstream sent it last. */
  #own: OutputItem | undefined;

  constructor(state: AnswerState, type: string) {
    this.#state = state;
    this.type = type;
    this.#arguments = new CallArguments(state);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Whether the upstream has sent the start of the item. */
  get opened(): boolean {
    return this.#opened;
  }

  /** The id of the item for clients; undefined when the upstream gave none. */
  get ownId(): string | undefined {
    return this.#ownId;
  }

  /** The id of the call for clients; empty until they have received the start of the call. */
  get ownCallId(): string {
    return this.#ownCallId;
  }

  /** The pieces of an item that begins. */
  open(item: OutputItem): Piece[] {
    this.#opened = true;
    this.#note(item);
    if (item.type !== 'function_call') return [];
    this.#arguments.begin(item.arguments);
    return this.#openCall(item.name);
  }

  text(part: number, text: string, logprobs?: LogProbs): Piece[] {
    if (text === '') return [];
    if (!this.#starts.has(part)) this.#starts.set(part, this.#state.textLength);
    this.#part('text', part).add(text);
    return [this.#state.text(text, logprobs ?? null)];
  }

  refusal(part: number, refusal: string): Piece[] {
    if (refusal === '') return [];
    this.#part('refusal', part).add(refusal);
    return [{ delta: { refusal } }];
  }

  reasoning(type: ReasoningKind, part: number, piece: string): Piece[] {
    if (piece === '') return [];
    const key = `${type}:${part}`;
    const index = this.#details.get(key) ?? this.#state.nextDetail();
    this.#details.set(key, index);
    this.#part(type === 'text' ? 'thought' : type, part).add(piece);
    return [this.#state.reasoning(type, piece, this.id, index)];
  }

  arguments = (piece: string): Piece[] => this.#tell(this.#arguments.add(piece));

  /** The pieces at the end of one part; the end repeats the whole part. */
  endText = (part: number, text: string | null | undefined, logprobs?: LogProbs): Piece[] =>
    this.text(part, this.#part('text', part).restOf(text), logprobs);
  endRefusal = (part: number, refusal: string | null | undefined): Piece[] =>
    this.refusal(part, this.#part('refusal', part).restOf(refusal));
  endReasoning = (type: ReasoningKind, part: number, text: string | null | undefined): Piece[] =>
    this.reasoning(type, part, this.#part(type === 'text' ? 'thought' : type, part).restOf(text));
  endArguments = (whole: OutputItem['arguments'], name?: string | null): Piece[] => {
    const opened = name ? this.#openCall(name) : [];
    return [...opened, ...this.#tell(this.#arguments.end(whole))];
  };

  /** The pieces of an item that ended; undefined when the upstream never sent its end. */
  close(item: OutputItem | undefined): Piece[] {
    if (item) this.#note(item);
    const pieces = this.#closeAs(item);
    this.#closed = true;
    return pieces;
  }

  /** The whole item, for a client of this API: as it came at its end, with everything that came before. */
  get whole(): object {
    const { type, id } = this;
    const own = { type, id, status: 'completed', ...this.#own, ...(this.#ownId ? { id: this.#ownId } : {}) };
    if (type === 'function_call') {
      const none = own.status === 'incomplete' ? '' : '{}';
      return { ...own, call_id: this.#ownCallId, name: this.#name, arguments: this.#arguments.told || none };
    }
    return type === 'message' ? { role: 'assistant', ...own, content: this.#content } : own;
  }

  /** Whether clients receive something else than the upstream sent. */
  get differs(): boolean {
    const { id, call_id: callId, name, arguments: sent, content } = this.#own ?? {};
    if (this.#ownId !== undefined && this.#ownId !== id) return true;
    if (this.type === 'message') return this.#content.some((part, at) => part !== content?.[at]);
    if (this.type !== 'function_call') return false;
    return callId !== this.#ownCallId || name !== this.#name || sent !== this.#arguments.told || sent === '';
  }

  /** The parts of a message, with the texts that clients were told in pieces. */
  get #content(): object[] {
    const own = this.#own?.content ?? [];
    if (own.some(({ text, refusal }) => text ?? refusal)) return own.map((part, at) => this.#toldPart(part, at));
    return [...this.#parts].map(([kind, { text }]) =>
      kind.startsWith('refusal') ? { type: 'refusal', refusal: text } : { type: 'output_text', text, annotations: [] },
    );
  }

  #toldPart(part: ContentPart, at: number): ContentPart {
    const [kind, field] = part.type === 'refusal' ? (['refusal', 'refusal'] as const) : (['text', 'text'] as const);
    const said = this.#parts.get(`${kind}:${at}`)?.text;
    return said === undefined || said === part[field] ? part : { ...part, [field]: said };
  }

  #note(item: OutputItem): void {
    this.#own = item;
    if (this.id === undefined && item.id) {
      this.id = item.id;
      this.#ownId = this.#state.itemIds.own(item.id);
    }
    this.callId ??= item.call_id || undefined;
  }

  /** The piece with more of the arguments, once clients have received the start of the call. */
  #tell(text: string): Piece[] {
    if (this.#call === undefined || text === '') return [];
    return [{ delta: { tool_calls: [{ index: this.#call, function: { arguments: text } }] } }];
  }

  #closeAs(item: OutputItem | undefined): Piece[] {
    switch (this.type) {
      case 'message':
        return [
          ...(item?.content ?? []).flatMap((part, i) => this.#closePart(part, i)),
          ...(item && !this.#closed ? phaseOf(item) : []),
        ];
      case 'reasoning':
        return item ? this.#closeReasoning(item) : [];
      case 'function_call':
        return this.#closeCall(item);
      case 'custom_tool_call':
        return this.#closed ? [] : [this.#customCall(item)];
      case 'image_generation_call':
        return item && !this.#closed ? this.#image(item) : [];
      default:
        return [];
    }
  }

  #part(kind: string, at: number): Said {
    const key = `${kind}:${at}`;
    const known = this.#parts.get(key) ?? new Said(this.#state);
    this.#parts.set(key, known);
    return known;
  }

  #closePart(part: ContentPart, at: number): Piece[] {
    if (part.type === 'refusal') return this.endRefusal(at, part.refusal);
    if (part.type !== 'output_text') return [];
    if (part.text == null && !this.#starts.has(at)) throw broken('The upstream sent a text part without its text.');
    const pieces = this.endText(at, part.text, part.logprobs);
    if (this.#closed) return pieces;
    const annotations = (part.annotations ?? []).map((one) => toChatAnnotation(one, this.#starts.get(at) ?? 0));
    return annotations.length > 0 ? [...pieces, { delta: { annotations } }] : pieces;
  }

  #closeReasoning({ summary, content, encrypted_content: data }: OutputItem): Piece[] {
    const rest = (type: ReasoningKind, parts: OutputItem['content']) =>
      (parts ?? []).flatMap(({ text }, i) => this.endReasoning(type, i, text));
    const told = [...rest('summary', summary), ...rest('text', content)];
    return data && !this.#closed ? [...told, this.#state.encrypted(data, this.id)] : told;
  }

  /** Announces a call as soon as its name is known. */
  #openCall(name: string | null | undefined): Piece[] {
    if (name) this.#name = name;
    if (this.#call !== undefined || this.#name === '') return [];
    this.#call = this.#state.calls++;
    this.#ownCallId = this.#state.callIds.own(this.callId ?? '');
    const called = { name: this.#name, arguments: this.#arguments.told };
    return [
      { delta: { tool_calls: [{ index: this.#call, id: this.#ownCallId, type: 'function', function: called }] } },
    ];
  }

  #closeCall(item: OutputItem | undefined): Piece[] {
    const opened = this.#openCall(item?.name);
    if (this.#call === undefined) throw broken('The upstream sent a tool call without a name.');
    return [...opened, ...this.#tell(this.#arguments.close(item?.arguments))];
  }

  /** A custom call is passed on whole: clients cannot use its input in pieces. */
  #customCall(item: OutputItem | undefined): Piece {
    const name = item?.name;
    if (!name) throw broken('The upstream sent a tool call without a name.');
    const index = this.#state.calls++;
    const id = this.#state.callIds.own(this.callId ?? '');
    const input = this.#arguments.inputOf(item.input);
    return { delta: { tool_calls: [{ index, id, type: 'custom', custom: { name, input } }] } };
  }

  #image({ result, output_format: format }: OutputItem): Piece[] {
    if (!result) return [];
    const url = `data:image/${format ?? 'png'};base64,${result}`;
    const image = { type: 'image_url' as const, index: this.#state.images++, image_url: { url } };
    return [{ delta: { images: [this.id ? { ...image, id: this.id } : image] } }];
  }
}

/** Whether a message is a comment on the way (`phase`) or the final answer. Newer models want it back. */
const phaseOf = ({ phase }: OutputItem): Piece[] => (phase ? [{ delta: { phase } }] : []);
