import type { Conversation, Gateway } from '@duplex/client';

/** A conversation with its messages, or with those after one of them; the gateway gives them in pages of 1,000. */
export async function loadConversation(
  gateway: Gateway,
  id: string,
  from: string | null = null,
): Promise<Conversation> {
  const messages: Conversation['messages'] = [];
  for (;;) {
    const after = messages.at(-1)?.id ?? from;
    const page = await gateway.conversations.get.query({ conversation_id: id, ...(after ? { after } : {}) });
    messages.push(...page.messages);
    if (!page.has_more || page.messages.length === 0) return { ...page, messages, has_more: false };
  }
}
