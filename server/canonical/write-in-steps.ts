import { randomUUID } from 'node:crypto';
import { writeExact } from './exact-json.ts';
import { isObject } from './json.ts';

/**
 * Long work that stops between its pieces, so that its caller can let other work run. It returns the result at its end.
 */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Longer strings are written separately. In UTF-16 units, as all lengths here. */
const LONG_TEXT = 16 * 1024;

/** How much of a string is written in one step, which takes a millisecond or two. */
const STEP = 1024 * 1024;

/** A value whose long strings are shorter than this in total is written at once. */
const SHORT_VALUE = 512 * 1024;

/** Characters that JSON must escape: quotes, backslashes, control characters, and half a surrogate pair. */
const ESCAPED = /["\\\p{Cc}\p{Cs}]/u;

/** Temporarily marks the place of a long string. It is random, so nobody outside knows it. */
const MARK = `text:${randomUUID()}:`;

/** The total length of the long strings of a value, as far as it matters. */
function lengthOfTexts(value: unknown): number {
  if (typeof value === 'string') return value.length > LONG_TEXT ? value.length : 0;
  if (!isObject(value)) return 0;
  let length = 0;
  for (const held of Array.isArray(value) ? value : Object.values(value)) {
    if (typeof held === 'string' || typeof held === 'object') length += lengthOfTexts(held);
    if (length > SHORT_VALUE) break;
  }
  return length;
}

/** Whether a value has so much text that it should be written in steps. */
export const isLong = (value: unknown): boolean => lengthOfTexts(value) > SHORT_VALUE;

/** A value with marks in place of its long strings. Parts without such strings stay the same objects. */
function withoutTexts(value: unknown, texts: string[]): unknown {
  if (typeof value === 'string') return value.length > LONG_TEXT ? `${MARK}${texts.push(value) - 1}` : value;
  if (!isObject(value)) return value;
  if (Array.isArray(value)) {
    const items: unknown[] = value.map((item: unknown) => withoutTexts(item, texts));
    return items.every((item, i) => item === value[i]) ? value : items;
  }
  const entries = Object.entries(value).map(([key, held]): [string, unknown] => [key, withoutTexts(held, texts)]);
  return entries.every(([key, held]) => held === value[key]) ? value : Object.fromEntries(entries);
}

/** A place at or before `to` that is not inside a surrogate pair. */
function cutAt(text: string, to: number): number {
  const last = text.charCodeAt(to - 1);
  return to < text.length && last >= 0xd800 && last <= 0xdbff ? to - 1 : to;
}

/** The inside of a string as JSON writes it. Most long strings are base64, which needs no escapes. */
function* writeText(text: string): Steps<string> {
  let isPlain = true;
  for (let at = 0; at < text.length && isPlain; at += STEP) {
    isPlain = !ESCAPED.test(text.slice(at, at + STEP));
    yield;
  }
  if (isPlain) return text;
  let written = '';
  for (let at = 0; at < text.length; ) {
    const cut = cutAt(text, Math.min(text.length, at + STEP));
    written += JSON.stringify(text.slice(at, cut)).slice(1, -1);
    at = cut;
    yield;
  }
  return written;
}

/** The JSON of a value in parts; every second part is the inside of a long string. */
function* writeParts(value: unknown): Steps<string[]> {
  const texts: string[] = [];
  const [first = '', ...rest] = writeExact(withoutTexts(value, texts)).split(MARK);
  const parts = [first];
  for (const part of rest) {
    const end = part.indexOf('"');
    parts.push(yield* writeText(texts[Number(part.slice(0, end))] ?? ''), part.slice(end));
  }
  return parts;
}

/** Writes a value as `writeExact` does, in steps. */
export function* writeAsText(value: unknown): Steps<string> {
  return (yield* writeParts(value)).join('');
}

/** Writes a value as `writeExact` does, in steps, as UTF-8. */
export function* writeAsBytes(value: unknown): Steps<Buffer> {
  return yield* joinAsBytes(yield* writeParts(value));
}

/** Does something with each piece of a text, in steps. */
function* inPieces(text: string, use: (piece: string) => void): Steps<void> {
  for (let at = 0; at < text.length; ) {
    const cut = cutAt(text, Math.min(text.length, at + STEP));
    use(text.slice(at, cut));
    at = cut;
    if (at < text.length) yield;
  }
}

/** The bytes of texts, one after the other, in steps. */
export function* joinAsBytes(texts: readonly string[]): Steps<Buffer> {
  let length = 0;
  for (const text of texts) {
    yield* inPieces(text, (piece) => {
      length += Buffer.byteLength(piece);
    });
  }
  // Its memory belongs to it alone, so it can be handed to another thread.
  const bytes = Buffer.allocUnsafeSlow(length);
  let written = 0;
  for (const text of texts) {
    yield* inPieces(text, (piece) => {
      written += bytes.write(piece, written);
    });
  }
  return bytes;
}
