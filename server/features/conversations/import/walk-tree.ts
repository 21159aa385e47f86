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

/** The nodes of a tree that became messages, by their indexes. */
export class KeptNodes {
  readonly #parents: ReadonlyMap<string, string | null>;
  readonly #kept = new Map<string, number>();

  constructor(nodes: readonly TreeNode[]) {
    this.#parents = new Map(nodes.map(({ id, parentId }) => [id, parentId]));
  }

  keep(id: string, index: number): void {
    this.#kept.set(id, index);
  }

  /** The index of the message of a node or, when it was left out, of the nearest one before it. Null: there is none. */
  nearest(id: string | null | undefined): number | null {
    let at = id ?? null;
    for (let steps = 0; at !== null && steps <= this.#parents.size; steps++) {
      const index = this.#kept.get(at);
      if (index !== undefined) return index;
      at = this.#parents.get(at) ?? null;
    }
    return null;
  }
}
