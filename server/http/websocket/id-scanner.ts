import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  isSpace,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from '../../canonical/scan-json.ts';

/** The id by which a client names a call. */
export type CallId = string | number;

/** The longest id, in characters. Every answer repeats the id of its call, so ids must be short. */
export const MAX_ID_LENGTH = 128;
/** A token of this many bytes or more cannot be an id: a character takes at most 6 bytes, as `\u00e4` does. */
const MAX_TOKEN_BYTES = 6 * MAX_ID_LENGTH + 2;

/** Whether a value can be the id of a call: a string or a number, such as `1` or `"a"`. */
export const isCallId = (value: unknown): value is CallId =>
  Number.isFinite(value) || (typeof value === 'string' && value.length <= MAX_ID_LENGTH);

function readId(token: readonly number[]): CallId | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(token).toString());
    return isCallId(value) ? value : null;
  } catch {
    return null;
  }
}

/**
 * Finds the ids of the calls in a message that is not kept: in `{"id":1,…}`, or in each element of `[{"id":1,…},…]`. It
 * reads the bytes as they arrive, and keeps only the ids, wherever they stand in a call.
 */
export class IdScanner {
  readonly ids: CallId[] = [];
  readonly #most: number;
  #depth = 0;
  /** The depth at which the fields of a call stand: 1, or 2 in a list. */
  #callDepth = 1;
  #inString = false;
  #escaped = false;
  /** Which part of a call is being read. Only names and the values of ids are kept. */
  #part: 'name' | 'id' | 'other' = 'name';
  #token: number[] = [];

  /** At most `most` ids are kept. */
  constructor(most: number) {
    this.#most = most;
  }

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at++) {
      if (this.#inString && !this.#escaped && !this.#keeps) {
        // Most of a large message is text inside an input.
        while (at < bytes.length && bytes[at] !== QUOTE && bytes[at] !== BACKSLASH) at++;
      }
      const byte = bytes[at];
      if (byte === undefined) return;
      if (this.#inString) this.#readString(byte);
      else this.#readOutside(byte);
    }
  }

  get #keeps(): boolean {
    return this.#depth === this.#callDepth && this.#part !== 'other' && this.#token.length < MAX_TOKEN_BYTES;
  }

  #keep(byte: number): void {
    if (this.#keeps) this.#token.push(byte);
  }

  #readString(byte: number): void {
    this.#keep(byte);
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) this.#inString = false;
  }

  #readOutside(byte: number): void {
    if (byte === OPEN_BRACKET || byte === OPEN_BRACE) {
      if (byte === OPEN_BRACKET && this.#depth === 0) this.#callDepth = 2;
      this.#depth++;
      if (this.#depth === this.#callDepth) this.#beginField();
    } else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) {
      if (this.#depth === this.#callDepth) this.#endField();
      this.#depth--;
    } else if (byte === QUOTE) {
      this.#inString = true;
      this.#keep(byte);
    } else if (this.#depth !== this.#callDepth) return;
    else if (byte === COMMA) this.#endField();
    else if (byte === COLON) {
      this.#part = Buffer.from(this.#token).toString() === '"id"' ? 'id' : 'other';
      this.#token = [];
    } else if (!isSpace(byte)) this.#keep(byte);
  }

  #beginField(): void {
    this.#part = 'name';
    this.#token = [];
  }

  #endField(): void {
    if (this.#part === 'id' && this.ids.length < this.#most) {
      const id = readId(this.#token);
      if (id !== null) this.ids.push(id);
    }
    this.#beginField();
  }
}
