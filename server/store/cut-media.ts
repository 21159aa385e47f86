/**
 * A piece that was cut out of a JSON text: the data of a picture, sound or file, and its place in the text that is
 * left.
 */
export interface MediaPiece {
  /** The place of the data in the text that is left, in UTF-16 units. */
  readonly at: number;
  readonly data: string;
}

export interface CutText {
  readonly text: string;
  /** The pieces in the order of their places. */
  readonly pieces: readonly MediaPiece[];
}

/** Shorter data stays in its text: a row of its own would cost more. In characters. */
const LEAST = 32 * 1024;

/**
 * Where data stands: the address of a picture or a video, a file, a sound, a picture that a model drew. Elsewhere the same
 * characters are words that somebody wrote, or a signature that has to stay with its text.
 */
const ADDRESS = /"(?:url|image_url|file_data)$/;
const BARE = [/"file_data$/, /"(?:input_)?audio":\{[^{}]*"data$/, /"image_generation_call"[^{}]*"result$/];
/** How many characters before a value say where it stands. */
const BEFORE = 256;

/** Between the name of a field and its value. In JSON it never stands inside a string: there a backslash precedes each quote. */
const BETWEEN = '":"';

/** The text that stands in the place of data that was cut out. */
const EMPTIED = [';base64,"', '"data":""', '"file_data":""', '"result":""'];

/** Whether anything may have been cut out of a text. */
export const mayBeCut = (text: string): boolean => EMPTIED.some((empty) => text.includes(empty));

/** The head of a data URI, up to its comma. */
const DATA_URI = /^data:[^,"\\]{0,200};base64,/i;
const BASE64 = /^[A-Za-z0-9+/_=-]+$/;
/** How many characters are looked at to know data from words. The whole would be megabytes. */
const SAMPLE = 256;

/** The place where the data of a value begins; null when the value holds no data. */
function dataIn(text: string, start: number, end: number): number | null {
  const place = text.slice(Math.max(0, start - BEFORE), start - BETWEEN.length);
  const head = DATA_URI.exec(text.slice(start, start + SAMPLE))?.[0] ?? '';
  const isPlace = head === '' ? BARE.some((pattern) => pattern.test(place)) : ADDRESS.test(place);
  const from = start + head.length;
  return isPlace && BASE64.test(text.slice(from, from + SAMPLE)) && BASE64.test(text.slice(end - SAMPLE, end))
    ? from
    : null;
}

/** Takes the data of large pictures, sounds and files out of a compact JSON text. Nothing is parsed. */
export function cutMedia(text: string): CutText {
  if (text.length < LEAST) return { text, pieces: [] };
  const pieces: MediaPiece[] = [];
  let left = '';
  let copied = 0;
  for (let at = text.indexOf(BETWEEN); at >= 0; ) {
    const start = at + BETWEEN.length;
    const end = text.indexOf('"', start);
    if (end < 0) break;
    at = text.indexOf(BETWEEN, end);
    if (end - start < LEAST) continue;
    const from = dataIn(text, start, end);
    if (from === null) continue;
    left += text.slice(copied, from);
    pieces.push({ at: left.length, data: text.slice(from, end) });
    copied = end;
  }
  return { text: left + text.slice(copied), pieces };
}

/** Whether each piece was cut out of this very text: its place is empty. */
export const fitsText = (text: string, pieces: readonly MediaPiece[]): boolean =>
  pieces.every(({ at }) => text[at] === '"' && (text[at - 1] === ',' || text[at - 1] === '"'));

/** The text as it was before it was cut. */
export function joinMedia(text: string, pieces: readonly MediaPiece[]): string {
  let whole = '';
  let from = 0;
  for (const { at, data } of pieces) {
    whole += text.slice(from, at) + data;
    from = at;
  }
  return whole + text.slice(from);
}
