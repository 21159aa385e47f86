import { AppError } from '../../errors/app-error.ts';
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  closeString,
  countOpened,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  type Span,
} from '../scan-json.ts';

/**
 * The most objects and lists inside each other. It is the limit of Rust's serde_json; Python's parsers allow a little
 * more.
 */
const MAX_DEPTH = 128;

/** The most names in one object. An object with more names costs ten times as much as a list with as many values. */
const MAX_NAMES = 10_000;

/**
 * How many elements of lists count as one value. A number costs less than a fifth of a string or an object, and a long
 * list of tokens is a valid prompt.
 */
const ELEMENTS_PER_VALUE = 5;

/** Longer strings are read separately; longer names and numbers are refused. In bytes. */
const LONG_TEXT = 16 * 1024;

/** White space is this byte or a smaller one. */
const SPACE = 0x20;

const PLAIN = 0;
const TEXT = 1;
const OPEN = 2;
const CLOSE = 3;
const SEPARATOR = 4;
const AFTER_NAME = 5;

/** What each byte outside a string means. */
const kinds = new Uint8Array(256);
kinds[QUOTE] = TEXT;
kinds[OPEN_BRACE] = OPEN;
kinds[OPEN_BRACKET] = OPEN;
kinds[CLOSE_BRACE] = CLOSE;
kinds[CLOSE_BRACKET] = CLOSE;
kinds[COMMA] = SEPARATOR;
kinds[COLON] = AFTER_NAME;

/**
 * Whether a text is too short to hold too much, and has too few braces for any depth. Most bodies are, and need not be
 * scanned: one that holds as many values as are allowed has more bytes than that.
 */
export const isPlainlySimple = (bytes: Buffer, maxValues: number): boolean =>
  bytes.length <= Math.min(LONG_TEXT, maxValues) && countOpened(bytes, MAX_DEPTH) <= MAX_DEPTH;

const tooComplex = (message: string) => new AppError('body_too_complex', message);

/**
 * Counts what a JSON text holds before it is parsed: parsing 31 MB of `{},` takes 10 s and a gigabyte. The scan
 * continues where it stopped, so a long body can be scanned in pieces. It does not check that the text is JSON.
 */
export class BodyScan {
  /** The long strings that are values, with their quotes, in order. */
  readonly longTexts: Span[] = [];
  readonly #bytes: Buffer;
  readonly #maxValues: number;
  #at = 0;
  /** The beginning of the string in which the scan stands; -1 outside a string. */
  #textStart = -1;
  /** True after a long string, until the next character is known: a colon would mean that the string is a name. */
  #afterLong = false;
  #depth = 0;
  /** How many names each open object has, by its depth. */
  readonly #names = new Uint32Array(MAX_DEPTH + 1);
  #values = 0;
  #elements = 0;
  /** The length of the number or word in which the scan stands, in bytes. */
  #literal = 0;

  constructor(bytes: Buffer, maxValues: number) {
    this.#bytes = bytes;
    this.#maxValues = maxValues;
  }

  /** Scans up to this place. Throws `body_too_complex` when it holds too much. */
  advance(to: number): void {
    const bytes = this.#bytes;
    const end = Math.min(to, bytes.length);
    let at = this.#at;
    while (at < end) {
      if (this.#textStart >= 0) {
        const close = closeString(bytes, at, end);
        at = close < 0 ? ~close : this.#closeText(close);
        continue;
      }
      const byte = bytes[at] ?? 0;
      const kind = kinds[byte] ?? PLAIN;
      if (kind !== PLAIN) this.#meet(kind, at);
      if (kind !== PLAIN || byte <= SPACE) this.#literal = 0;
      else if (++this.#literal > LONG_TEXT)
        throw tooComplex(`A number or word in the body has more than ${LONG_TEXT} bytes.`);
      at++;
    }
    this.#at = at;
  }

  #meet(kind: number, at: number): void {
    if (kind === AFTER_NAME) this.#countName();
    this.#afterLong = false;
    if (kind === TEXT) {
      this.#textStart = at;
      this.#countValue();
    } else if (kind === OPEN) {
      if (++this.#depth > MAX_DEPTH) throw tooComplex(`The body is nested more than ${MAX_DEPTH} levels deep.`);
      this.#names[this.#depth] = 0;
      this.#countValue();
    } else if (kind === CLOSE) this.#depth--;
    else if (kind === SEPARATOR) this.#countElement();
  }

  #countName(): void {
    if (this.#afterLong) throw tooComplex(`A name in the body has more than ${LONG_TEXT} bytes.`);
    const count = (this.#names[this.#depth] ?? 0) + 1;
    if (count > MAX_NAMES) throw tooComplex(`An object in the body has more than ${MAX_NAMES} names.`);
    this.#names[this.#depth] = count;
  }

  #countValue(): void {
    if (++this.#values <= this.#maxValues) return;
    throw tooComplex(`The body holds more than ${this.#maxValues} names, texts, objects and lists.`);
  }

  #countElement(): void {
    const most = this.#maxValues * ELEMENTS_PER_VALUE;
    if (++this.#elements > most) throw tooComplex(`The body holds more than ${most} values.`);
  }

  #closeText(end: number): number {
    const start = this.#textStart;
    this.#textStart = -1;
    this.#afterLong = end - start > LONG_TEXT;
    if (this.#afterLong) this.longTexts.push({ start, end });
    return end;
  }
}
