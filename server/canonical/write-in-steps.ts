import { randomUUID } from 'node:crypto';
import { writeExact } from './exact-json.ts';
import { isObject } from './json.ts';

/** Long work that stops between its pieces, so that its caller can let others run there. Its value is what it ends with. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Longer texts are written on their own. In UTF-16 units, as all lengths here. */
const LONG_TEXT = 16 * 1024;

/** How much of a text is written in one step: a millisecond or two of work. */
const STEP = 1024 * 1024;

/** A value whose long texts have fewer units together is written at once. */
const SHORT_VALUE = 512 * 1024;

/** What JSON does not write as it is: quotes, backslashes and control characters. Half a surrogate pair is escaped, too. */
const ESCAPED = /["\\\p{Cc}\p{Cs}]/u;

/** Marks the place of a long text for a moment. Nobody outside knows it. */
const MARK = `text:${randomUUID()}:`;

/** How long the long texts of a value are together, as far as it matters. */
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

/** A value with marks in the place of its long texts. What holds none of them stays as it is. */
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

/** A place at or before `to` that is not within a surrogate pair. */
function cutAt(text: string, to: number): number {
  const last = text.charCodeAt(to - 1);
  return to < text.length && last >= 0xd800 && last <= 0xdbff ? to - 1 : to;
}

/** The inside of a text as JSON writes it; most long ones are base64, which is written as it is. */
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

/** The JSON of a value in parts, of which every other one is the inside of a long text. */
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

/** As `writeExact`. */
export function* writeAsText(value: unknown): Steps<string> {
  return (yield* writeParts(value)).join('');
}

/** The same in UTF-8. */
export function* writeAsBytes(value: unknown): Steps<Buffer> {
  const parts = yield* writeParts(value);
  const bytes = Buffer.allocUnsafe(parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0));
  let written = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; ) {
      const cut = cutAt(part, Math.min(part.length, at + STEP));
      written += bytes.write(part.slice(at, cut), written);
      at = cut;
      if (at < part.length) yield;
    }
  }
  return bytes;
}
