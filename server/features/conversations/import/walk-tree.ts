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
  /** The results for nodes that were left out. Without them, each child would walk a long chain again, for seconds. */
  readonly #found = new Map<string, number | null>();

  constructor(nodes: readonly TreeNode[]) {
    this.#parents = new Map(nodes.map(({ id, parentId }) => [id, parentId]));
  }

  keep(id: string, index: number): void {
    this.#kept.set(id, index);
  }

  /**
   * The index of the message of a node or, when the node was left out, of the nearest one before it. Null: there is none.
   * Call it after the node and those before it were either kept or left out.
   */
  nearest(id: string | null | undefined): number | null {
    const passed = new Set<string>();
    let index: number | null = null;
    for (let at = id ?? null; at !== null && !passed.has(at); at = this.#parents.get(at) ?? null) {
      const known = this.#kept.get(at) ?? this.#found.get(at);
      if (known !== undefined) {
        index = known;
        break;
      }
      passed.add(at);
    }
    for (const node of passed) this.#found.set(node, index);
    return index;
  }
}
