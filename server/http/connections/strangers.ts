import { addressGroup } from '../../features/access/address-group.ts';

/**
 * The connections that have not shown a valid key, by the address that they come from. When one address has too many,
 * the one that has waited longest makes room: so a flood of silent connections ends, and a client with a key that comes
 * from the same address gets in all the same. A connection that showed a key is not counted any more; this is why the
 * clients behind a reverse proxy, which share an address, need no exception.
 */
export class Strangers<Item> {
  readonly most: number;
  readonly #drop: (longest: Item) => void;
  readonly #byAddress = new Map<string, Set<Item>>();

  /** `most` of 0 switches the limit off. `drop` ends the one that makes room. */
  constructor(most: number, drop: (longest: Item) => void) {
    this.most = most;
    this.#drop = drop;
  }

  /** Returns what takes the connection out again: it showed a key, has become something else, or is closed. */
  add(ip: string, item: Item): () => void {
    const address = addressGroup(ip);
    const items = this.#byAddress.get(address) ?? new Set();
    this.#byAddress.set(address, items.add(item));
    const [longest] = items;
    if (this.most > 0 && items.size > this.most && longest !== undefined) {
      items.delete(longest);
      this.#drop(longest);
    }
    return () => {
      items.delete(item);
      if (items.size === 0 && this.#byAddress.get(address) === items) this.#byAddress.delete(address);
    };
  }
}
