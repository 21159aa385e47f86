import { AppError } from '../../errors/app-error.ts';
import { toChatAnnotation } from './annotations.ts';
import type { AnswerState, Piece } from './answer-state.ts';
import type { ContentPart, LogProbs, OutputItem } from './wire.ts';

/**
 * Reads one output item, in deltas and at its end: the end gives what the deltas did not. Items of tools that OpenAI
 * runs itself (`web_search_call`) say nothing of their own; their result is in the text.
 */
export class ItemReader {
  readonly #state: AnswerState;
  readonly #id: string | undefined;
  /** Where each text part begins in the whole text. */
  readonly #starts = new Map<number, number>();
  readonly #refused = new Set<number>();
  /** The place among the reasoning details of each part, by kind and part. */
  readonly #details = new Map<string, number>();
  #call: number | undefined;
  #hasArguments = false;
  #done = false;

  constructor(state: AnswerState, id: string | undefined) {
    this.#state = state;
    this.#id = id;
  }

  /** The item as it begins. */
  open(item: OutputItem): Piece[] {
    return item.type === 'function_call' ? [this.#openCall(item)] : [];
  }

  text(part: number, text: string, logprobs: LogProbs): Piece {
    if (!this.#starts.has(part)) this.#starts.set(part, this.#state.textLength);
    return this.#state.text(text, logprobs);
  }

  refusal(part: number, refusal: string): Piece {
    this.#refused.add(part);
    return { delta: { refusal } };
  }

  reasoning(type: 'summary' | 'text', part: number, piece: string): Piece {
    const key = `${type}:${part}`;
    const index = this.#details.get(key) ?? this.#state.nextDetail();
    this.#details.set(key, index);
    return this.#state.reasoning(type, piece, this.#id, index);
  }

  /** Nothing before the call is known: its end gives them all. */
  arguments(piece: string): Piece[] {
    if (this.#call === undefined) return [];
    this.#hasArguments = true;
    return [{ delta: { tool_calls: [{ index: this.#call, function: { arguments: piece } }] } }];
  }

  /** The item as it ended. */
  close(item: OutputItem): Piece[] {
    if (this.#done) return [];
    this.#done = true;
    switch (item.type) {
      case 'message':
        return [...(item.content ?? []).flatMap((part, i) => this.#closePart(part, i)), ...phaseOf(item)];
      case 'reasoning':
        return this.#closeReasoning(item);
      case 'function_call':
        return this.#closeCall(item);
      case 'custom_tool_call':
        return [this.#customCall(item)];
      case 'image_generation_call':
        return this.#image(item);
      default:
        return [];
    }
  }

  #closePart(part: ContentPart, at: number): Piece[] {
    if (part.type === 'refusal') return this.#refused.has(at) || !part.refusal ? [] : [this.refusal(at, part.refusal)];
    if (part.type !== 'output_text') return [];
    const pieces = this.#starts.has(at) || !part.text ? [] : [this.text(at, part.text, part.logprobs)];
    const annotations = (part.annotations ?? []).map((one) => toChatAnnotation(one, this.#starts.get(at) ?? 0));
    return annotations.length > 0 ? [...pieces, { delta: { annotations } }] : pieces;
  }

  #closeReasoning({ summary, content, encrypted_content: data }: OutputItem): Piece[] {
    const rest = (type: 'summary' | 'text', parts: OutputItem['content']) =>
      (parts ?? []).flatMap(({ text }, i) =>
        this.#details.has(`${type}:${i}`) || !text ? [] : [this.reasoning(type, i, text)],
      );
    const told = [...rest('summary', summary), ...rest('text', content)];
    return data ? [...told, this.#state.encrypted(data, this.#id)] : told;
  }

  #openCall(item: OutputItem): Piece {
    const { call_id: id, name } = item;
    if (!id || !name) throw new AppError('upstream_broken', 'The upstream sent a tool call without an id or a name.');
    this.#call = this.#state.calls++;
    const first = item.arguments ?? '';
    if (first !== '') this.#hasArguments = true;
    return {
      delta: { tool_calls: [{ index: this.#call, id, type: 'function', function: { name, arguments: first } }] },
    };
  }

  #closeCall(item: OutputItem): Piece[] {
    if (this.#call === undefined) return [this.#openCall(item)];
    return this.#hasArguments || !item.arguments ? [] : this.arguments(item.arguments);
  }

  /** Given whole: the input of a custom tool is text that nobody can use in pieces. */
  #customCall({ call_id: id, name, input }: OutputItem): Piece {
    if (!id || !name) throw new AppError('upstream_broken', 'The upstream sent a tool call without an id or a name.');
    const index = this.#state.calls++;
    return { delta: { tool_calls: [{ index, id, type: 'custom', custom: { name, input: input ?? '' } }] } };
  }

  #image({ result, output_format: format }: OutputItem): Piece[] {
    if (!result) return [];
    const url = `data:image/${format ?? 'png'};base64,${result}`;
    const image = { type: 'image_url' as const, index: this.#state.images++, image_url: { url } };
    return [{ delta: { images: [this.#id ? { ...image, id: this.#id } : image] } }];
  }
}

/** Whether it is a comment on the way or the last word; models of newer make want it back. */
const phaseOf = ({ phase }: OutputItem): Piece[] => (phase ? [{ delta: { phase } }] : []);
