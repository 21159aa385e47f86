/** Limits how many bytes each name may hold at once. A name is a key, and the bytes are those of its requests. */
export class HeldBytes {
  readonly most: number;
  readonly #held = new Map<string, number>();

  /** `most` of 0 switches the limit off. */
  constructor(most: number) {
    this.most = most;
  }

  /** Returns false when the name would hold too many bytes. */
  take(name: string, bytes: number): boolean {
    const held = (this.#held.get(name) ?? 0) + bytes;
    if (this.most > 0 && held > this.most) return false;
    this.#held.set(name, held);
    return true;
  }

  giveBack(name: string, bytes: number): void {
    const left = (this.#held.get(name) ?? 0) - bytes;
    if (left > 0) this.#held.set(name, left);
    else this.#held.delete(name);
  }
}

/** The bytes that one growing message holds. */
export class Hold {
  readonly #held: HeldBytes;
  #name: string | null = null;
  #bytes = 0;

  constructor(held: HeldBytes) {
    this.#held = held;
  }

  /**
   * Takes more bytes for the name that the message began with. A null name has no account and always gets them, since
   * other limits apply.
   */
  grow(name: string | null, bytes: number): boolean {
    if (this.#bytes === 0) this.#name = name;
    if (this.#name === null || bytes === 0) return true;
    if (!this.#held.take(this.#name, bytes)) return false;
    this.#bytes += bytes;
    return true;
  }

  release(): void {
    if (this.#name !== null && this.#bytes > 0) this.#held.giveBack(this.#name, this.#bytes);
    this.#bytes = 0;
  }
}
