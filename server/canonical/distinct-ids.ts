import { newId } from './ids.ts';

/** The ids of the calls, or of the items, of one answer. Some upstreams give the same id to two of them, or none. */
export class DistinctIds {
  readonly #prefix: string;
  readonly #used = new Set<string>();

  /** `prefix`: of the ids that are made here. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** The id of one more: the given one, unless another has it. */
  own(given: string): string {
    const id = given === '' || this.#used.has(given) ? newId(this.#prefix) : given;
    this.#used.add(id);
    return id;
  }
}
