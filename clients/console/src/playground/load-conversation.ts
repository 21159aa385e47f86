import type { Conversation, Gateway, Inputs } from '@duplex/client';

/** All pages of a conversation as one. */
export async function loadPages(gateway: Gateway, asked: Inputs['conversations']['get']): Promise<Conversation> {
  const messages: Conversation['messages'] = [];
  for (let { after } = asked; ; ) {
    const page = await gateway.conversations.get.query({ ...asked, ...(after ? { after } : {}) });
    messages.push(...page.messages);
    after = page.messages.at(-1)?.id;
    if (!page.has_more || after === undefined) return { ...page, messages, has_more: false };
  }
}

/** A conversation with its messages, or with those after one of them. */
export const loadConversation = (gateway: Gateway, id: string, from: string | null = null): Promise<Conversation> =>
  loadPages(gateway, { conversation_id: id, ...(from === null ? {} : { after: from }) });
