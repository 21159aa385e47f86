import { decodeArguments } from './decode-arguments.ts';
import { repairText } from './read-body/repair-text.ts';

const HEX = String.raw`[\da-fA-F]`;
const HIGH = String.raw`\\u[dD][89abAB]${HEX}{2}`;
const LOW = String.raw`\\u[dD][c-fC-F]${HEX}{2}`;
/** The beginning of a low half, or of any escape. */
const PART_OF_LOW = String.raw`\\(?:u(?:[dD](?:[c-fC-F]${HEX}?)?)?)?`;
const PART = String.raw`\\(?:u${HEX}{0,3})?`;

/** The escapes in JSON: a pair; one that the next piece may complete (1); half a pair (2); any other. */
const ESCAPES = new RegExp(`${HIGH}${LOW}|(${HIGH}(?:${PART_OF_LOW})?$|${PART}$)|(${HIGH}|${LOW})|\\\\[^]`, 'g');
const HALVES = new RegExp(`${HIGH}|${LOW}`, 'g');
const REPLACEMENT = String.raw`\ufffd`;

/**
 * The arguments of one call, which arrive in pieces that can end anywhere. Escapes of half a surrogate pair become
 * U+FFFD. A text that does not begin as an object is kept back until its end, because it may be an object inside a
 * string of JSON.
 */
export class ArgumentText {
  /** The text that was not given out yet: all of it, or an incomplete escape. */
  #held = '';
  #begun = false;
  #isObject = false;

  /** Whether the text is an object, which is given out while it arrives. */
  get isObject(): boolean {
    return this.#isObject;
  }

  /** The text that can be given out after a piece. */
  add(piece: string): string {
    if (this.#isObject) return this.#repair(piece);
    this.#held += piece;
    if (this.#begun) return '';
    const first = piece.trimStart()[0];
    this.#begun = first !== undefined;
    this.#isObject = first === '{';
    return this.#isObject ? this.#repair('') : '';
  }

  /** The rest of the text, decoded when it is an object inside a string of JSON. Empty: there are no arguments. */
  end(): string {
    const rest = this.#held;
    this.#held = '';
    return this.#isObject ? rest.replace(HALVES, REPLACEMENT) : repairText(decodeArguments(rest));
  }

  #repair(piece: string): string {
    if (this.#held === '' && !piece.includes('\\')) return piece;
    const text = this.#held + piece;
    this.#held = '';
    return text.replace(ESCAPES, (found: string, part?: string, half?: string) => {
      if (half !== undefined) return REPLACEMENT;
      if (part === undefined) return found;
      this.#held = part;
      return '';
    });
  }
}
