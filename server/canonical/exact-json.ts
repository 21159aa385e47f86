import { randomUUID } from 'node:crypto';
import { BACKSLASH, NEAR, QUOTE } from './scan-json.ts';

/** Marks a number that is temporarily written as a text. It is random, so nobody outside can forge it. */
const MARK = `number:${randomUUID()}:`;
const MARKED = new RegExp(`"${MARK}([^"]+)"`, 'g');

/** True while `writeExact` runs, which is synchronous. */
let isWriting = false;

/**
 * A number that JavaScript cannot hold: an integer beyond 2^53, such as an id, one beyond the largest or below the smallest
 * number, or one with more digits than JavaScript keeps.
 */
class ExactNumber {
  readonly #digits: string;

  constructor(digits: string) {
    this.#digits = digits;
  }

  get nearest(): number {
    return Number(this.#digits);
  }

  /** Other serialisers get the nearest number. */
  toJSON(): string | number {
    return isWriting ? MARK + this.#digits : this.nearest;
  }
}

/**
 * Only texts with so many digits in a row, or with such an exponent, are searched for such numbers. They are few. Both expressions
 * are written so that V8 looks at every few characters only: with `\d{16}`, or with the condition before the digits, it looks at
 * each, which takes six times as long.
 */
const LONG_NUMBER = new RegExp(`\\d${'[\\d.]'.repeat(15)}`);
const LONG_EXPONENT = /[eE][+-]?\d\d\d(?<=[:,[\s]-?\d[\d.]*[eE][+-]?\d\d\d)/;
const NUMBER = /-?\d[\d.eE+-]*/g;
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** The most digits that a program prints of a number of 64 bits. More are meant to be kept. */
const PRINTED_DIGITS = 17;

/** The digits of a number without its sign, its point, its exponent, and the zeros around it. */
const digitsOf = (number: string): string =>
  number
    .replace(/[eE].*$/, '')
    .replace(/[-.]/g, '')
    .replace(/^0+|0+$/g, '');

function isInexact(number: string): boolean {
  const value = Number(number);
  if (/^-?\d{16,}$/.test(number)) return !Number.isSafeInteger(value) && JSON_NUMBER.test(number);
  const isFar = value === 0 || Math.abs(value) === Number.POSITIVE_INFINITY;
  if (!isFar && number.length <= PRINTED_DIGITS) return false;
  const digits = digitsOf(number);
  const isLost = isFar ? digits !== '' : digits.length > PRINTED_DIGITS && digits !== digitsOf(String(value));
  return isLost && JSON_NUMBER.test(number);
}

const mark = (number: string) => (isInexact(number) ? `"${MARK}${number}"` : number);

/** The index of the quote that ends the string whose first character is at `from`. */
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

/** The same JSON with a text in place of each number that would be changed. Strings are skipped. */
function markNumbers(text: string): string {
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
  typeof value === 'string' && value.startsWith(MARK) ? new ExactNumber(value.slice(MARK.length)) : value;

/** Whether a text may hold a number that JavaScript cannot hold. It reads numbers inside strings too. */
export const mayHoldLongNumbers = (text: string): boolean => LONG_NUMBER.test(text) || LONG_EXPONENT.test(text);

/**
 * Parses as `JSON.parse` does, but a number that JavaScript cannot hold becomes an object that `writeExact` writes with
 * all its digits. Use it for values that are only passed on, such as the arguments of tools.
 */
export const parseExact = (text: string): unknown =>
  mayHoldLongNumbers(text) ? JSON.parse(markNumbers(text), revive) : JSON.parse(text);

/** Puts the nearest number in place of each exact one, in place, except in the fields of which `isExact` says so. */
export function roundNumbers(value: unknown, isExact: (name: string, holder: object) => boolean): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof ExactNumber) return value.nearest;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i];
      if (typeof item === 'object') value[i] = roundNumbers(item, isExact);
    }
    return value;
  }
  for (const [name, held] of Object.entries(value)) {
    if (typeof held === 'object' && !isExact(name, value)) Reflect.set(value, name, roundNumbers(held, isExact));
  }
  return value;
}

/** Writes as `JSON.stringify` does; the value may hold such numbers of `parseExact`. */
export function writeExact(value: unknown): string {
  isWriting = true;
  try {
    const text = JSON.stringify(value);
    return text.includes(MARK) ? text.replace(MARKED, '$1') : text;
  } finally {
    isWriting = false;
  }
}
