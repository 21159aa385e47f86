import { randomUUID } from 'node:crypto';
import { BACKSLASH, NEAR, QUOTE } from './scan-json.ts';

/** Marks a number that is written as a text for a moment. Nobody outside knows it, so nobody can forge one. */
const MARK = `number:${randomUUID()}:`;
const MARKED = new RegExp(`"${MARK}(-?\\d+)"`, 'g');

/** While `writeExact` runs, which is synchronous. */
let isWriting = false;

/** An integer beyond 2^53, such as an id, which a number of JavaScript would round. */
class ExactInteger {
  readonly #digits: string;

  constructor(digits: string) {
    this.#digits = digits;
  }

  /** Whoever writes it in another way gets the nearest number. */
  toJSON(): string | number {
    return isWriting ? MARK + this.#digits : Number(this.#digits);
  }
}

/** Few texts have so many digits in a row; only those are looked at. */
const LONG = /\d{16}/;
const NUMBER = /-?\d[\d.eE+-]*/g;

const mark = (number: string) =>
  /^-?\d{16,}$/.test(number) && !Number.isSafeInteger(Number(number)) ? `"${MARK}${number}"` : number;

/** The index of the quote that ends the string whose first character stands at `from`. */
function endOfString(text: string, from: number): number {
  for (let at = from; ; ) {
    for (const near = Math.min(text.length, at + NEAR); at < near; at++) {
      const unit = text.charCodeAt(at);
      if (unit === QUOTE) return at;
      if (unit === BACKSLASH) at++;
    }
    const quote = text.indexOf('"', at);
    if (quote < 0) return text.length;
    let slashes = 0;
    while (quote - slashes > at && text.charCodeAt(quote - slashes - 1) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return quote;
    at = quote + 1;
  }
}

/** The same JSON with a text in the place of each integer that would be rounded. Strings are passed over. */
function markIntegers(text: string): string {
  let marked = '';
  for (let at = 0; at < text.length; ) {
    const quote = text.indexOf('"', at);
    const end = quote < 0 ? text.length : quote;
    const next = quote < 0 ? text.length : endOfString(text, quote + 1) + 1;
    marked += text.slice(at, end).replace(NUMBER, mark) + text.slice(end, next);
    at = next;
  }
  return marked;
}

const revive = (_key: string, value: unknown) =>
  typeof value === 'string' && value.startsWith(MARK) ? new ExactInteger(value.slice(MARK.length)) : value;

/**
 * As `JSON.parse`, but an integer beyond 2^53 becomes an object that `writeExact` writes with all its digits. For values
 * that are only handed on, such as the arguments of tools.
 */
export const parseExact = (text: string): unknown =>
  LONG.test(text) ? JSON.parse(markIntegers(text), revive) : JSON.parse(text);

/** As `JSON.stringify`, for values that may hold integers of `parseExact`. */
export function writeExact(value: unknown): string {
  isWriting = true;
  try {
    const text = JSON.stringify(value);
    return text.includes(MARK) ? text.replace(MARKED, '$1') : text;
  } finally {
    isWriting = false;
  }
}
