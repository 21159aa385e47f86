import type { ChatMessage } from '../../../../contracts/chat/message.ts';
import { repairHistory } from '../../../canonical/repair-history.ts';
import { EMPTY_ANSWER } from '../../../canonical/stored-answer.ts';
import type { MessageRow } from '../../../store/interface/conversations.ts';
import { isSaid } from '../is-said.ts';
import type { ExportedConversation, ExportFormat } from './export-format.ts';
import { jsonFormat } from './json-format.ts';

/** The fields of a message in OpenAI's chat completions and in its files for fine-tuning. */
const FIELDS = ['role', 'content', 'name', 'refusal', 'tool_calls', 'tool_call_id'] as const;

const isPlain = (message: ChatMessage): boolean =>
  Object.keys(message).every((field) => FIELDS.some((known) => known === field));

const toText = (message: ChatMessage): string =>
  JSON.stringify(Object.fromEntries(FIELDS.flatMap((field) => (field in message ? [[field, message[field]]] : []))));

/** The messages that models get: each alone, but an answer together with the results of its calls, which follow it. */
async function* groupsOf(messages: AsyncIterable<MessageRow>): AsyncGenerator<readonly string[], void, void> {
  let group: string[] = [];
  for await (const message of messages) {
    if (!isSaid(message) || message.prompt === EMPTY_ANSWER) continue;
    if (group.length > 0 && message.role !== 'tool') {
      yield group;
      group = [];
    }
    group.push(message.prompt);
  }
  if (group.length > 0) yield group;
}

/** As models get them: calls that were cut off have whole arguments, and each call has its result. */
function* writeGroup(prompts: readonly string[]): Generator<string, void, void> {
  const stored = new Map(prompts.map((prompt): [ChatMessage, string] => [JSON.parse(prompt), prompt]));
  for (const message of repairHistory([...stored.keys()])) {
    // What is stored is already the text, and may be long.
    const text = isPlain(message) ? stored.get(message) : undefined;
    yield text ?? toText(message);
  }
}

/** The messages as a request of chat completions takes them. */
async function* write({ conversation, messages }: ExportedConversation): AsyncGenerator<string, void, void> {
  const { systemPrompt } = conversation;
  yield `{"messages":[${systemPrompt ? JSON.stringify({ role: 'system', content: systemPrompt }) : ''}`;
  let comma = systemPrompt ? ',' : '';
  for await (const group of groupsOf(messages)) {
    for (const text of writeGroup(group)) {
      yield comma + text;
      comma = ',';
    }
  }
  yield ']}';
}

export const openAiFormat: ExportFormat = { ...jsonFormat, isTree: false, write };
