import type { ChatMessage } from '../../../contracts/chat/message.ts';
import { AppError } from '../../errors/app-error.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { EMPTY_MESSAGE } from '../empty-message.ts';
import { endWithQuestion } from '../end-with-question.ts';
import { cacheOf } from './cache-mark.ts';
import { takesSystemTurns } from './model-version.ts';
import { toAssistantBlocks, toToolId } from './to-assistant-blocks.ts';
import { toBlocks, toTextBlocks } from './to-blocks.ts';
import { TurnWriter } from './turn-writer.ts';
import type { Block, Turn } from './wire.ts';

/** Fields of messages that Anthropic does not support. (A tool message's `name` only repeats its call.) */
const UNSUPPORTED = ['name', 'audio', 'images', 'function_call'] as const;

function checkFields(message: ChatMessage, param: string): void {
  for (const field of UNSUPPORTED) {
    const value = message[field];
    if (value == null || value === '' || (Array.isArray(value) && value.length === 0)) continue;
    if (field !== 'name' || message.role !== 'tool') {
      throw invalidField(`${param}.${field}`, `Anthropic does not support '${field}' in messages.`);
    }
  }
}

/** Puts the cache breakpoint of a message on its last block. */
function withCache(message: ChatMessage, blocks: Block[]): Block[] {
  const last = blocks.at(-1);
  return last ? [...blocks.slice(0, -1), { ...last, ...cacheOf(message) }] : blocks;
}

function toToolResult(message: ChatMessage, param: string): Block {
  if (!message.tool_call_id) {
    throw new AppError('missing_field', 'A tool result must have the id of its call.', {
      param: `${param}.tool_call_id`,
    });
  }
  const { content } = message;
  return {
    type: 'tool_result',
    tool_use_id: toToolId(message.tool_call_id),
    content: typeof content === 'string' ? content : toBlocks(content, `${param}.content`),
    ...(message.is_error == null ? {} : { is_error: message.is_error }),
    ...cacheOf(message),
  };
}

function toUserBlocks(message: ChatMessage, param: string, isLast: boolean): Block[] {
  const blocks = toBlocks(message.content, `${param}.content`);
  if (blocks.length > 0) return withCache(message, blocks);
  if (!isLast) return withCache(message, [{ type: 'text', text: EMPTY_MESSAGE }]);
  throw invalidField(`${param}.content`, 'Anthropic does not accept empty messages.');
}

function addMessage(writer: TurnWriter, message: ChatMessage, { param, isLast }: { param: string; isLast: boolean }) {
  const { role } = message;
  if (role === 'user') writer.add('user', toUserBlocks(message, param, isLast));
  else if (role === 'assistant') writer.add('assistant', withCache(message, toAssistantBlocks(message, param)));
  else if (role === 'tool') writer.addResult(toToolResult(message, param));
  else if (role === 'function') throw invalidField(`${param}.role`, "Send tool results with the role 'tool'.");
  else writer.addInstructions(withCache(message, toTextBlocks(message.content, `${param}.content`)));
}

const isInstruction = ({ role }: ChatMessage) => role === 'system' || role === 'developer';

/** The messages before the first turn become the system prompt, each as a block; the other messages become turns. */
export function toTurns(given: readonly ChatMessage[], model: string): { system: Block[]; turns: Turn[] } {
  const messages = endWithQuestion(given);
  const found = messages.findIndex((message) => !isInstruction(message));
  const first = found < 0 ? messages.length : found;
  const system: Block[] = [];
  const writer = new TurnWriter(takesSystemTurns(model));
  for (const [i, message] of messages.entries()) {
    const param = `messages[${i}]`;
    checkFields(message, param);
    if (i < first) system.push(...withCache(message, toTextBlocks(message.content, `${param}.content`)));
    else addMessage(writer, message, { param, isLast: i === messages.length - 1 });
  }
  const turns = writer.finish();
  if (turns.length === 0)
    throw invalidField('messages', 'Anthropic needs at least one message besides the system prompt.');
  return { system, turns };
}
