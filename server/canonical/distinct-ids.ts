import { newId } from './ids.ts';

/** The ids of the calls or items of one answer. Some upstreams give two of them the same id, or leave the ids out. */
export class DistinctIds {
  readonly #prefix: string;
  readonly #used: Set<string>;

  /** `prefix` begins the ids that are made here. `used` are ids that cannot be given again. */
  constructor(prefix: string, used: ReadonlySet<string> = new Set()) {
    this.#prefix = prefix;
    this.#used = new Set(used);
  }

  /** The id for one more call or item: the given one, or a new one when it is empty or was used before. */
  own(given: string): string {
    const id = given === '' || this.#used.has(given) ? newId(this.#prefix) : given;
    this.#used.add(id);
    return id;
  }
}

/** Whether no two of these ids are the same. */
export const areDistinct = (ids: readonly unknown[]): boolean => new Set(ids).size === ids.length;
