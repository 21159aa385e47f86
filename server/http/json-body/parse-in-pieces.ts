import { randomUUID } from 'node:crypto';
import { BACKSLASH, type Span } from '../../canonical/scan-json.ts';
import { nextTurn } from '../../event-loop/next-turn.ts';
import { parseJson } from './parse-json.ts';

/** How many bytes are read in one turn of the event loop: a few milliseconds of work. */
export const PIECE = 1024 * 1024;

/** The length of the longest escape, `\ud83d`. */
const ESCAPE = 6;

/** A place at or before `to` that is in the middle of no character and of no escape; `from` is such a place, too. */
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

async function decode(bytes: Buffer, { start, end }: Span, read: (piece: string) => string): Promise<string> {
  let text = '';
  for (let at = start; at < end; ) {
    const cut = end - at > PIECE ? cutBefore(bytes, at, at + PIECE) : end;
    text += read(bytes.toString('utf8', at, cut));
    at = cut;
    if (at < end) await nextTurn();
  }
  return text;
}

/** Whether the bytes stand for themselves in a text: ASCII without escapes and without what a text may not hold. */
function isPlain(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x20 || byte > 0x7e || byte === BACKSLASH) return false;
  }
  return true;
}

/** The text between two quotes. Most long ones are base64, which is made a text in one copy. */
async function readText(bytes: Buffer, { start, end }: Span): Promise<string> {
  for (let at = start; at < end; at += PIECE) {
    if (!isPlain(bytes, at, Math.min(at + PIECE, end))) return await decode(bytes, { start, end }, fromEscaped);
    await nextTurn();
  }
  return bytes.toString('latin1', start, end);
}

const asIs = (piece: string) => piece;

function fromEscaped(piece: string): string {
  const text: unknown = JSON.parse(`"${piece}"`);
  // Without a quote of its own, what stands between quotes is a text.
  return String(text);
}

/** Puts the long texts where their marks are. */
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
 * What `JSON.parse` gives, for a text of many megabytes whose structure is known to be small: its long texts are read in
 * pieces, with a turn of the event loop for everybody else between two of them, and the rest at once. Throws a
 * `SyntaxError`.
 */
export async function parseInPieces(bytes: Buffer, longTexts: readonly Span[]): Promise<unknown> {
  // No client can know it.
  const mark = randomUUID();
  const texts = new Map<string, string>();
  let rest = '';
  let at = 0;
  for (const { start, end } of longTexts) {
    const name = `${mark}:${texts.size}`;
    texts.set(name, await readText(bytes, { start: start + 1, end: end - 1 }));
    rest += `${await decode(bytes, { start: at, end: start }, asIs)}"${name}"`;
    at = end;
  }
  rest += await decode(bytes, { start: at, end: bytes.length }, asIs);
  await nextTurn();
  const value = parseJson(rest);
  await nextTurn();
  return texts.size > 0 ? fill(value, texts) : value;
}
