import type { Conversation, Gateway } from '@duplex/client';
import { saveFile } from '../parts/save-file.ts';

/** All of a conversation as JSON, in a file. */
export async function exportConversation(gateway: Gateway, id: string): Promise<void> {
  const messages: Conversation['messages'] = [];
  for (;;) {
    const after = messages.at(-1)?.id;
    const page = await gateway.conversations.get.query({ conversation_id: id, ...(after ? { after } : {}) });
    messages.push(...page.messages);
    if (!page.has_more || page.messages.length === 0) {
      const { has_more: _, ...whole } = page;
      return saveFile(`${id}.json`, JSON.stringify({ ...whole, messages }, null, 2), 'application/json');
    }
  }
}
