import { randomUUID } from 'node:crypto';
import { BACKSLASH, type Span } from '../scan-json.ts';
import type { Steps } from '../write-in-steps.ts';

/** How many bytes are read in one step, which takes a few milliseconds. */
export const PIECE = 1024 * 1024;

/** The length of the longest escape, such as `\ud83d`. */
const ESCAPE = 6;

/**
 * The last place at or before `to` where the bytes can be cut without splitting a character or an escape. `from` must
 * be such a place too.
 */
function cutBefore(bytes: Buffer, from: number, to: number): number {
  let cut = to;
  while (((bytes[cut] ?? 0) & 0xc0) === 0x80) cut--;
  for (let at = cut - 1; at > cut - ESCAPE; at--) {
    if (bytes[at] !== BACKSLASH) continue;
    let slashes = 1;
    while (at - slashes >= from && bytes[at - slashes] === BACKSLASH) slashes++;
    return slashes % 2 === 1 ? at : cut;
  }
  return cut;
}

function* decode(bytes: Buffer, { start, end }: Span, read: (piece: string) => string): Steps<string> {
  let text = '';
  for (let at = start; at < end; ) {
    const cut = end - at > PIECE ? cutBefore(bytes, at, at + PIECE) : end;
    text += read(bytes.toString('utf8', at, cut));
    at = cut;
    if (at < end) yield;
  }
  return text;
}

/**
 * Whether the bytes are exactly the characters of the string: ASCII without escapes and without characters that a
 * string may not hold.
 */
function isPlain(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x20 || byte > 0x7e || byte === BACKSLASH) return false;
  }
  return true;
}

/** Reads the string between two quotes. Most long strings are base64, which is converted in one copy. */
function* readText(bytes: Buffer, { start, end }: Span): Steps<string> {
  for (let at = start; at < end; at += PIECE) {
    if (!isPlain(bytes, at, Math.min(at + PIECE, end))) return yield* decode(bytes, { start, end }, fromEscaped);
    yield;
  }
  return bytes.toString('latin1', start, end);
}

const asIs = (piece: string) => piece;

/** The text of bytes that are UTF-8, in steps. */
export const readAsText = (bytes: Buffer): Steps<string> => decode(bytes, { start: 0, end: bytes.length }, asIs);

function fromEscaped(piece: string): string {
  const text: unknown = JSON.parse(`"${piece}"`);
  // No piece contains an unescaped quote, so what `JSON.parse` returns for a quoted piece is a string.
  return String(text);
}

/** Puts the long strings back where their marks are. */
function fill(value: unknown, texts: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return texts.get(value) ?? value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i];
      if (typeof item === 'string' || typeof item === 'object') value[i] = fill(item, texts);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, held] of Object.entries(value)) {
      if (typeof held === 'string' || typeof held === 'object') Reflect.set(value, name, fill(held, texts));
    }
  }
  return value;
}

/**
 * Parses bytes of many megabytes that are known to hold few values, in steps. The long strings are read in pieces;
 * `parse` is given the rest at once. Throws a `SyntaxError`.
 */
export function* parseInPieces(
  bytes: Buffer,
  longTexts: readonly Span[],
  parse: (text: string) => unknown,
): Steps<unknown> {
  // The mark is random, so no client can send it.
  const mark = randomUUID();
  const texts = new Map<string, string>();
  let rest = '';
  let at = 0;
  for (const { start, end } of longTexts) {
    const name = `${mark}:${texts.size}`;
    texts.set(name, yield* readText(bytes, { start: start + 1, end: end - 1 }));
    rest += `${yield* decode(bytes, { start: at, end: start }, asIs)}"${name}"`;
    at = end;
  }
  rest += yield* decode(bytes, { start: at, end: bytes.length }, asIs);
  yield;
  const value = parse(rest);
  yield;
  return texts.size > 0 ? fill(value, texts) : value;
}
