/** A message of a tree that is described by ids. */
export interface TreeNode {
  readonly id: string;
  readonly parentId: string | null;
}

/**
 * The nodes of a tree, each after the one that it follows, otherwise in the order in which they came. A node whose parent is
 * not there is a first one; one that follows itself is left out.
 */
export function walkTree<Node extends TreeNode>(nodes: readonly Node[]): Node[] {
  const known = new Set(nodes.map(({ id }) => id));
  const children = new Map<string | null, Node[]>();
  for (const node of nodes) {
    const parent = node.parentId !== null && known.has(node.parentId) ? node.parentId : null;
    const siblings = children.get(parent);
    if (siblings) siblings.push(node);
    else children.set(parent, [node]);
  }
  const order: Node[] = [];
  const open = (children.get(null) ?? []).toReversed();
  for (let node = open.pop(); node; node = open.pop()) {
    order.push(node);
    open.push(...(children.get(node.id) ?? []).toReversed());
  }
  return order;
}

/** The index that stands for a node: its own, or that of the nearest one before it that was kept. Null: there is none. */
export function nearestKept(
  id: string | null | undefined,
  parents: ReadonlyMap<string, string | null>,
  kept: ReadonlyMap<string, number>,
): number | null {
  let at = id ?? null;
  for (let steps = 0; at !== null && steps <= parents.size; steps++) {
    const index = kept.get(at);
    if (index !== undefined) return index;
    at = parents.get(at) ?? null;
  }
  return null;
}
