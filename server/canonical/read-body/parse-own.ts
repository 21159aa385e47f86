import { parseExact } from '../exact-json.ts';
import { COLON, closeString, QUOTE, rememberTexts, type Span, skipSpace } from '../scan-json.ts';
import type { Steps } from '../write-in-steps.ts';
import { PIECE, parseInPieces } from './parse-in-pieces.ts';

/** Shorter strings are parsed with the rest. In bytes. */
const LONG_TEXT = 16 * 1024;

/** The long strings of a JSON text that are values, with their quotes, in order. */
function* findLongTexts(bytes: Buffer): Steps<Span[]> {
  const found: Span[] = [];
  let start = -1;
  for (let at = 0; at < bytes.length; ) {
    for (const end = Math.min(at + PIECE, bytes.length); at < end; ) {
      if (start < 0) {
        start = bytes.indexOf(QUOTE, at);
        at = start < 0 ? bytes.length : start + 1;
        continue;
      }
      const close = closeString(bytes, at, end);
      at = close < 0 ? ~close : close;
      if (close < 0) continue;
      if (close - start > LONG_TEXT && bytes[skipSpace(bytes, close)] !== COLON) found.push({ start, end: close });
      start = -1;
    }
    yield;
  }
  return found;
}

/** Parses JSON of many megabytes that the gateway wrote itself, as `parseExact` does, in steps. */
export function* parseOwn(bytes: Buffer): Steps<unknown> {
  const texts = yield* findLongTexts(bytes);
  rememberTexts(bytes, texts);
  return yield* parseInPieces(bytes, texts, parseExact);
}
