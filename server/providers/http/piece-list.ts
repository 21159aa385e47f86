/** Up to this many pieces are kept as they came. Beyond that, small ones are copied together. */
const FEW = 64;
/** The size of the blocks into which small pieces are copied, in bytes. */
const BLOCK = 16 * 1024;

/**
 * Bytes in the order in which they arrived. When an upstream sends each byte in a chunk of its own, each must not cost
 * an object, so many small pieces are copied into few large ones.
 */
export class PieceList {
  #pieces: Buffer[] = [];
  #bytes = 0;
  #block: Buffer | null = null;
  #used = 0;

  get bytes(): number {
    return this.#bytes;
  }

  push(piece: Buffer): void {
    this.#bytes += piece.length;
    if (this.#pieces.length >= FEW && piece.length < BLOCK) this.#copy(piece);
    else {
      this.#block = null;
      this.#pieces.push(piece);
    }
  }

  /** Removes whole pieces from the front: at least one, and no more than needed to reach `atLeast` bytes. */
  take(atLeast = Number.POSITIVE_INFINITY): Buffer[] {
    const all = this.#pieces;
    let count = 0;
    let taken = 0;
    while (count < all.length && taken < atLeast) taken += all[count++]?.length ?? 0;
    this.#pieces = count === all.length ? [] : all.slice(count);
    this.#bytes -= taken;
    this.#block = null;
    return count === all.length ? all : all.slice(0, count);
  }

  /** Removes everything, as one buffer. */
  join(): Buffer {
    const bytes = this.#bytes;
    const [first, ...rest] = this.take();
    return first && rest.length === 0 ? first : Buffer.concat(first ? [first, ...rest] : [], bytes);
  }

  #copy(piece: Buffer): void {
    if (!this.#block || this.#used + piece.length > BLOCK) {
      this.#block = Buffer.allocUnsafeSlow(BLOCK);
      this.#used = 0;
      this.#pieces.push(this.#block);
    }
    piece.copy(this.#block, this.#used);
    this.#used += piece.length;
    this.#pieces[this.#pieces.length - 1] = this.#block.subarray(0, this.#used);
  }
}
