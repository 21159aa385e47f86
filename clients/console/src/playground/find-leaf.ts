import type { Gateway } from '@duplex/client';
import { loadPages } from './load-conversation.ts';

interface Node {
  readonly id: string;
  readonly parent_id: string | null;
}

/** The message with which the branch of a message ends: of several that follow one, the last added goes on. */
export function findLeaf(tree: readonly Node[], id: string): string {
  const next = new Map(tree.map((message) => [message.parent_id, message.id]));
  let leaf = id;
  for (let child = next.get(leaf); child !== undefined; child = next.get(leaf)) leaf = child;
  return leaf;
}

/** The messages of all branches in the order in which they were added, without their media. */
export async function loadTree(gateway: Gateway, conversationId: string): Promise<Node[]> {
  const { messages } = await loadPages(gateway, { conversation_id: conversationId, view: 'tree', media: 'omit' });
  return messages;
}
