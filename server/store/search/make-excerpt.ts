import type { Needle } from './fold-text.ts';
import { type Piece, splitExactly, splitWords } from './split-words.ts';

/** How much text stands before the first match, and in all, in UTF-16 units. */
const BEFORE = 60;
const LENGTH = 240;

/** How much of the text is searched for matches. If the match comes later, the excerpt shows the beginning. */
const SEARCHED = 200_000;

interface Match {
  readonly start: number;
  readonly end: number;
  readonly needle: Needle;
}

const startsAt = (pieces: readonly Piece[], at: number, { terms, isPrefix }: Needle): boolean =>
  terms.every((term, i) => {
    const folded = pieces[at + i]?.folded;
    return isPrefix && i === terms.length - 1 ? folded?.startsWith(term) : folded === term;
  });

function matchesOf(pieces: readonly Piece[], needles: readonly Needle[]): Match[] {
  return needles.flatMap((needle) =>
    pieces.flatMap((piece, at): Match[] => {
      if (!startsAt(pieces, at, needle)) return [];
      return [{ start: piece.start, end: pieces[at + needle.terms.length - 1]?.end ?? piece.end, needle }];
    }),
  );
}

/** The match near which most of the needles are found; of several, the first. */
function bestOf(matches: readonly Match[]): Match | undefined {
  let best: Match | undefined;
  let most = 0;
  for (const [i, match] of matches.entries()) {
    const near = new Set<Needle>();
    for (let j = i; j < matches.length; j++) {
      const other = matches[j];
      if (!other || other.end > match.start + LENGTH - BEFORE) break;
      near.add(other.needle);
    }
    if (near.size > most) [best, most] = [match, near.size];
  }
  return best;
}

/** A good place to cut: after the first space that follows `from`, when one is near. */
function cutAfter(text: string, from: number): number {
  if (from <= 0) return 0;
  const space = text.indexOf(' ', from);
  if (space >= 0 && space < from + 20) return space + 1;
  // The cut must not separate the two halves of a character.
  return /[\udc00-\udfff]/.test(text.charAt(from)) ? from + 1 : from;
}

/** The text around the best match, with the matches in brackets: `My [favourite] colour is [teal].` */
export function makeExcerpt(original: string, needles: readonly Needle[]): string {
  const text = original.slice(0, SEARCHED).normalize('NFC');
  const plain = needles.filter(({ isExact }) => !isExact);
  const exact = needles.filter(({ isExact }) => isExact);
  const matches = [
    ...(plain.length > 0 ? matchesOf([...splitWords(text)], plain) : []),
    ...(exact.length > 0 ? matchesOf([...splitExactly(text)], exact) : []),
  ].sort((a, b) => a.start - b.start || b.end - a.end);
  const first = bestOf(matches)?.start ?? 0;
  const start = first <= BEFORE ? 0 : Math.min(cutAfter(text, first - BEFORE), first);
  const end = text.length - start <= LENGTH ? text.length : cutAfter(text, start + LENGTH);

  let shown = start > 0 ? '…' : '';
  let at = start;
  for (const match of matches) {
    if (match.start < at || match.end > end) continue;
    shown += `${text.slice(at, match.start)}[${text.slice(match.start, match.end)}]`;
    at = match.end;
  }
  return `${shown}${text.slice(at, end).trimEnd()}${end < text.length ? '…' : ''}`;
}
