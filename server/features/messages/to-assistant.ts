import type { ChatMessage, ContentPart, ToolCall } from '../../../contracts/chat/message.ts';
import type { InputBlock } from '../../../contracts/messages/request.ts';
import { writeExact } from '../../canonical/exact-json.ts';
import { ANTHROPIC_FORMAT, type ReasoningDetail } from '../../canonical/reasoning-details.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { CALL_FIELDS, decodeDetails, isEncoded } from './encode-details.ts';
import { type Others, textPart } from './to-parts.ts';

/** An assistant's turn while its blocks are read. */
class AssistantTurn {
  readonly #keep: boolean;
  readonly #others: ContentPart[] = [];
  #text = '';
  #thought = '';
  readonly #calls: ToolCall[] = [];
  readonly #details: ReasoningDetail[] = [];
  /** Id of the call → fields that only its vendor knows. */
  readonly #callFields = new Map<string, object>();

  constructor(others: Others) {
    this.#keep = others === 'keep';
  }

  add(block: InputBlock, param: string): void {
    if (block.type === 'text' && typeof block.text === 'string') this.#text += block.text;
    else if (block.type === 'thinking' && typeof block.thinking === 'string') {
      this.#think(block.thinking, typeof block.signature === 'string' ? block.signature : '', `${param}.signature`);
    } else if (block.type === 'redacted_thinking' && typeof block.data === 'string') {
      if (isEncoded(block.data)) this.#decode(block.data, null, `${param}.data`);
      else this.#detail({ type: 'reasoning.encrypted', data: block.data });
    } else if (block.type === 'tool_use' && typeof block.id === 'string' && typeof block.name === 'string') {
      const called = { name: block.name, arguments: writeExact(block.input) };
      this.#calls.push({ id: block.id, type: 'function', function: called });
    } else if (this.#keep) {
      this.#others.push({ ...block });
    } else {
      throw invalidField(
        `${param}.type`,
        `A block of type '${block.type.slice(0, 50)}' is not supported in an answer.`,
      );
    }
  }

  finish(): ChatMessage {
    const calls = this.#calls.map((call) => ({ ...this.#callFields.get(call.id), ...call }));
    return {
      role: 'assistant',
      content: this.#content(calls.length > 0),
      ...(this.#thought ? { reasoning_content: this.#thought } : {}),
      ...(this.#details.length > 0 ? { reasoning_details: this.#details } : {}),
      ...(calls.length > 0 ? { tool_calls: calls } : {}),
    };
  }

  #content(called: boolean): ChatMessage['content'] {
    if (this.#others.length > 0) return [...(this.#text ? [textPart(this.#text)] : []), ...this.#others];
    return this.#text === '' && called ? null : this.#text;
  }

  #think(thinking: string, signature: string, param: string): void {
    this.#thought += (this.#thought && thinking ? '\n\n' : '') + thinking;
    if (signature === '') return;
    if (isEncoded(signature)) this.#decode(signature, thinking, param);
    else this.#detail({ type: 'reasoning.text', text: thinking, signature });
  }

  /** Anthropic wants its thinking back in the very place where it stood. */
  #detail(detail: ReasoningDetail): void {
    const after = { content: this.#text.length, tool_calls: this.#calls.length };
    const amid = after.content + after.tool_calls > 0 ? { after } : {};
    this.#details.push({ ...detail, format: ANTHROPIC_FORMAT, index: this.#details.length, ...amid });
  }

  /** A detail without its text had it in the block. */
  #decode(opaque: string, thinking: string | null, param: string): void {
    for (const detail of decodeDetails(opaque, param)) {
      if (detail.type === CALL_FIELDS) this.#callFields.set(String(detail.id), Object(detail.fields));
      else if (detail.type === 'reasoning.summary') this.#details.push({ ...detail, summary: thinking });
      else if (detail.type === 'reasoning.text') this.#details.push({ ...detail, text: thinking });
      else this.#details.push(detail);
    }
  }
}

/** An earlier answer of the model: its text, its calls, and its reasoning with the signature. */
export function toAssistant(content: string | readonly InputBlock[], param: string, others: Others): ChatMessage {
  if (typeof content === 'string') return { role: 'assistant', content };
  const turn = new AssistantTurn(others);
  for (const [i, block] of content.entries()) turn.add(block, `${param}[${i}]`);
  return turn.finish();
}
