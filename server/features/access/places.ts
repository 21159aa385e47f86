/** Gives a place back. Further calls do nothing. */
export type GiveBack = () => void;

/** Limits how many places each name holds at once, such as the open connections of each address. */
export class Places {
  readonly most: number;
  readonly #held = new Map<string, number>();

  /** `most` of 0 switches the limit off. */
  constructor(most: number) {
    this.most = most;
  }

  /** Null when the name holds as many places as it may. */
  take(name: string): GiveBack | null {
    const held = this.#held.get(name) ?? 0;
    if (this.most > 0 && held >= this.most) return null;
    this.#held.set(name, held + 1);
    let given = false;
    return () => {
      if (given) return;
      given = true;
      const left = (this.#held.get(name) ?? 1) - 1;
      // Names without a place are forgotten: strangers choose them.
      if (left > 0) this.#held.set(name, left);
      else this.#held.delete(name);
    };
  }
}
