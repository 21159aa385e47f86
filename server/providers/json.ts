/**
 * A JSON value that is held as bytes, as a parsed value, or both, and converted only when the other form is asked
 * for: what passes through stays the bytes that came.
 */
export class Json<T> {
  #bytes: Buffer | undefined;
  #value: T | undefined;

  private constructor(bytes: Buffer | undefined, value: T | undefined) {
    this.#bytes = bytes;
    this.#value = value;
  }

  static ofBytes<T>(bytes: Buffer): Json<T> {
    return new Json<T>(bytes, undefined);
  }

  static ofValue<T>(value: T): Json<T> {
    return new Json<T>(undefined, value);
  }

  /** Bytes whose parsed (and validated) value is already at hand. */
  static ofBoth<T>(bytes: Buffer, value: T): Json<T> {
    return new Json<T>(bytes, value);
  }

  get bytes(): Buffer {
    this.#bytes ??= Buffer.from(JSON.stringify(this.#value));
    return this.#bytes;
  }

  /** Throws SyntaxError when the bytes are not JSON. */
  get value(): T {
    if (this.#value === undefined) this.#value = JSON.parse((this.#bytes ?? Buffer.alloc(0)).toString('utf8')) as T;
    return this.#value;
  }

  get parsed(): boolean {
    return this.#value !== undefined;
  }
}
