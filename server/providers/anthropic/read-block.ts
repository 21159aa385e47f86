import type { ChatDelta, ToolCallDelta } from '../../../contracts/chat/completion.ts';
import { ANTHROPIC_FORMAT, type Place, type ReasoningDetail } from '../../canonical/reasoning-details.ts';
import type { AnswerBlock, BlockDelta } from './wire.ts';

/** A call whose arguments are still coming. */
interface OpenCall {
  /** Its place among the calls. */
  readonly index: number;
  begun: boolean;
}

/** What the content blocks of one answer add to it, by their index in the answer. */
export class BlockReader {
  /** Block → its place in `reasoning_details`. */
  readonly #thoughts = new Map<number, number>();
  readonly #calls = new Map<number, OpenCall>();
  /** UTF-16 units of text so far. */
  #said = 0;

  /** A block starts empty in a stream, and is all there in a whole answer. */
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
        return [];
    }
  }

  add(block: number, delta: BlockDelta): ChatDelta[] {
    switch (delta.type) {
      case 'text_delta':
        return this.#say(delta.text);
      case 'input_json_delta':
        return this.#arguments(block, delta.partial_json);
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
    // A call without arguments is one of an empty object.
    return call && !call.begun ? this.#arguments(block, '{}') : [];
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
    const after: Place = { content: this.#said, tool_calls: this.#calls.size };
    const amid = known === undefined && after.content + after.tool_calls > 0;
    return { reasoning_details: [{ ...detail, format: ANTHROPIC_FORMAT, index, ...(amid ? { after } : {}) }] };
  }

  #call(block: number, { id, name, input }: AnswerBlock): ChatDelta[] {
    const call = { index: this.#calls.size, begun: false };
    this.#calls.set(block, call);
    const opening: ToolCallDelta = { index: call.index, id, type: 'function', function: { name, arguments: '' } };
    const whole = typeof input === 'object' && input !== null && Object.keys(input).length > 0;
    return [{ tool_calls: [opening] }, ...(whole ? this.#arguments(block, JSON.stringify(input)) : [])];
  }

  /** The input of a server's tool comes the same way, and is no call of ours. */
  #arguments(block: number, piece: string | null | undefined): ChatDelta[] {
    const call = this.#calls.get(block);
    if (!call || !piece) return [];
    call.begun = true;
    return [{ tool_calls: [{ index: call.index, function: { arguments: piece } }] }];
  }
}

/** Where a text is from, as Anthropic says it: the canonical form only knows pages of the web. */
const cite = (citation: unknown): ChatDelta[] => (citation == null ? [] : [{ citations: [citation] }]);
