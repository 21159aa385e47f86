/** What a message begins with; it grows with what has come, never with what was announced. In bytes. */
const FIRST_BYTES = 1024;

/** The bytes of one message while it arrives, unmasked. However small the pieces, they take the room of their bytes. */
export class MessageBuffer {
  #bytes = Buffer.alloc(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The room that it takes, in bytes. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /** The room that it would take with so many bytes more. */
  capacityFor(more: number): number {
    const wanted = this.#length + more;
    let capacity = Math.max(this.#bytes.length, FIRST_BYTES);
    while (capacity < wanted) capacity *= 2;
    return capacity;
  }

  append(chunk: Uint8Array): void {
    const capacity = this.capacityFor(chunk.length);
    if (capacity > this.#bytes.length) {
      // Not of the pool that small buffers share: a message can wait for long.
      const grown = Buffer.allocUnsafeSlow(capacity);
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    this.#bytes.set(chunk, this.#length);
    this.#length += chunk.length;
  }

  /** What came so far. It stays as it is; the buffer begins anew. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = Buffer.alloc(0);
    this.#length = 0;
    return taken;
  }
}
