import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipString,
} from '../../canonical/scan-json.ts';
import { AppError } from '../../errors/app-error.ts';

/** How much a JSON text may hold, whatever its length: `{},{},…` takes fifty times its bytes when it is parsed. */
export interface Shape {
  /** Objects and lists. */
  readonly containers: number;
  /** Commas. */
  readonly entries: number;
}

/** One token's logprobs are fifty containers with two hundred entries. */
export const EVENT_SHAPE: Shape = { containers: 50_000, entries: 200_000 };
export const ANSWER_SHAPE: Shape = { containers: 500_000, entries: 2_000_000 };
/** An embedding is two of them. */
const MAX_EMBEDDINGS = 50_000;

/** Answers nest less than ten levels, and schemas in them less than thirty. */
const MAX_DEPTH = 128;

/** Below this length a text can hold nothing that hurts, in bytes. */
const SHORT = 1024;

const broken = (what: string) => new AppError('upstream_broken', `The upstream sent JSON ${what}.`);

/** How often a byte occurs, also inside of strings, up to one more than `most`. */
function countUpTo(bytes: Buffer, byte: number, most: number): number {
  let count = 0;
  for (let at = bytes.indexOf(byte); at >= 0 && count <= most; at = bytes.indexOf(byte, at + 1)) count++;
  return count;
}

const countOpened = (bytes: Buffer, most: number): number =>
  countUpTo(bytes, OPEN_BRACE, most) + countUpTo(bytes, OPEN_BRACKET, most);

/** Native searches, which nearly every text passes: too few braces for any depth, and few enough commas. */
const isPlainlySound = (bytes: Buffer, { entries }: Shape): boolean =>
  countOpened(bytes, MAX_DEPTH) <= MAX_DEPTH && countUpTo(bytes, COMMA, entries) <= entries;

/** For lists of numbers, in whose texts there are no braces: a look at each byte would take as long as the parser. */
export function checkNumbers(bytes: Buffer): void {
  if (countOpened(bytes, MAX_EMBEDDINGS) > MAX_EMBEDDINGS) throw broken('with too many values');
}

/** Throws `upstream_broken` for a text whose value would take far more memory than the text, or is nested too deeply. */
export function checkShape(bytes: Buffer, shape: Shape): void {
  if (bytes.length < SHORT || isPlainlySound(bytes, shape)) return;
  let depth = 0;
  let containers = 0;
  let entries = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      at = skipString(bytes, at) - 1;
      // A string without an end is the parser's to refuse.
      if (at < 0) return;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      containers++;
      if (++depth > MAX_DEPTH) throw broken('that is nested too deeply');
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
    else if (byte === COMMA) entries++;
    if (containers > shape.containers || entries > shape.entries) throw broken('with too many values');
  }
}
