/** The first size of the buffer, in bytes. It grows with what has arrived, never with what was announced. */
const FIRST_BYTES = 1024;

/**
 * The unmasked bytes of one message while it arrives. However small the pieces are, they cost no more room than their
 * bytes need.
 */
export class MessageBuffer {
  #bytes = Buffer.alloc(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The size of the buffer, in bytes. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /** The size that the buffer would have after so many more bytes. */
  capacityFor(more: number): number {
    const wanted = this.#length + more;
    let capacity = Math.max(this.#bytes.length, FIRST_BYTES);
    while (capacity < wanted) capacity *= 2;
    return capacity;
  }

  append(chunk: Uint8Array): void {
    const capacity = this.capacityFor(chunk.length);
    if (capacity > this.#bytes.length) {
      // The memory is not taken from the pool that small buffers share, since a message can wait for long.
      const grown = Buffer.allocUnsafeSlow(capacity);
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    this.#bytes.set(chunk, this.#length);
    this.#length += chunk.length;
  }

  /** Returns what has arrived. The returned bytes do not change any more; the buffer starts again empty. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = Buffer.alloc(0);
    this.#length = 0;
    return taken;
  }
}
