import { hash } from 'node:crypto';
import { MessageFile } from '../../../../contracts/conversations/import-files.ts';
import { type FoundConversation, type ImportForm, readAs } from './found-conversation.ts';

/** Messages as a request of chat completions has them, and as files for fine-tuning do. They name no conversation. */
export const openAiForm: ImportForm = {
  recognizes: ({ messages }) => Array.isArray(messages),
  read({ value, bytes }): FoundConversation {
    const { messages, title } = readAs(MessageFile, value);
    const [first] = messages;
    const systemPrompt =
      (first?.role === 'system' || first?.role === 'developer') && typeof first.content === 'string'
        ? first.content
        : null;
    const said = systemPrompt === null ? messages : messages.slice(1);
    return {
      source: `openai:${hash('sha256', bytes, 'hex')}`,
      title: title ?? null,
      systemPrompt,
      createdAt: null,
      lastUsedAt: null,
      head: null,
      messages: said.map((message, i) => ({
        id: null,
        parent: i === 0 ? null : i - 1,
        role: message.role === 'function' ? 'tool' : message.role,
        message,
        createdAt: null,
      })),
      leftOut: 0,
    };
  },
};
