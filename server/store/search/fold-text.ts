import { isVietnamese, type Piece, splitExactly, splitWords } from './split-words.ts';

/** What comes after this in a message is not indexed. In UTF-16 units: half a thousand pages. */
export const MAX_TEXT = 1_000_000;

const joined = (pieces: Iterable<Piece>): string => {
  let text = '';
  for (const { folded } of pieces) text += ` ${folded}`;
  return text;
};

/**
 * The words of a text as they are indexed, each between spaces: ` where is the cafe `. The words of a Vietnamese text
 * follow a second time, with their accents.
 */
export function foldText(text: string): string {
  const composed = text.slice(0, MAX_TEXT).normalize('NFC');
  const plain = joined(splitWords(composed));
  if (plain === '') return '';
  return `${isVietnamese(composed) ? plain + joined(splitExactly(composed)) : plain} `;
}

/** One part of a query that a message must contain: words in a row, all of them whole except perhaps the last. */
export interface Needle {
  readonly terms: readonly string[];
  /** True when the last term is only the beginning of a word. */
  readonly isPrefix: boolean;
  /** True when it is searched for with its accents. */
  readonly isExact: boolean;
  /** The words as they stand in a folded text. */
  readonly text: string;
}

/**
 * The parts of a query. A message must contain all of them, in any order. One word may become several terms: `foo-bar`,
 * or a run of Chinese. The last word may be incomplete, because the user is still typing; a letter of a script without
 * spaces is always whole.
 */
export function readQuery(query: string): Needle[] {
  const words = query.normalize('NFC').split(/\s+/);
  const needles = words.flatMap((word): Needle[] => {
    const isExact = isVietnamese(word);
    const pieces = [...(isExact ? splitExactly(word) : splitWords(word))];
    if (pieces.length === 0) return [];
    const terms = pieces.map(({ folded }) => folded);
    return [{ terms, isPrefix: pieces.at(-1)?.isWord === true, isExact, text: ` ${terms.join(' ')}` }];
  });
  const whole = needles.slice(0, -1).map((needle) => ({ ...needle, isPrefix: false, text: `${needle.text} ` }));
  const last = needles.slice(-1).map((needle) => (needle.isPrefix ? needle : { ...needle, text: `${needle.text} ` }));
  return [...new Map([...whole, ...last].map((needle) => [needle.text, needle])).values()];
}
