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

/** How many messages of a long conversation are loaded at once. */
const PART = 100;

export interface ConversationEnd {
  readonly conversation: Conversation;
  /** Whether there are messages before those of `conversation`. */
  readonly hasEarlier: boolean;
}

/** A conversation with its last messages, or with all of them when it is short. */
export async function loadEnd(gateway: Gateway, id: string): Promise<ConversationEnd> {
  const asked = { conversation_id: id, limit: PART };
  const first = await gateway.conversations.get.query(asked);
  const head = first.head_message_id;
  if (!first.has_more || head === null) return { conversation: first, hasEarlier: false };
  const part = await gateway.conversations.get.query({ ...asked, before: head });
  const end = await loadConversation(gateway, id, part.messages.at(-1)?.id ?? null);
  return { conversation: { ...end, messages: [...part.messages, ...end.messages] }, hasEarlier: part.has_more };
}

/** The messages before one of them, and whether there are more before those. */
export async function loadEarlier(gateway: Gateway, id: string, before: string): Promise<ConversationEnd> {
  const conversation = await gateway.conversations.get.query({ conversation_id: id, limit: PART, before });
  return { conversation, hasEarlier: conversation.has_more };
}
