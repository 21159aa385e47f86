export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
export const COMMA = 0x2c;
export const COLON = 0x3a;

/** The place of a value in the bytes. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export const isSpace = (byte: number | undefined) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

export function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (isSpace(bytes[at])) at++;
  return at;
}

/** Beyond this many bytes, a native search costs less than looking at each byte here. */
export const NEAR = 32;

/**
 * The index after the quote that closes the string in which `from` stands; `from` must not be inside an escape. When
 * there is no quote before `end`, it is the bitwise complement of the place from which to continue, as in a binary
 * search.
 */
export function closeString(bytes: Buffer, from: number, end: number): number {
  for (let at = from; ; ) {
    for (const near = Math.min(end, at + NEAR); at < near; at++) {
      if (bytes[at] === QUOTE) return at + 1;
      if (bytes[at] === BACKSLASH) at++;
    }
    if (at >= end) return ~at;
    const quote = bytes.indexOf(QUOTE, at);
    if (quote < 0) return ~bytes.length;
    let slashes = 0;
    while (quote - slashes > at && bytes[quote - slashes - 1] === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return quote + 1;
    // Strings that hold JSON have a quote every few bytes. A native search for each would take a second in 30 MB.
    at = quote + 1;
  }
}

/** Where the long strings of large bodies end, by where they begin. Whoever has read a body records it here. */
const knownTexts = new WeakMap<Buffer, ReadonlyMap<number, number>>();

/** Smaller bodies are simply scanned again. In bytes. */
const LARGE = 1024 * 1024;

export function rememberTexts(bytes: Buffer, texts: readonly Span[]): void {
  knownTexts.set(bytes, new Map(texts.map(({ start, end }) => [start, end])));
}

/** The index after the closing quote of the string that opens at `from`; -1 when it never closes. */
export function skipString(bytes: Buffer, from: number): number {
  const known = bytes.length > LARGE ? knownTexts.get(bytes)?.get(from) : undefined;
  if (known !== undefined) return known;
  const end = closeString(bytes, from + 1, bytes.length);
  return end < 0 ? -1 : end;
}

/** The index after the number, `true`, `false` or `null` that begins at `from`; -1 when the bytes end with it. */
export function skipLiteral(bytes: Buffer, from: number): number {
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || isSpace(byte)) return at;
  }
  return -1;
}

/** The index after the value that begins at `from`; -1 when it never ends. */
export function skipValue(bytes: Buffer, from: number): number {
  const first = bytes[from];
  if (first === QUOTE) return skipString(bytes, from);
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) return skipLiteral(bytes, from);
  let at = from;
  for (let depth = 0; at < bytes.length; ) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      at = skipString(bytes, at);
      if (at < 0) return -1;
      continue;
    }
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
    else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && --depth === 0) return at + 1;
    at++;
  }
  return -1;
}

/** Whether this ASCII text stands between `start` and `end`. */
export function says(bytes: Buffer, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** How often a byte occurs, also inside strings. Counting ends at one more than `most`. */
export function countUpTo(bytes: Buffer, byte: number, most: number): number {
  let count = 0;
  for (let at = bytes.indexOf(byte); at >= 0 && count <= most; at = bytes.indexOf(byte, at + 1)) count++;
  return count;
}

/** How many objects and lists there are at most: braces and brackets in strings are counted too. */
export const countOpened = (bytes: Buffer, most: number): number =>
  countUpTo(bytes, OPEN_BRACE, most) + countUpTo(bytes, OPEN_BRACKET, most);
