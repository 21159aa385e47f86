import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  type Span,
  says,
  skipLiteral,
  skipSpace,
  skipString,
  skipValue,
} from './scan-json.ts';

/** The spans of the fields, in the order of their names. Undefined for a field that is not there. */
export type Spans = (Span | undefined)[];

/** The index of the closing quote of a key; -1 when the key is escaped or never closes. */
function endOfKey(bytes: Buffer, from: number): number {
  for (let at = from; at < bytes.length; at++) {
    if (bytes[at] === QUOTE) return at;
    if (bytes[at] === BACKSLASH) return -1;
  }
  return -1;
}

/**
 * Finds the fields of these names in an answer. The search ends when all are found, so it does not notice duplicate
 * fields.
 */
export function findFields(bytes: Buffer, names: readonly string[]): Spans | null {
  const spans: Spans = names.map(() => undefined);
  let found = 0;
  let fields = 0;
  let at = skipSpace(bytes, 0);
  if (bytes[at] !== OPEN_BRACE) return null;
  at = skipSpace(bytes, at + 1);
  while (bytes[at] === QUOTE) {
    const keyEnd = endOfKey(bytes, at + 1);
    if (keyEnd < 0) return null;
    const index = names.findIndex((name) => says(bytes, at + 1, keyEnd, name));
    at = skipSpace(bytes, keyEnd + 1);
    if (bytes[at] !== COLON) return null;
    const start = skipSpace(bytes, at + 1);
    const end = skipValue(bytes, start);
    if (end <= start) return null;
    fields++;
    if (index >= 0) {
      spans[index] = { start, end };
      if (++found === names.length) return spans;
    }
    at = skipSpace(bytes, end);
    if (bytes[at] !== COMMA) break;
    at = skipSpace(bytes, at + 1);
  }
  return bytes[at] === CLOSE_BRACE && fields > 0 ? spans : null;
}

/** Up to this length, searching a list is faster than making a set. */
const FEW_KEYS = 32;

/**
 * The keys of the open objects, by their hashes. Two keys with the same hash are taken for duplicates, which only costs
 * a parse.
 */
class OpenKeys {
  depth = 0;
  /** Where the keys of the innermost object begin; -1 inside a list. */
  #start = -1;
  readonly #hashes: number[] = [];
  readonly #outer: number[] = [];
  /** The keys of objects with many keys, by where they begin. */
  readonly #many = new Map<number, Set<number>>();

  get inObject(): boolean {
    return this.#start >= 0;
  }

  open(isObject: boolean): void {
    this.depth++;
    this.#outer.push(this.#start);
    this.#start = isObject ? this.#hashes.length : -1;
  }

  close(): void {
    const start = this.#start;
    this.depth--;
    this.#start = this.#outer.pop() ?? -1;
    if (start < 0) return;
    if (this.#hashes.length - start >= FEW_KEYS) this.#many.delete(start);
    this.#hashes.length = start;
  }

  /** Adds a key. False when the object already has it. */
  add(hash: number): boolean {
    const hashes = this.#hashes;
    const start = this.#start;
    if (hashes.length - start < FEW_KEYS) {
      for (let i = start; i < hashes.length; i++) if (hashes[i] === hash) return false;
    } else {
      let many = this.#many.get(start);
      if (!many) {
        many = new Set(hashes.slice(start));
        this.#many.set(start, many);
      }
      if (many.has(hash)) return false;
      many.add(hash);
    }
    hashes.push(hash);
    return true;
  }
}

/** FNV-1a, 32 bits. */
const HASH_START = 0x811c9dc5;
const HASH_PRIME = 0x01000193;

/** Parsers treat this key differently: for some it is a field, for others the prototype. */
const PROTOTYPE = '__proto__';

/**
 * Finds the fields of these names in a client's request, and reads it to its end. Null when another parser could read
 * the request differently, because an object in it, however deep, has a duplicate or escaped key. Such a request must
 * be written again, so that what was checked is what the upstream reads.
 */
export function findCheckedFields(bytes: Buffer, names: readonly string[]): Spans | null {
  const spans: Spans = names.map(() => undefined);
  const keys = new OpenKeys();
  let awaitsKey = false;
  let index = -1;
  let start = 0;
  let fields = 0;
  let at = skipSpace(bytes, 0);
  if (bytes[at] !== OPEN_BRACE) return null;
  while (at < bytes.length) {
    const byte = bytes[at];
    if (byte === QUOTE && awaitsKey) {
      let hash = HASH_START;
      let keyEnd = at + 1;
      for (let inKey = bytes[keyEnd]; inKey !== QUOTE; inKey = bytes[++keyEnd]) {
        if (inKey === undefined || inKey === BACKSLASH) return null;
        hash = Math.imul(hash ^ inKey, HASH_PRIME);
      }
      if (!keys.add(hash) || says(bytes, at + 1, keyEnd, PROTOTYPE)) return null;
      awaitsKey = false;
      const own = keys.depth === 1;
      if (own) {
        const keyStart = at + 1;
        index = names.findIndex((name) => says(bytes, keyStart, keyEnd, name));
        fields++;
      }
      at = skipSpace(bytes, keyEnd + 1);
      if (bytes[at] !== COLON) return null;
      at = skipSpace(bytes, at + 1);
      if (own) start = at;
      continue;
    }
    if (byte === COMMA) {
      awaitsKey = keys.inObject;
      at = skipSpace(bytes, at + 1);
      continue;
    }
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      awaitsKey = byte === OPEN_BRACE;
      keys.open(awaitsKey);
      at = skipSpace(bytes, at + 1);
      continue;
    }
    if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      keys.close();
      if (keys.depth === 0) return fields > 0 ? spans : null;
      awaitsKey = false;
      at++;
    } else {
      at = byte === QUOTE ? skipString(bytes, at) : skipLiteral(bytes, at);
      if (at < 0) return null;
    }
    if (index >= 0 && keys.depth === 1) {
      spans[index] = { start, end: at };
      index = -1;
    }
    at = skipSpace(bytes, at);
  }
  return null;
}
