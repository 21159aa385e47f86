import type { ChatMessage } from '../../../../contracts/chat/message.ts';
import { EMPTY_ANSWER } from '../../../canonical/stored-answer.ts';
import type { ExportedConversation, ExportFormat } from './export-format.ts';
import { jsonFormat } from './json-format.ts';

/** The fields of a message in OpenAI's chat completions and in its files for fine-tuning. */
const FIELDS = ['role', 'content', 'name', 'refusal', 'tool_calls', 'tool_call_id'] as const;

/** The stored text when the message holds nothing else, so that pictures are not parsed. */
function writeMessage(prompt: string): string {
  const message: ChatMessage = JSON.parse(prompt);
  const isPlain = Object.keys(message).every((field) => FIELDS.some((known) => known === field));
  if (isPlain) return prompt;
  return JSON.stringify(
    Object.fromEntries(FIELDS.flatMap((field) => (field in message ? [[field, message[field]]] : []))),
  );
}

/** The messages as a request of chat completions takes them, without answers of which nothing came. */
async function* write({ conversation, messages }: ExportedConversation): AsyncGenerator<string, void, void> {
  const { systemPrompt } = conversation;
  yield `{"messages":[${systemPrompt ? JSON.stringify({ role: 'system', content: systemPrompt }) : ''}`;
  let comma = systemPrompt ? ',' : '';
  for await (const { prompt } of messages) {
    if (prompt === EMPTY_ANSWER) continue;
    yield comma + writeMessage(prompt);
    comma = ',';
  }
  yield ']}';
}

export const openAiFormat: ExportFormat = { ...jsonFormat, isTree: false, write };
