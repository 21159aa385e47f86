import { spliceFields } from './splice-fields.ts';

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

  /** True when `bytes` came from outside and need not be written. */
  get hasBytes(): boolean {
    return this.#bytes !== undefined;
  }

  /** The same object with top-level fields set; `undefined` removes one. What is not named keeps its bytes. */
  with(changes: Readonly<Record<string, unknown>>): Json<T> {
    if (Object.keys(changes).length === 0) return this;
    const value = this.#value === undefined ? undefined : { ...this.#value, ...changes };
    if (this.#bytes === undefined) return new Json<T>(undefined, value);
    const spliced = spliceFields(this.#bytes, changes);
    return spliced ? new Json<T>(spliced, value) : new Json<T>(undefined, { ...this.value, ...changes });
  }
}
