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
  readonly #byPlace = new Map<number, ItemReader>();
  /** The item that was asked for last. */
  last: ItemReader | null = null;

  constructor(state: AnswerState) {
    this.#state = state;
  }

  get all(): readonly ItemReader[] {
    return this.#items;
  }

  placeOf(item: ItemReader): number {
    return this.#items.indexOf(item);
  }

  /** The item that a piece belongs to: found by its id or its number, else the last one of its type. */
  of({ output_index: at, item_id: id }: OutputPlace, type: string): ItemReader {
    const known = this.#items.find((item) => item.id === id && item.type === type) ?? this.#at(at, type);
    return (
      known ?? (at == null ? this.#items.findLast((item) => item.type === type) : undefined) ?? this.#add(at, type)
    );
  }

  /** The item that begins. It is new unless it has begun already. */
  begin(at: number | null | undefined, item: OutputItem): ItemReader {
    return this.#note(this.#find(item) ?? this.#at(at, item.type) ?? this.#add(at, item.type));
  }

  /** The item that ends. Without an id or number it is the first of its type that has not ended. */
  end(at: number | null | undefined, item: OutputItem): ItemReader {
    const open = () => this.#items.find((one) => one.type === item.type && !one.closed);
    return this.#note(this.#find(item) ?? this.#at(at, item.type) ?? open() ?? this.#add(at, item.type));
  }

  #note(item: ItemReader): ItemReader {
    this.last = item;
    return item;
  }

  #find({ type, id, call_id: callId }: OutputItem): ItemReader | undefined {
    return this.#items.find((one) => one.type === type && ((id && one.id === id) || (callId && one.callId === callId)));
  }

  #at(at: number | null | undefined, type: string): ItemReader | undefined {
    const known = at == null ? undefined : this.#byPlace.get(at);
    return known?.type === type ? known : undefined;
  }

  #add(at: number | null | undefined, type: string): ItemReader {
    if (this.#items.length >= MAX_ITEMS) throw this.#state.tooLong();
    const item = new ItemReader(this.#state, type);
    this.#items.push(item);
    this.#byPlace.set(at ?? this.#items.length - 1, item);
    return item;
  }
}
