import { AppError } from '../errors/app-error.ts';
import { parseExact, writeExact } from './exact-json.ts';
import { COLON } from './scan-json.ts';
import { spliceFields } from './splice-fields.ts';

const SPACE = 0x20;
const N_OF_NULL = 0x6e;

/** Whether a value is an object; lists are objects too. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** Whether a value is an object that is not a list. */
export const isRecord = (value: unknown): value is Record<string, unknown> => isObject(value) && !Array.isArray(value);

const patterns = new Map<string, Buffer>();

function patternOf(key: string): Buffer {
  let pattern = patterns.get(key);
  if (!pattern) {
    pattern = Buffer.from(JSON.stringify(key));
    patterns.set(key, pattern);
  }
  return pattern;
}

function parse<T>(bytes: Buffer): T {
  try {
    return parseExact(bytes.toString('utf8')) as T;
  } catch (cause) {
    throw new AppError('upstream_broken', 'The upstream sent something that is not JSON.', { cause });
  }
}

/**
 * A JSON value that is held as bytes, as a parsed value, or both. It is converted only when the other form is asked
 * for, so a value that passes through stays the bytes that came.
 */
export class Json<T extends object> {
  #bytes: Buffer | undefined;
  #value: T | undefined;

  #textBytes: number | null = null;

  private constructor(bytes: Buffer | undefined, value: T | undefined) {
    this.#bytes = bytes;
    this.#value = value;
  }

  static ofBytes<T extends object>(bytes: Buffer): Json<T> {
    return new Json<T>(bytes, undefined);
  }

  /**
   * The bytes of a chunk that is known to hold only so much text, and no other field that would have to be looked for.
   */
  static ofPlainText<T extends object>(bytes: Buffer, textBytes: number): Json<T> {
    const json = new Json<T>(bytes, undefined);
    json.#textBytes = textBytes;
    return json;
  }

  /** The length of the text of a chunk that holds nothing else, in bytes of JSON. Null: not known without parsing. */
  get textBytes(): number | null {
    return this.#textBytes;
  }

  static ofValue<T extends object>(value: T): Json<T> {
    return new Json<T>(undefined, value);
  }

  /** Bytes together with their parsed (and validated) value. */
  static ofBoth<T extends object>(bytes: Buffer, value: T): Json<T> {
    return new Json<T>(bytes, value);
  }

  get bytes(): Buffer {
    this.#bytes ??= Buffer.from(writeExact(this.#value));
    return this.#bytes;
  }

  /** The bytes, which are not kept when they had to be made of the value. */
  toBytes(): Buffer {
    return this.#bytes ?? Buffer.from(writeExact(this.#value));
  }

  /**
   * The parsed value. Throws `upstream_broken` when the bytes are not JSON; the bytes of clients were parsed before.
   */
  get value(): T {
    if (this.#value === undefined) this.#value = parse<T>(this.#bytes ?? Buffer.alloc(0));
    return this.#value;
  }

  /** The parsed value, which is not kept when it had to be made of the bytes. */
  toValue(): T {
    return this.#value ?? parse<T>(this.#bytes ?? Buffer.alloc(0));
  }

  /** True when the value was parsed already, or was never bytes. */
  get hasValue(): boolean {
    return this.#value !== undefined;
  }

  /** True when `bytes` came from outside and need not be written. */
  get hasBytes(): boolean {
    return this.#bytes !== undefined;
  }

  /** How many bytes came from outside; 0 when the value was never bytes. */
  get receivedBytes(): number {
    return this.#bytes?.length ?? 0;
  }

  /**
   * False when no object inside has a field of this name with a value other than null. It searches the bytes: in a JSON
   * string every quote is escaped, so the quoted name can only be a field (or a string that is exactly this word).
   */
  mentions(key: string): boolean {
    if (this.#bytes === undefined) return true;
    if (this.#textBytes !== null) return false;
    const pattern = patternOf(key);
    for (let at = this.#bytes.indexOf(pattern); at >= 0; at = this.#bytes.indexOf(pattern, at + 1)) {
      let next = at + pattern.length;
      while (this.#bytes[next] === SPACE || this.#bytes[next] === COLON) next++;
      if (this.#bytes[next] !== N_OF_NULL) return true;
    }
    return false;
  }

  /**
   * The same object with top-level fields set; `undefined` removes a field. Other fields keep their bytes, unless
   * another parser could read them as a different value: what was checked is what is sent.
   */
  with(changes: Readonly<Record<string, unknown>>): Json<T> {
    const spliced = this.#bytes && spliceFields(this.#bytes, changes);
    return spliced ? new Json<T>(spliced, undefined) : new Json<T>(undefined, { ...this.value, ...changes });
  }

  /** Like `with`, but changes the object in place. Use it only when no other code holds the object. */
  assign(changes: Readonly<Record<string, unknown>>): Json<T> {
    const spliced = this.#bytes && spliceFields(this.#bytes, changes, true);
    return new Json<T>(spliced ?? undefined, Object.assign(this.value, changes));
  }
}
