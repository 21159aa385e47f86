import { isVietnamese, type Piece, splitExactly, splitWords } from './split-words.ts';

/** What comes after this in a message is not indexed. In UTF-16 units: half a thousand pages. */
const MAX_TEXT = 1_000_000;

const joined = (pieces: Iterable<Piece>): string => {
  let text = '';
  for (const { folded } of pieces) text += ` ${folded}`;
  return text;
};

/**
 * The words of a text as they are indexed, each between spaces: ` where is the cafe `. A Vietnamese text follows once more
 * with its accents.
 */
export function foldText(text: string): string {
  const composed = text.slice(0, MAX_TEXT).normalize('NFC');
  const plain = joined(splitWords(composed));
  if (plain === '') return '';
  return `${isVietnamese(composed) ? plain + joined(splitExactly(composed)) : plain} `;
}

/** What a query looks for in one message: words that follow each other, all of them whole but perhaps the last. */
export interface Needle {
  readonly terms: readonly string[];
  /** The last of the terms is the beginning of a word. */
  readonly isPrefix: boolean;
  /** It is looked for with its accents. */
  readonly isExact: boolean;
  /** As it stands in a folded text. */
  readonly text: string;
}

/**
 * What a query looks for: all of it must be in a message, in any order. A word may consist of several terms: `foo-bar`, or
 * a run of Chinese. The last word may still be being typed; a letter of a script without spaces is whole.
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
