import type { Gateway } from '@duplex/client';

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

/** The messages of all branches in the order in which they were added, without what they show. */
export async function loadTree(gateway: Gateway, conversationId: string): Promise<Node[]> {
  const tree: Node[] = [];
  for (;;) {
    const after = tree.at(-1)?.id;
    const page = await gateway.conversations.get.query({
      conversation_id: conversationId,
      view: 'tree',
      media: 'omit',
      ...(after ? { after } : {}),
    });
    tree.push(...page.messages.map(({ id, parent_id }) => ({ id, parent_id })));
    if (!page.has_more || page.messages.length === 0) return tree;
  }
}
