import type { NewMessage } from '../../store/interface/turns.ts';

const MAX_CHARACTERS = 80;

/** In UTF-16 units: what a client may set as a title. One character can be long, such as a letter with many accents. */
const MAX_LENGTH = 500;

/** How much of a text is looked at. */
const MAX_READ = 1_000;

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** A fence of code such as "```ts", a rule such as "---", or a line that underlines a heading. */
const BARE_MARKUP = /^(?:`{3}|~{3}|[-*_=#>\s]+$)/;

/** What begins a heading, a quotation or an item of a list: "## ", "> ", "- ". */
const LINE_START = /^(?:#{1,6}\s+|>\s*|[-*+]\s+)+/;

function withoutMarkup(line: string): string {
  return line
    .replace(LINE_START, '')
    .replace(/!?\[([^[\]]*)\]\([^()\s]*\)/g, '$1')
    .replace(/(\*\*|~~|`)(?=\S)([^*~`]*[^*~`\s])\1/g, '$2')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
}

/** Cuts between words, and where there are no spaces between characters: never inside of one. */
function shorten(line: string): string {
  if (line.length <= MAX_CHARACTERS) return line;
  let end = 0;
  let count = 0;
  let lastSpace = 0;
  for (const { segment, index } of graphemes.segment(line)) {
    const isSpace = segment === ' ';
    if (isSpace) lastSpace = index;
    if (count === MAX_CHARACTERS || index + segment.length > MAX_LENGTH) {
      // A long word at the end is cut rather than most of the title.
      return line.slice(0, lastSpace * 2 > end ? lastSpace : end).trimEnd();
    }
    count++;
    end = index + segment.length;
  }
  return line;
}

/** The first characters of a text, without the last one: the cut may have gone through it. */
function beginningOf(text: string): string {
  const start = text.trimStart();
  if (start.length <= MAX_READ) return start;
  const read = start.slice(0, MAX_READ);
  return read.slice(0, graphemes.segment(read).containing(MAX_READ - 1)?.index);
}

/** The first line that the user says, for a title; null where it says nothing in words. */
export const titleOf = (messages: readonly NewMessage[]): string | null =>
  titleIn(messages.find(({ role }) => role === 'user')?.text ?? '');

/** The first line of a text that has words, without Markdown and not too long for a title. */
export function titleIn(text: string): string | null {
  for (const line of beginningOf(text).split(/[\r\n]+/)) {
    const title = BARE_MARKUP.test(line.trim()) ? '' : shorten(withoutMarkup(line.trim()));
    if (title !== '') return title;
  }
  return null;
}
