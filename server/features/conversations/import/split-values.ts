import { withoutMark } from '../../../canonical/byte-order-mark.ts';
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  isSpace,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from '../../../canonical/scan-json.ts';

/** A piece of a file that may be a conversation. */
export type Value =
  /** JSON text, which was not parsed. */
  | { readonly json: Buffer }
  /** The file is no JSON: all of it. */
  | { readonly text: string }
  | { readonly fault: string };

/** No conversation is longer, in bytes: each is in memory for a moment. */
export const MAX_VALUE = 64 * 1024 * 1024;

/** The longest file that is not JSON, in bytes. It is read as a whole. */
const MAX_TEXT = 8 * 1024 * 1024;

export const TOO_LONG = `It is longer than ${MAX_VALUE / 1024 / 1024} MB.`;

/** Finds the values of a list, or those that follow one another, in the bytes of JSON as they arrive. */
class ValueSplitter {
  readonly #found: Value[] = [];
  /** The bytes of the value that is being read. */
  #pieces: Buffer[] = [];
  #length = 0;
  /** The depth of the innermost list or object around a value: 1 in a list of values. */
  readonly #base: number;
  #depth = 0;
  #inText = false;
  #escaped = false;
  #isOpen = false;

  constructor(isList: boolean) {
    this.#base = isList ? 1 : 0;
  }

  /** The values that end in this piece. */
  read(piece: Buffer): Value[] {
    let start = 0;
    for (let at = 0; at < piece.length; at++) {
      if (this.#inText) {
        at = this.#skipText(piece, at);
        continue;
      }
      const byte = piece[at];
      if (!this.#isOpen) {
        if (isSpace(byte) || byte === COMMA) continue;
        if (this.#base === 1 && this.#depth === 0 && byte === OPEN_BRACKET) {
          this.#depth = 1;
          continue;
        }
        if (this.#base === 1 && this.#depth === 1 && byte === CLOSE_BRACKET) {
          this.#depth = 0;
          continue;
        }
        this.#isOpen = true;
        start = at;
      }
      const end = this.#step(byte);
      if (end === null) continue;
      this.#keep(piece.subarray(start, end ? at + 1 : at));
      this.#close();
      // The byte after a number belongs to what is around it.
      if (!end) at--;
    }
    if (this.#isOpen) this.#keep(piece.subarray(start));
    return this.#found.splice(0);
  }

  /** The last value, when no more bytes come. */
  end(): Value[] {
    if (!this.#isOpen && this.#depth === 0) return [];
    return [{ fault: 'The file ends in the middle of it.' }];
  }

  /** The index of the last byte of the text, or of the piece. */
  #skipText(piece: Buffer, from: number): number {
    for (let at = from; at < piece.length; at++) {
      if (this.#escaped) this.#escaped = false;
      else if (piece[at] === BACKSLASH) this.#escaped = true;
      else if (piece[at] === QUOTE) {
        this.#inText = false;
        return at;
      }
    }
    return piece.length;
  }

  /** Whether a value ends with this byte (true), or ended before it (false). */
  #step(byte: number | undefined): boolean | null {
    if (byte === QUOTE) this.#inText = true;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.#depth++;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (this.#depth === this.#base) return false;
      return --this.#depth === this.#base ? true : null;
    } else if (this.#depth === this.#base && (byte === COMMA || isSpace(byte))) return false;
    return null;
  }

  #keep(piece: Buffer): void {
    this.#length += piece.length;
    if (this.#length <= MAX_VALUE) this.#pieces.push(piece);
    else this.#pieces = [];
  }

  #close(): void {
    this.#found.push(this.#length > MAX_VALUE ? { fault: TOO_LONG } : { json: Buffer.concat(this.#pieces) });
    this.#pieces = [];
    this.#length = 0;
    this.#isOpen = false;
  }
}

/** The index of the first byte that is not white space; -1 when there is none. */
const firstByte = (piece: Buffer): number => piece.findIndex((byte) => !isSpace(byte));

/** Reads a file that is not JSON. A file that is too long is also read to its end, so that the client gets the report. */
async function readText(first: Buffer, pieces: AsyncIterator<Buffer>): Promise<Value> {
  const all = [first];
  let length = first.length;
  for (let next = await pieces.next(); !next.done; next = await pieces.next()) {
    length += next.value.length;
    if (length <= MAX_TEXT) all.push(next.value);
  }
  if (length > MAX_TEXT) return { fault: `A file that is not JSON is longer than ${MAX_TEXT / 1024 / 1024} MB.` };
  return { text: withoutMark(Buffer.concat(all)).toString('utf8') };
}

/**
 * The values of a file as they arrive: those of a JSON list, those of JSON lines, a single one, or the text of a file that is
 * no JSON. No more than one value is held.
 */
export async function* splitValues(body: AsyncIterable<Buffer>): AsyncGenerator<Value, void, void> {
  const pieces = body[Symbol.asyncIterator]();
  let splitter: ValueSplitter | null = null;
  let isFirst = true;
  for (let next = await pieces.next(); !next.done; next = await pieces.next()) {
    const piece = isFirst ? withoutMark(next.value) : next.value;
    isFirst = false;
    if (!splitter) {
      const at = firstByte(piece);
      if (at < 0) continue;
      if (piece[at] !== OPEN_BRACE && piece[at] !== OPEN_BRACKET) {
        yield await readText(piece, pieces);
        return;
      }
      splitter = new ValueSplitter(piece[at] === OPEN_BRACKET);
    }
    yield* splitter.read(piece);
  }
  if (splitter) yield* splitter.end();
}
