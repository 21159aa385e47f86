import type { AnswerBlock, Message, MessageEvent } from '../../../contracts/messages/answer.ts';
import { parseExact } from '../../canonical/exact-json.ts';
import { isRecord } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';

function parseInput(json: string, stopReason: string | null): Record<string, unknown> {
  if (json.trim() === '') return {};
  try {
    const input = parseExact(json);
    if (isRecord(input)) return input;
  } catch (cause) {
    // The stop reason shows that a call was cut off.
    if (stopReason === 'max_tokens') return {};
    throw new AppError('upstream_broken', 'The upstream sent arguments of a tool call that are not JSON.', { cause });
  }
  throw new AppError('upstream_broken', 'The upstream sent arguments of a tool call that are not an object.');
}

function addDelta(block: AnswerBlock, delta: NonNullable<MessageEvent['delta']>): void {
  if (delta.text !== undefined) block.text = (block.text ?? '') + delta.text;
  if (delta.thinking !== undefined) block.thinking = (block.thinking ?? '') + delta.thinking;
  if (delta.signature !== undefined) block.signature = delta.signature;
}

/** Folds the events of a whole answer into the message that they are pieces of. */
export function collectMessage(events: readonly MessageEvent[]): Message {
  let message: Message | undefined;
  const blocks: AnswerBlock[] = [];
  const inputs = new Map<AnswerBlock, string>();
  for (const { type, message: started, content_block: block, delta, usage, index } of events) {
    if (type === 'message_start' && started) message = { ...started };
    if (type === 'content_block_start' && block) blocks.push({ ...block });
    const open = blocks[index ?? -1];
    if (type === 'content_block_delta' && open && delta) {
      addDelta(open, delta);
      if (delta.partial_json !== undefined) inputs.set(open, (inputs.get(open) ?? '') + delta.partial_json);
    }
    if (type === 'message_delta' && message && delta) {
      message.stop_reason = delta.stop_reason ?? null;
      message.stop_sequence = delta.stop_sequence ?? null;
      message.usage = { ...message.usage, ...usage };
    }
  }
  if (!message) throw new AppError('upstream_broken', 'The upstream sent an empty answer.');
  for (const [block, json] of inputs) block.input = parseInput(json, message.stop_reason);
  return { ...message, content: blocks };
}
