import { BACKSLASH, QUOTE } from '../../canonical/scan-json.ts';

interface Frame {
  /** The bytes up to and with the quote that opens the text. */
  readonly before: Buffer;
  /** The bytes from the quote that closes the text. */
  readonly after: Buffer;
}

/** The bytes around the only text of a chunk. Null when there is no text, more than one, or a quote in it. */
function frameOf(bytes: Buffer, opening: Buffer): Frame | null {
  const at = bytes.indexOf(opening);
  if (at < 0 || bytes.indexOf(opening, at + 1) >= 0) return null;
  const start = at + opening.length;
  const end = bytes.indexOf(QUOTE, start);
  if (end < 0 || (end > start && bytes[end - 1] === BACKSLASH)) return null;
  return { before: bytes.subarray(0, start), after: bytes.subarray(end) };
}

/** A longer text is parsed in full, because it may hold an image. In bytes. */
const MAX_TEXT = 8 * 1024;

/**
 * From one text chunk of a stream to the next, only the text differs. Once one chunk was parsed in full, the next ones
 * are recognised by the bytes around their text, and need no other checks.
 */
export class TextTemplate {
  readonly #opening: Buffer;
  #came: Frame | null = null;
  #shown: Frame | null = null;

  /** `field`: the field that holds the text. */
  constructor(field: 'content' | 'text') {
    this.#opening = Buffer.from(`"${field}":"`);
  }

  /** Learns from one chunk. `came` holds nothing but text; `shown` is what clients get for it. */
  learn(came: Buffer, shown: Buffer): void {
    this.#came = frameOf(came, this.#opening);
    this.#shown = frameOf(shown, this.#opening);
  }

  /** The length of the result of `apply` for an empty text. */
  get emptyLength(): number {
    return this.#shown ? this.#shown.before.length + this.#shown.after.length : 0;
  }

  /** What clients get for a chunk that differs only in its text; null for any other chunk. */
  apply(bytes: Buffer): Buffer | null {
    if (!this.#came || !this.#shown) return null;
    const { before, after } = this.#came;
    const start = before.length;
    const end = bytes.length - after.length;
    if (end < start || end - start > MAX_TEXT) return null;
    if (!standsAt(before, bytes, 0) || !standsAt(after, bytes, end)) return null;
    if (!isText(bytes, start, end)) return null;
    const { before: opening, after: closing } = this.#shown;
    const out = Buffer.allocUnsafe(opening.length + end - start + closing.length);
    out.set(opening, 0);
    for (let at = start; at < end; at++) out[opening.length + at - start] = bytes[at] ?? 0;
    out.set(closing, out.length - closing.length);
    return out;
  }
}

/** Whether `part` stands at `start`. For so few bytes a loop costs less than a call of a native function. */
function standsAt(part: Buffer, bytes: Buffer, start: number): boolean {
  for (let i = 0; i < part.length; i++) if (part[i] !== bytes[start + i]) return false;
  return true;
}

/** The smallest byte that a JSON string may hold unescaped. */
const FIRST_PLAIN = 0x20;
const ESCAPES = new Set(Buffer.from('"\\/bfnrt'));
const U = 0x75;

const isHex = (byte = 0) => (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);

/** The length of the escape that begins at `at`; 0 when there is none. */
function escapeAt(bytes: Buffer, at: number): number {
  const kind = bytes[at + 1] ?? 0;
  if (ESCAPES.has(kind)) return 2;
  if (kind !== U) return 0;
  for (let i = 2; i < 6; i++) if (!isHex(bytes[at + i])) return 0;
  return 6;
}

/** Whether all of these bytes are the inside of one JSON string. */
function isText(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; ) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE || byte < FIRST_PLAIN) return false;
    const length = byte === BACKSLASH ? escapeAt(bytes, at) : 1;
    at += length;
    if (length === 0 || at > end) return false;
  }
  return true;
}
