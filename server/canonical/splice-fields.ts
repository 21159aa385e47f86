const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;

interface Span {
  readonly start: number;
  readonly end: number;
}

const isSpace = (byte: number | undefined) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (isSpace(bytes[at])) at++;
  return at;
}

/** Beyond this many bytes a call of the native search costs less than looking at each byte here. */
const SHORT = 32;

/** The index after the closing quote of the string that opens at `from`; -1 when it never closes. */
function skipString(bytes: Buffer, from: number): number {
  const far = Math.min(bytes.length, from + SHORT);
  for (let at = from + 1; at < far; at++) {
    if (bytes[at] === QUOTE) return at + 1;
    if (bytes[at] === BACKSLASH) at++;
  }
  for (let at = bytes.indexOf(QUOTE, from + 1); at >= 0; at = bytes.indexOf(QUOTE, at + 1)) {
    let slashes = 0;
    while (bytes[at - 1 - slashes] === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return at + 1;
  }
  return -1;
}

function skipValue(bytes: Buffer, from: number): number {
  const first = bytes[from];
  if (first === QUOTE) return skipString(bytes, from);
  let at = from;
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) {
    for (; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === COMMA || byte === CLOSE_BRACE || isSpace(byte)) return at;
    }
    return -1;
  }
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

/** Below this a list is searched faster than a set is made. */
const FEW_FIELDS = 32;

/** FNV-1a, 32 bits. */
const HASH_START = 0x811c9dc5;
const HASH_PRIME = 0x01000193;

/** Whether this text, which is ASCII, is what stands there. */
function says(bytes: Buffer, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false;
  return true;
}

/**
 * Where the values of the object's own fields of these names stand. Null when that cannot be said safely: a key that is
 * escaped or doubled could be read differently by another parser, so such an object must be written anew. Keys are told
 * apart by a hash, with no string made for any: two that only look alike are taken for doubled. `trusted` ends the
 * search when all names are found.
 */
function findFields(bytes: Buffer, names: readonly string[], trusted: boolean): (Span | undefined)[] | null {
  const spans: (Span | undefined)[] = names.map(() => undefined);
  const hashes: number[] = [];
  let many: Set<number> | null = null;
  let found = 0;
  let at = skipSpace(bytes, 0);
  if (bytes[at] !== OPEN_BRACE) return null;
  at = skipSpace(bytes, at + 1);
  while (bytes[at] === QUOTE) {
    let hash = HASH_START;
    let keyEnd = at + 1;
    for (let byte = bytes[keyEnd]; byte !== QUOTE; byte = bytes[++keyEnd]) {
      if (byte === undefined || byte === BACKSLASH) return null;
      hash = Math.imul(hash ^ byte, HASH_PRIME);
    }
    if (many ? many.has(hash) : hashes.includes(hash)) return null;
    if (many) many.add(hash);
    else if (hashes.push(hash) === FEW_FIELDS) many = new Set(hashes);
    const index = names.findIndex((name) => says(bytes, at + 1, keyEnd, name));
    at = skipSpace(bytes, keyEnd + 1);
    if (bytes[at] !== COLON) return null;
    const start = skipSpace(bytes, at + 1);
    const end = skipValue(bytes, start);
    if (end <= start) return null;
    if (index >= 0) {
      spans[index] = { start, end };
      if (trusted && ++found === names.length) return spans;
    }
    at = skipSpace(bytes, end);
    if (bytes[at] !== COMMA) break;
    at = skipSpace(bytes, at + 1);
  }
  return bytes[at] === CLOSE_BRACE && hashes.length > 0 ? spans : null;
}

/**
 * Sets top-level fields of a JSON object in its bytes, leaving every other byte as it came: numbers keep their
 * digits, and megabytes of images are not written anew. Null when the bytes must be parsed instead. `trusted`: nobody
 * gains by a field that is doubled further on, so it is not looked for. Names are ASCII.
 */
export function spliceFields(
  bytes: Buffer,
  changes: Readonly<Record<string, unknown>>,
  trusted = false,
): Buffer | null {
  const names = Object.keys(changes);
  const spans = findFields(bytes, names, trusted);
  if (!spans) return null;
  const edits: Edit[] = [];
  for (let i = 0; i < names.length; i++) {
    const name = names[i] ?? '';
    const span = spans[i];
    if (changes[name] === undefined) {
      if (span) return null;
      continue;
    }
    const text = JSON.stringify(changes[name]);
    if (!span) edits.push(addField(bytes, name, text));
    else if (!isWritten(bytes, span, text)) edits.push({ span, text });
  }
  if (edits.length === 0) return bytes;
  return writeSpliced(bytes, edits.length === 1 ? edits : edits.sort((a, b) => a.span.start - b.span.start));
}

interface Edit {
  readonly span: Span;
  readonly text: string;
}

/** New fields stand before the known ones. */
function addField(bytes: Buffer, key: string, text: string): Edit {
  const open = bytes.indexOf(OPEN_BRACE) + 1;
  return { span: { start: open, end: open }, text: `${JSON.stringify(key)}:${text},` };
}

/** What already says so stays as it is; what is not ASCII is written again. */
const isWritten = (bytes: Buffer, { start, end }: Span, text: string) => says(bytes, start, end, text);

/** One allocation and plain copies: a view for each piece would cost more than the copying. */
function writeSpliced(bytes: Buffer, edits: readonly Edit[]): Buffer {
  let length = bytes.length;
  for (const { span, text } of edits) length += Buffer.byteLength(text) - (span.end - span.start);
  const out = Buffer.allocUnsafe(length);
  let from = 0;
  let at = 0;
  for (const { span, text } of edits) {
    at += bytes.copy(out, at, from, span.start);
    at += out.write(text, at);
    from = span.end;
  }
  bytes.copy(out, at, from);
  return out;
}

/**
 * True when some object in the text, however deep, has a key that is escaped or doubled: parsers differ in which of two
 * they take, so a check of the one could let the other through. Strings are skipped, not read.
 */
export function hasAmbiguousKeys(bytes: Buffer): boolean {
  const open: (Set<string> | null)[] = [];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === OPEN_BRACE) open.push(new Set());
    else if (byte === OPEN_BRACKET) open.push(null);
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) open.pop();
    else if (byte === QUOTE) {
      const end = skipString(bytes, at);
      if (end < 0) return true;
      const keys = open.at(-1);
      const next = skipSpace(bytes, end);
      if (keys && bytes[next] === COLON) {
        const key = bytes.toString('latin1', at + 1, end - 1);
        if (key.includes('\\') || keys.has(key)) return true;
        keys.add(key);
      }
      at = end - 1;
    }
  }
  return false;
}
