/**
 * How a text is cut for the search. Scripts with spaces are cut into words. Scripts without spaces (Chinese, Thai, …), and
 * Korean, whose particles are written onto the word, are cut into letters, each with its vowel and tone signs: a query then
 * finds any run of them. Each emoji stands alone, without its skin colour; what is joined to a family is its members.
 */
const SPACELESS = [
  ...['Han', 'Hiragana', 'Katakana', 'Bopomofo', 'Hangul', 'Yi', 'Tangut', 'Nushu'],
  ...['Thai', 'Lao', 'Khmer', 'Myanmar', 'Tai_Le', 'New_Tai_Lue', 'Tai_Tham', 'Tai_Viet', 'Javanese', 'Balinese'],
];

const spaceless = `(?=[\\p{L}\\p{N}])[${SPACELESS.map((script) => `\\p{scx=${script}}`).join('')}]`;
/** Letters and digits; private characters, since fonts give them any meaning. */
const letter = `(?!${spaceless})[\\p{L}\\p{N}\\p{Co}]`;
/** Signs on a letter, and invisible joiners; a zero-width space parts words. */
const inner = `(?!\\u200b)[\\p{M}\\p{Cf}]`;
/** Frames and bars of tables that are drawn in text say nothing. */
const symbol = '(?![\\u2500-\\u259f\\u2800-\\u28ff\\ufffc\\ufffd])[\\p{So}\\p{Extended_Pictographic}]';

const PIECES = new RegExp(
  [
    // The usual case, which costs a tenth of the general one.
    '([A-Za-z0-9]+)(?![A-Za-z0-9\\u0080-\\u{10ffff}])',
    `(${letter}(?:${letter}|${inner})*)`,
    // Narrow katakana writes its sound marks as letters of their own.
    `[\\uff66-\\uff9d][\\uff9e\\uff9f]`,
    `${spaceless}(?:${inner})*`,
    // Flags are pairs; keys such as # in a square are a sign on it.
    `\\p{RI}\\p{RI}?|[#*]\\ufe0f?\\u20e3|${symbol}`,
  ].join('|'),
  'gu',
);

/** A longer one is cut, in the text as in the query: hashes, encoded data. */
const MAX_WORD = 100;

/** Characters that have one form only. */
const SETTLED = /^[\u4e00-\u9fff\uac00-\ud7a3\u3041-\u3096\u30a1-\u30fa\u0e01-\u0e32\u0e40-\u0e46]$/;

/** Letters that Unicode does not take apart, with the form in which people without that key type them. */
const PLAIN: Readonly<Record<string, string>> = {
  ...{ ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ð: 'd', þ: 'th', ł: 'l', ħ: 'h', ı: 'i', ŋ: 'n', ς: 'σ' },
};
const PLAIN_LETTERS = new RegExp(`[${Object.keys(PLAIN).join('')}]`, 'g');

/**
 * Accents of Latin, Greek and Cyrillic, and the vowel points of Hebrew and Arabic, which are mostly not written. The marks
 * of й, ў and ї stay: those are letters of their own.
 */
const ACCENTS =
  /(?!(?<=[иу])\u0306|(?<=і)\u0308)[\u0300-\u036f]|[\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]/g;

/** Invisible characters, the form of an emoji, and what is drawn around a character. */
const INVISIBLE = /\p{Cf}|[\ufe00-\ufe0f]|[\u{e0100}-\u{e01ef}]|[\u20d0-\u20f0]|\s/gu;

/** One form for all spellings of a character: full width, ligatures, composed or not, upper case. */
const plainForm = (piece: string): string => piece.normalize('NFKD').replace(INVISIBLE, '').toLowerCase();

const withoutAccents = (piece: string): string =>
  plainForm(piece)
    .replace(ACCENTS, '')
    .replace(PLAIN_LETTERS, (letter_) => PLAIN[letter_] ?? letter_)
    .normalize('NFC');

const cut = (word: string): string => (word.length > MAX_WORD ? word.slice(0, MAX_WORD) : word);

export interface Piece {
  /** As it is indexed. */
  readonly folded: string;
  /** False of what is a part of a word, or an emoji: none begins with it. */
  readonly isWord: boolean;
  /** Where it stands in the text. */
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

/** Without accents, which many do not type. */
export const splitWords = (text: string): Iterable<Piece> => piecesOf(text, withoutAccents);

/** With them. */
export const splitExactly = (text: string): Iterable<Piece> =>
  piecesOf(text, (piece) => plainForm(piece).normalize('NFC'));

/** Letters that only Vietnamese has: there another accent is another word. Who types them means them. */
const VIETNAMESE = /[đơưĐƠƯ\u1ea0-\u1ef9]/;

export const isVietnamese = (text: string): boolean => VIETNAMESE.test(text);
