import type { ChatMessage, ToolCall } from '../../../contracts/chat/message.ts';
import { parseExact } from '../../canonical/exact-json.ts';
import {
  ANTHROPIC_FORMAT,
  DetailPlace,
  joinReasoningDetails,
  type ReasoningDetail,
  readReasoningDetails,
} from '../../canonical/reasoning-details.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { cacheOf } from './cache-mark.ts';
import { toTextBlocks } from './to-blocks.ts';
import type { Block } from './wire.ts';

interface Thought {
  readonly block: Block;
  readonly after: DetailPlace;
}

/**
 * The thinking blocks of a reasoning detail. Reasoning without Anthropic's signature (another vendor's, or plain text)
 * is left out: Anthropic would refuse the request.
 */
function toThinking(detail: ReasoningDetail): Thought[] {
  const after = DetailPlace.safeParse(detail.after).data ?? { content: 0, tool_calls: 0 };
  return toThinkingBlock(detail).map((block) => ({ block, after }));
}

function toThinkingBlock(detail: ReasoningDetail): Block[] {
  if (detail.format != null && detail.format !== ANTHROPIC_FORMAT) return [];
  if (detail.type === 'reasoning.encrypted' && detail.data) return [{ type: 'redacted_thinking', data: detail.data }];
  if (detail.type !== 'reasoning.text' || !detail.signature) return [];
  return [{ type: 'thinking', thinking: detail.text ?? '', signature: detail.signature }];
}

function parseArguments(text: string, param: string): object {
  // Some models send an empty text for a call without arguments.
  if (text.trim() === '') return {};
  try {
    const input = parseExact(text);
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input;
  } catch {
    // The error is thrown below.
  }
  throw invalidField(param, 'The arguments of a tool call must be a JSON object.');
}

/** Replaces characters that Anthropic refuses in ids: it takes letters, digits, `_` and `-`. Equal ids stay equal. */
export const toToolId = (id: string): string =>
  id.replace(/[^a-zA-Z0-9_-]/g, (char) => `_${char.codePointAt(0)?.toString(16)}`);

function toToolUse(call: ToolCall, param: string): Block {
  if (!call.function) throw invalidField(`${param}.type`, 'Anthropic accepts only function calls.');
  const { name, arguments: given } = call.function;
  const input = parseArguments(given, `${param}.function.arguments`);
  return { type: 'tool_use', id: toToolId(call.id), name, input, ...cacheOf(call) };
}

/** Drops blank texts. Anthropic itself sends them between thoughts, and refuses them in requests. */
const toText = (text: string): Block[] => (text.trim() === '' ? [] : [{ type: 'text', text }]);

/** Puts thoughts back where they stood in the answer. */
function weave(thoughts: readonly Thought[], text: string, calls: readonly Block[]): Block[] {
  const woven: Block[] = [];
  let said = 0;
  let called = 0;
  for (const { block, after } of thoughts) {
    woven.push(...toText(text.slice(said, after.content)), ...calls.slice(called, after.tool_calls), block);
    said = Math.max(said, after.content);
    called = Math.max(called, after.tool_calls);
  }
  return [...woven, ...toText(text.slice(said)), ...calls.slice(called)];
}

/** Whether the answer begins with thinking that has Anthropic's signature. */
export const isSigned = ({ reasoning_details: details }: ChatMessage): boolean =>
  joinReasoningDetails(readReasoningDetails(details))
    .flatMap(toThinking)
    .some(({ after }) => after.content + after.tool_calls === 0);

/** An earlier answer as blocks: its signed thinking (first, unless another place is known), its text and its calls. */
export function toAssistantBlocks(message: ChatMessage, param: string): Block[] {
  const thoughts = joinReasoningDetails(readReasoningDetails(message.reasoning_details)).flatMap(toThinking);
  const refusal = typeof message.refusal === 'string' ? toTextBlocks(message.refusal, `${param}.refusal`) : [];
  const calls = (message.tool_calls ?? []).map((call, i) => toToolUse(call, `${param}.tool_calls[${i}]`));
  const { content } = message;
  if (typeof content === 'string' && refusal.length === 0) return weave(thoughts, content, calls);
  const said = toTextBlocks(content, `${param}.content`);
  return [...thoughts.map(({ block }) => block), ...said, ...refusal, ...calls];
}
