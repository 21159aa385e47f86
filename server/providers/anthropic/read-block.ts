import type { ChatDelta, ToolCallDelta } from '../../../contracts/chat/completion.ts';
import { writeExact } from '../../canonical/exact-json.ts';
import { newId } from '../../canonical/ids.ts';
import { isRecord } from '../../canonical/json.ts';
import { ANTHROPIC_FORMAT, type DetailPlace, type ReasoningDetail } from '../../canonical/reasoning-details.ts';
import { AppError } from '../../errors/app-error.ts';
import type { AnswerBlock, BlockDelta } from './wire.ts';

const broken = (message: string) => new AppError('upstream_broken', message);

/** A call whose arguments are still coming. */
interface OpenCall {
  /** The number of the call among the calls of the answer. */
  readonly index: number;
  readonly id: string;
  /** The arguments that the block began with. They are used when no pieces follow. */
  input: string;
  begun: boolean;
}

/** The field in which a delta of each type has its text. */
const FIELDS: Readonly<Record<string, 'text' | 'partial_json' | 'thinking'>> = {
  text_delta: 'text',
  input_json_delta: 'partial_json',
  thinking_delta: 'thinking',
};

/** Reads the content blocks of one answer, by their index in the answer, and gives what each adds. */
export class BlockReader {
  /** Number of a block → its place in `reasoning_details`. */
  readonly #thoughts = new Map<number, number>();
  readonly #calls = new Map<number, OpenCall>();
  /** Numbers of the blocks of tools that the vendor runs itself. */
  readonly #others = new Set<number>();
  #callCount = 0;
  /** The length of the text so far, in UTF-16 units. */
  #said = 0;
  #last = -1;

  /**
   * The block of an event that may have no number: a new block comes after the last one, any other event belongs to the
   * last one.
   */
  indexOf(said: number | null | undefined, begins: boolean): number {
    const index = said ?? (begins ? this.#last + 1 : Math.max(0, this.#last));
    if (begins) this.#last = index;
    return index;
  }

  /** The start of a block: empty in a stream, complete in a whole answer. */
  start(block: number, content: AnswerBlock): ChatDelta[] {
    switch (content.type) {
      case 'text':
        return [...this.#say(content.text), ...(content.citations ?? []).flatMap(cite)];
      case 'thinking':
        return [...this.#think(block, content.thinking), ...this.#sign(block, content.signature)];
      case 'redacted_thinking':
        return content.data ? [this.#detail(block, { type: 'reasoning.encrypted', data: content.data })] : [];
      case 'tool_use':
        return this.#call(block, content);
      default:
        this.#others.add(block);
        return [];
    }
  }

  add(block: number, delta: BlockDelta): ChatDelta[] {
    const field = FIELDS[delta.type];
    if (field && typeof delta[field] !== 'string') throw broken(`The upstream sent a ${delta.type} without its text.`);
    switch (delta.type) {
      case 'text_delta':
        return this.#say(delta.text);
      case 'input_json_delta':
        return this.#others.has(block) ? [] : this.#arguments(this.#callAt(block), delta.partial_json);
      case 'thinking_delta':
        return this.#think(block, delta.thinking);
      case 'signature_delta':
        return this.#sign(block, delta.signature);
      case 'citations_delta':
        return cite(delta.citation);
      default:
        return [];
    }
  }

  stop(block: number): ChatDelta[] {
    const call = this.#calls.get(block);
    return call ? this.#arguments(call, call.begun ? '' : call.input) : [];
  }

  /** Ends the blocks that were not stopped. */
  finish(): ChatDelta[] {
    return [...this.#calls.keys()].flatMap((block) => this.stop(block));
  }

  #say(content: string | null | undefined): ChatDelta[] {
    if (!content) return [];
    this.#said += content.length;
    return [{ content }];
  }

  #think(block: number, thinking: string | null | undefined): ChatDelta[] {
    if (!thinking) return [];
    const detail = this.#detail(block, { type: 'reasoning.text', text: thinking });
    return [{ reasoning_content: thinking, reasoning: thinking, ...detail }];
  }

  #sign(block: number, signature: string | null | undefined): ChatDelta[] {
    return signature ? [this.#detail(block, { type: 'reasoning.text', signature })] : [];
  }

  #detail(block: number, detail: ReasoningDetail): ChatDelta {
    const known = this.#thoughts.get(block);
    const index = known ?? this.#thoughts.size;
    this.#thoughts.set(block, index);
    const after: DetailPlace = { content: this.#said, tool_calls: this.#callCount };
    const amid = known === undefined && after.content + after.tool_calls > 0;
    return { reasoning_details: [{ ...detail, format: ANTHROPIC_FORMAT, index, ...(amid ? { after } : {}) }] };
  }

  #call(block: number, { id: given, name, input }: AnswerBlock): ChatDelta[] {
    if (!name) throw broken('The upstream sent a tool call without a name.');
    const known = this.#calls.get(block);
    // This start only repeats the one before.
    if (known && given === known.id) return [];
    const id = given || newId('toolu_');
    const call: OpenCall = { index: this.#callCount++, id, input: textOf(input), begun: false };
    this.#calls.set(block, call);
    const opening: ToolCallDelta = { index: call.index, id, type: 'function', function: { name, arguments: '' } };
    return [{ tool_calls: [opening] }];
  }

  /** The call that a piece belongs to: the call of its block, else the last one. */
  #callAt(block: number): OpenCall {
    const call = this.#calls.get(block) ?? [...this.#calls.values()].at(-1);
    if (!call) throw broken('The upstream sent arguments without a tool call.');
    return call;
  }

  #arguments(call: OpenCall, piece: string | null | undefined): ChatDelta[] {
    if (!piece) return [];
    call.begun = true;
    return [{ tool_calls: [{ index: call.index, function: { arguments: piece } }] }];
  }
}

/**
 * The first arguments of a call, as text; '' when there are none. Some proxies send them whole, or as a string of JSON.
 */
function textOf(input: unknown): string {
  if (input == null) return '';
  if (typeof input === 'string') return input;
  if (!isRecord(input)) throw broken('The upstream sent arguments of a tool call that are not an object.');
  return Object.keys(input).length > 0 ? writeExact(input) : '';
}

/** A citation in Anthropic's own format. The canonical form only has annotations of web pages. */
const cite = (citation: unknown): ChatDelta[] => (citation == null ? [] : [{ citations: [citation] }]);
