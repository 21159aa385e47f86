import { addressGroup } from '../../features/access/address-group.ts';

/**
 * The connections that have not shown a valid key, by client address. When one address has too many, the oldest one is
 * closed. So a flood of silent connections ends, and a client with a key can still connect from the same address. A
 * connection that has shown a key is no longer counted, so the clients behind a reverse proxy, which share an address,
 * need no exception.
 */
export class Strangers<Item> {
  readonly most: number;
  readonly #drop: (longest: Item) => void;
  readonly #byAddress = new Map<string, Set<Item>>();

  /** `most`: the limit per address; 0 switches it off. `drop` closes the connection that makes room. */
  constructor(most: number, drop: (longest: Item) => void) {
    this.most = most;
    this.#drop = drop;
  }

  /**
   * Adds a connection. Call the returned function when the connection has shown a key, has become a websocket, or is
   * closed.
   */
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
