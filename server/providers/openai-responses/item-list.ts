import type { AnswerState } from './answer-state.ts';
import { ItemReader } from './read-item.ts';
import type { OutputItem, OutputPlace } from './wire.ts';

/** The most items of an answer, which no real answer reaches. */
const MAX_ITEMS = 4_096;

/**
 * The items of one answer. An event names its item by a number, by an id, or by both. Some servers leave one of them
 * out, give another id at the end, or number the items differently there.
 */
export class ItemList {
  readonly #state: AnswerState;
  readonly #items: ItemReader[] = [];
  /** The upstream's number of an item → the last item that it stood for. */
  readonly #byPlace = new Map<number, ItemReader>();
  /** The numbers of the items for clients. Each is given once. */
  readonly #places = new Map<ItemReader, number>();
  /** The item that was asked for last. */
  last: ItemReader | null = null;

  constructor(state: AnswerState) {
    this.#state = state;
  }

  get all(): readonly ItemReader[] {
    return this.#items;
  }

  placeOf(item: ItemReader): number {
    return this.#places.get(item) ?? 0;
  }

  /** The item that a piece belongs to: found by its id or its number, else the last one of its type. */
  of({ output_index: at, item_id: id }: OutputPlace, type: string): ItemReader {
    const numbered = this.#at(at, type);
    const known = this.#choose(this.#named(type, id), numbered) ?? numbered;
    const item = known ?? (at == null ? this.#items.findLast((one) => one.type === type) : undefined);
    return this.#note(item ?? this.#add(at, type));
  }

  /** The item of an event that adds nothing to it, if it is known. */
  find({ output_index: at, item_id: id }: OutputPlace): void {
    const named = id ? this.#items.find((one) => one.id === id) : undefined;
    const numbered = at == null ? this.#items.at(-1) : this.#byPlace.get(at);
    this.last = named ?? numbered ?? null;
  }

  /** The item that begins. It is new unless it has begun already. */
  begin(at: number | null | undefined, item: OutputItem): ItemReader {
    const numbered = this.#at(at, item.type);
    // Some servers give two items the same number, or the same id.
    const isTaken = numbered?.opened && numbered.id && item.id && numbered.id !== item.id;
    if (numbered && !isTaken) return this.#note(numbered);
    const known = at == null ? this.#choose(this.#named(item.type, item.id, item.call_id), undefined) : undefined;
    return this.#note(known ?? this.#add(at, item.type));
  }

  /** The item that ends. Without an id or number it is the first of its type that has not ended. */
  end(at: number | null | undefined, item: OutputItem): ItemReader {
    const numbered = this.#at(at, item.type);
    const known = this.#choose(this.#named(item.type, item.id, item.call_id), numbered);
    // A second item has the id of one that has ended already.
    if (known?.closed && !numbered && at != null) return this.#note(this.#add(at, item.type));
    if (known) return this.#note(known);
    const open = () => this.#items.find((one) => one.type === item.type && !one.closed);
    return this.#note(numbered ?? open() ?? this.#add(at, item.type));
  }

  /** The items of a whole response, in its order. Each of them was said once, whatever numbers the events gave. */
  allOf(output: readonly OutputItem[]): ItemReader[] {
    const taken = new Set<ItemReader>();
    return output.map((item, at) => {
      const isFree = (one: ItemReader | undefined) => one !== undefined && one.type === item.type && !taken.has(one);
      const numbered = this.#at(at, item.type);
      const place = isFree(numbered) ? numbered : undefined;
      const named = this.#named(item.type, item.id, item.call_id).filter(isFree);
      const open = () => this.#items.find((one) => isFree(one) && !one.closed);
      const found = this.#choose(named, place) ?? place ?? open() ?? this.#add(at, item.type);
      taken.add(found);
      return found;
    });
  }

  #note(item: ItemReader): ItemReader {
    this.last = item;
    return item;
  }

  /** The items that have one of these ids. */
  #named(type: string, id: string | null | undefined, callId?: string | null): ItemReader[] {
    return this.#items.filter(
      (one) => one.type === type && ((id && one.id === id) || (callId && one.callId === callId)),
    );
  }

  /** One of the items with the same id: that with the right number, or else the first that has not ended. */
  #choose(named: readonly ItemReader[], numbered: ItemReader | undefined): ItemReader | undefined {
    if (numbered && named.includes(numbered)) return numbered;
    return named.find(({ closed }) => !closed) ?? named[0];
  }

  #at(at: number | null | undefined, type: string): ItemReader | undefined {
    const known = at == null ? undefined : this.#byPlace.get(at);
    return known?.type === type ? known : undefined;
  }

  #add(at: number | null | undefined, type: string): ItemReader {
    if (this.#items.length >= MAX_ITEMS) throw this.#state.tooLong();
    const item = new ItemReader(this.#state, type);
    const taken = [...this.#places.values()];
    const place = at == null || taken.includes(at) ? Math.max(-1, ...taken) + 1 : at;
    this.#items.push(item);
    this.#places.set(item, place);
    this.#byPlace.set(at ?? place, item);
    return item;
  }
}
