import { BACKSLASH, COLON, isSpace, NEAR, QUOTE, skipString } from '../scan-json.ts';

const LOWER_U = 0x75;
const REPLACEMENT = 'fffd';

/** The length of an escape without its backslashes, such as `ud83d`. */
const ESCAPE = 5;

const HIGH = 1;
const LOW = 2;
const NEITHER = 0;

/** The value of each hexadecimal digit; 16 for every other byte. */
const digits = new Uint8Array(256).fill(16);
for (const digit of '0123456789abcdefABCDEF') digits[digit.charCodeAt(0)] = Number.parseInt(digit, 16);

const digitAt = (bytes: Buffer, at: number): number => digits[bytes[at] ?? 0] ?? 16;

/** Which half of a surrogate pair the escape stands for whose `u` is here. */
function halfAt(bytes: Buffer, u: number): number {
  if (bytes[u] !== LOWER_U || digitAt(bytes, u + 1) !== 0xd) return NEITHER;
  const second = digitAt(bytes, u + 2);
  if (second < 8 || second > 15 || digitAt(bytes, u + 3) > 15 || digitAt(bytes, u + 4) > 15) return NEITHER;
  return second < 0xc ? HIGH : LOW;
}

/** How many backslashes stand directly before this place. */
function slashesBefore(bytes: Buffer, at: number): number {
  let count = 0;
  while (bytes[at - count - 1] === BACKSLASH) count++;
  return count;
}

/**
 * How many of these backslashes belong to the escape after them: one; two in the JSON of a tool's arguments, which is
 * itself a string in the request, as in `"{\"city\":\"\\ud83d\"}"`; none when they are literal backslashes.
 */
function ownSlashes(slashes: number): number {
  if (slashes % 2 === 1) return 1;
  return slashes % 4 === 2 ? 2 : 0;
}

/** Whether the other half stands next to this one: after a high half, before a low one. */
function hasOther(bytes: Buffer, u: number, half: number): boolean {
  const slashes = slashesBefore(bytes, u);
  const own = ownSlashes(slashes);
  if (half === HIGH) {
    const other = u + ESCAPE + own;
    return halfAt(bytes, other) === LOW && slashesBefore(bytes, other) === own;
  }
  const other = u - own - ESCAPE;
  return slashes === own && halfAt(bytes, other) === HIGH && ownSlashes(slashesBefore(bytes, other)) === own;
}

const ARGUMENTS = Buffer.from('"arguments"');

/** The beginning of the string in which this place is. */
function startOfText(bytes: Buffer, from: number): number {
  for (let at = from; at >= 0; at--) {
    if (bytes[at] === QUOTE && slashesBefore(bytes, at) % 2 === 0) return at;
  }
  return 0;
}

/** Whether the string that begins here is the value of a field `arguments`. */
function isArguments(bytes: Buffer, start: number): boolean {
  let at = start - 1;
  while (isSpace(bytes[at])) at--;
  if (bytes[at] !== COLON) return false;
  at--;
  while (isSpace(bytes[at])) at--;
  return at + 1 >= ARGUMENTS.length && bytes.subarray(at + 1 - ARGUMENTS.length, at + 1).equals(ARGUMENTS);
}

/**
 * Writes U+FFFD over every escape of half a surrogate pair, in place; no other byte changes. Agents cut texts in the
 * middle of an emoji, and servers with a strict JSON parser refuse the whole request for it. The repair continues where
 * it stopped, so a long body can be repaired in pieces.
 */
export class EscapeRepair {
  readonly #bytes: Buffer;
  #at = 0;
  /** The end of the last string that was checked, and whether that string is the arguments of a tool. */
  #end = 0;
  #inArguments = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Repairs up to this place. False when nothing is left to repair after it. */
  advance(to: number): boolean {
    const bytes = this.#bytes;
    let at = this.#at;
    while (at < to) {
      for (const near = Math.min(at + NEAR, to); at < near; at++) {
        if (bytes[at] === BACKSLASH && bytes[at + 1] === LOWER_U) this.#repair(at + 1);
      }
      if (at >= to) break;
      at = bytes.indexOf(BACKSLASH, at);
      if (at < 0) return false;
    }
    this.#at = at;
    return at < bytes.length;
  }

  #repair(u: number): void {
    const bytes = this.#bytes;
    const half = halfAt(bytes, u);
    if (half === NEITHER) return;
    const own = ownSlashes(slashesBefore(bytes, u));
    if (own === 0 || hasOther(bytes, u, half) || (own === 2 && !this.#isInArguments(u))) return;
    bytes.write(REPLACEMENT, u + 1, 'latin1');
  }

  #isInArguments(u: number): boolean {
    if (u >= this.#end) {
      const start = startOfText(this.#bytes, u);
      const end = skipString(this.#bytes, start);
      this.#end = end < 0 ? this.#bytes.length : end;
      this.#inArguments = isArguments(this.#bytes, start);
    }
    return this.#inArguments;
  }
}
