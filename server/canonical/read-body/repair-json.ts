import { isUtf8 } from 'node:buffer';
import { BACKSLASH } from '../scan-json.ts';
import { EscapeRepair } from './repair-escapes.ts';

/** Half of a surrogate pair that came as bytes, which is not UTF-8. */
const HALF = /\xed([\xa0-\xbf])([\x80-\xbf])/g;

const BITS = 0x3f;

function toEscape(_half: string, middle: string, last: string): string {
  const unit = 0xd000 | ((middle.charCodeAt(0) & BITS) << 6) | (last.charCodeAt(0) & BITS);
  return `\\u${unit.toString(16)}`;
}

/**
 * JSON as valid UTF-8. Halves of surrogate pairs become escapes, so that the two halves of one pair make a character.
 * Returns the very same bytes when they are valid.
 */
export function toValidUtf8(json: Buffer): Buffer {
  if (isUtf8(json)) return json;
  const escaped = json.toString('latin1').replace(HALF, toEscape);
  return Buffer.from(Buffer.from(escaped, 'latin1').toString('utf8'));
}

const ESCAPES = [Buffer.from('\\ud'), Buffer.from('\\uD')];

/** Whether JSON may have escapes of surrogates, of pairs or of half a pair. */
export const hasSurrogates = (json: Buffer): boolean =>
  json.includes(BACKSLASH) && ESCAPES.some((begun) => json.includes(begun));

/** A whole answer of an upstream without half of a surrogate pair. Returns the very same bytes when it has none. */
export function repairJson(json: Buffer): Buffer {
  const valid = toValidUtf8(json);
  if (!hasSurrogates(valid)) return valid;
  const repaired = valid === json ? Buffer.from(valid) : valid;
  new EscapeRepair(repaired).advance(repaired.length);
  return repaired;
}
