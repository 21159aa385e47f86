/**
 * How a text is split for the search. Scripts with spaces are split into words. Scripts without spaces (Chinese, Thai,
 * …), and Korean, whose particles are written onto the word, are split into letters, each with its vowel and tone
 * signs, so that a query finds any run of them. Each emoji is a term of its own, without its skin colour; a family
 * emoji is split into its members.
 */
const SPACELESS = [
  ...['Han', 'Hiragana', 'Katakana', 'Bopomofo', 'Hangul', 'Yi', 'Tangut', 'Nushu'],
  ...['Thai', 'Lao', 'Khmer', 'Myanmar', 'Tai_Le', 'New_Tai_Lue', 'Tai_Tham', 'Tai_Viet', 'Javanese', 'Balinese'],
];

const spaceless = `(?=[\\p{L}\\p{N}])[${SPACELESS.map((script) => `\\p{scx=${script}}`).join('')}]`;
/** Letters and digits. Private-use characters count as letters, since fonts can give them any meaning. */
const letter = `(?!${spaceless})[\\p{L}\\p{N}\\p{Co}]`;
/** Signs on a letter, and invisible joiners. A zero-width space separates words. */
const inner = `(?!\\u200b)[\\p{M}\\p{Cf}]`;
/** Symbols, without the lines with which tables are drawn in text. */
const symbol = '(?![\\u2500-\\u259f\\u2800-\\u28ff\\ufffc\\ufffd])[\\p{So}\\p{Extended_Pictographic}]';

const PIECES = new RegExp(
  [
    // The usual case, which costs a tenth of the general one.
    '([A-Za-z0-9]+)(?![A-Za-z0-9\\u0080-\\u{10ffff}])',
    `(${letter}(?:${letter}|${inner})*)`,
    // Half-width katakana writes its sound marks as letters of their own.
    `[\\uff66-\\uff9d][\\uff9e\\uff9f]`,
    `${spaceless}(?:${inner})*`,
    // Flags are pairs of letters. Keycaps, such as # in a square, are a sign on the character.
    `\\p{RI}\\p{RI}?|[#*]\\ufe0f?\\u20e3|${symbol}`,
  ].join('|'),
  'gu',
);

/** The longest term, in characters. Longer ones (hashes, encoded data) are cut, in texts and in queries. */
const MAX_WORD = 100;

/** Characters that have only one form. */
const SETTLED = /^[\u4e00-\u9fff\uac00-\ud7a3\u3041-\u3096\u30a1-\u30fa\u0e01-\u0e32\u0e40-\u0e46]$/;

/** Letters that Unicode does not decompose, with the form that people type without that key. */
const PLAIN: Readonly<Record<string, string>> = {
  ...{ ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ð: 'd', þ: 'th', ł: 'l', ħ: 'h', ı: 'i', ŋ: 'n', ς: 'σ' },
};
const PLAIN_LETTERS = new RegExp(`[${Object.keys(PLAIN).join('')}]`, 'g');

/**
 * The accents of Latin, Greek and Cyrillic, and the vowel points of Hebrew and Arabic, which are mostly not written.
 * The marks of й, ў and ї are kept, because those are letters of their own.
 */
const ACCENTS =
  /(?!(?<=[иу])\u0306|(?<=і)\u0308)[\u0300-\u036f]|[\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]/g;

/** Invisible characters, the presentation forms of emoji, and enclosing marks. */
const INVISIBLE = /\p{Cf}|[\ufe00-\ufe0f]|[\u{e0100}-\u{e01ef}]|[\u20d0-\u20f0]|\s/gu;

/** One form for all spellings of a character: full width, ligatures, composed or decomposed, upper case. */
const plainForm = (piece: string): string => piece.normalize('NFKD').replace(INVISIBLE, '').toLowerCase();

const withoutAccents = (piece: string): string =>
  plainForm(piece)
    .replace(ACCENTS, '')
    .replace(PLAIN_LETTERS, (letter_) => PLAIN[letter_] ?? letter_)
    .normalize('NFC');

const cut = (word: string): string => (word.length > MAX_WORD ? word.slice(0, MAX_WORD) : word);

export interface Piece {
  /** The form in the index. */
  readonly folded: string;
  /** False for a part of a word, and for an emoji: no longer word can begin with it. */
  readonly isWord: boolean;
  /** Where it begins in the text. */
  readonly start: number;
  readonly end: number;
}

/** The words of a text in composed form (NFC). `fold` makes their indexed form. */
function* piecesOf(text: string, fold: (piece: string) => string): Generator<Piece, void, void> {
  for (const match of text.matchAll(PIECES)) {
    const [raw, plain, word] = match;
    const folded = cut(plain ? plain.toLowerCase() : SETTLED.test(raw) ? raw : fold(raw));
    const isWord = plain !== undefined || word !== undefined;
    const { index: start } = match;
    if (folded) yield { folded, isWord, start, end: start + raw.length };
  }
}

/** The words without accents, which many people do not type. */
export const splitWords = (text: string): Iterable<Piece> => piecesOf(text, withoutAccents);

/** The words with their accents. */
export const splitExactly = (text: string): Iterable<Piece> =>
  piecesOf(text, (piece) => plainForm(piece).normalize('NFC'));

/**
 * Letters that only Vietnamese has. There, another accent makes another word, so a query with them is taken literally.
 */
const VIETNAMESE = /[đơưĐƠƯ\u1ea0-\u1ef9]/;

export const isVietnamese = (text: string): boolean => VIETNAMESE.test(text);
