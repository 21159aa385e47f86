import { Lexer, type Token, type TokensList } from 'marked';

/** Lists and quotes within each other that are marked up. */
const MOST_DEPTH = 12;
/** The length of a text without blocks in it that is marked up. The time for it grows with the square of its length. */
const LONGEST_INLINE = 4_000;
/** How often the characters of a text are read. Lists and quotes are read again at each depth. */
const MOST_READS = 8;
const LEAST_READ = 20_000;
/** How many lines of quotes, items of lists and borders of cells a text may have, so that it is marked up. */
const MOST_QUOTED = 1_000;
const MOST_ITEMS = 2_000;
const MOST_BORDERS = 6_000;

const hasMore = (text: string, pattern: RegExp, most: number): boolean => (text.match(pattern)?.length ?? 0) > most;

/** Whether there is so much of something that marking it up would hold the page up for seconds. */
const isTangled = (text: string): boolean =>
  hasMore(text, /^ {0,3}>/gm, MOST_QUOTED) ||
  hasMore(text, /^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]/gm, MOST_ITEMS) ||
  hasMore(text, /\|/g, MOST_BORDERS);

const plain = (text: string): Token => ({ type: 'text', raw: text, text });

/**
 * Splits a Markdown text into its parts, in a time that is bounded whatever the text is. What is too deep, too long or too
 * tangled stays the text that it is.
 */
export class BoundedLexer extends Lexer {
  #depth = 0;
  #left = 0;

  override lex(text: string): TokensList {
    this.#left = LEAST_READ + MOST_READS * text.length;
    return isTangled(text) ? Object.assign([plain(text)], { links: {} }) : super.lex(text);
  }

  override blockTokens(text: string, tokens?: Token[], isLast?: boolean): Token[];
  override blockTokens(text: string, tokens?: TokensList, isLast?: boolean): TokensList;
  override blockTokens(text: string, tokens: Token[] = [], isLast?: boolean): Token[] {
    this.#left -= text.length;
    if (this.#depth > MOST_DEPTH || this.#left < 0) {
      tokens.push(plain(text));
      return tokens;
    }
    this.#depth += 1;
    try {
      return super.blockTokens(text, tokens, isLast);
    } finally {
      this.#depth -= 1;
    }
  }

  override inlineTokens(text: string, tokens: Token[] = []): Token[] {
    this.#left -= text.length;
    if (text.length <= LONGEST_INLINE && this.#left >= 0) return super.inlineTokens(text, tokens);
    tokens.push(plain(text));
    return tokens;
  }
}
