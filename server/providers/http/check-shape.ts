import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  countOpened,
  countUpTo,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipString,
} from '../../canonical/scan-json.ts';
import { AppError } from '../../errors/app-error.ts';

/** How much a JSON text may hold, whatever its length: `{},{},…` takes fifty times its bytes when it is parsed. */
export interface Shape {
  /** The most objects and lists. */
  readonly containers: number;
  /** The most commas. */
  readonly entries: number;
}

/** The limits of one event. The logprobs of one token are fifty containers with two hundred entries. */
export const EVENT_SHAPE: Shape = { containers: 50_000, entries: 200_000 };
export const ANSWER_SHAPE: Shape = { containers: 500_000, entries: 2_000_000 };
/** The most containers in a list of embeddings. An embedding is two of them. */
const MAX_EMBEDDINGS = 50_000;
const NUMBERS: Shape = { containers: MAX_EMBEDDINGS, entries: Number.POSITIVE_INFINITY };

/** The deepest nesting. Answers nest less than ten levels, and schemas in them less than thirty. */
const MAX_DEPTH = 128;

/** The most names of one object. With more of them, the parser takes time by their square: 22 seconds for 1.5 million. */
const MAX_NAMES = 10_000;

/** A shorter text cannot hold enough to do harm, in bytes. */
const SHORT = 1024;

const broken = (what: string) => new AppError('upstream_broken', `The upstream sent JSON ${what}.`);

/**
 * Whether a text is within the limits by native searches alone, as nearly every text is: it has too few braces for any
 * depth, and too few commas for any object with many names.
 */
const isPlainlySound = (bytes: Buffer): boolean =>
  countOpened(bytes, MAX_DEPTH) <= MAX_DEPTH && countUpTo(bytes, COMMA, MAX_NAMES) <= MAX_NAMES;

/**
 * The check for lists of numbers, which hold no strings with braces. Looking at each byte would take as long as the
 * parser, so it is only done with more names than 3,000 embeddings have.
 */
export function checkNumbers(bytes: Buffer): void {
  if (countOpened(bytes, MAX_EMBEDDINGS) > MAX_EMBEDDINGS) throw broken('with too many values');
  if (countUpTo(bytes, COLON, MAX_NAMES) > MAX_NAMES) scan(bytes, NUMBERS);
}

/**
 * Throws `upstream_broken` when parsing the text would take far more memory than the text itself, or when it is nested
 * too deeply.
 */
export function checkShape(bytes: Buffer, shape: Shape): void {
  if (bytes.length >= SHORT && !isPlainlySound(bytes)) scan(bytes, shape);
}

function scan(bytes: Buffer, shape: Shape): void {
  /** How many names the object at each depth has. */
  const names = new Uint32Array(MAX_DEPTH + 1);
  let depth = 0;
  let containers = 0;
  let entries = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      at = skipString(bytes, at) - 1;
      // The parser will refuse a string without an end.
      if (at < 0) return;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      containers++;
      if (++depth > MAX_DEPTH) throw broken('that is nested too deeply');
      names[depth] = 0;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
    else if (byte === COMMA) entries++;
    else if (byte === COLON) {
      const count = (names[depth] ?? 0) + 1;
      names[depth] = count;
      if (count > MAX_NAMES) throw broken('with too many names in one object');
    }
    if (containers > shape.containers || entries > shape.entries) throw broken('with too many values');
  }
}
