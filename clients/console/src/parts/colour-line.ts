export interface Piece {
  /** The class of its colour: name of a field, string, number, keyword, comment; null: plain. */
  readonly kind: 'k' | 's' | 'n' | 'w' | 'c' | null;
  readonly text: string;
}

const token =
  /(?<k>"(?:[^"\\]|\\.)*"(?=\s*:))|(?<s>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)|(?<c>(?:^|(?<=\s))(?:#|\/\/)(?=\s).*$)|(?<w>\b(?:import|from|const|let|new|await|async|for|of|in|print|return|export|curl|def|with|as|if|not|None|True|False|true|false|null)\b)|(?<n>\b\d+(?:\.\d+)?\b)/g;

const LONGEST = 2_000;

/** The colours of one line of curl, JSON, TypeScript or Python: enough for samples, and nothing to load. */
export function colourLine(line: string): Piece[] {
  if (line.length > LONGEST) return [{ kind: null, text: line }];
  const pieces: Piece[] = [];
  let done = 0;
  for (const match of line.matchAll(token)) {
    const { k, s, c, w, n } = match.groups ?? {};
    const kind = k ? 'k' : s ? 's' : c ? 'c' : w ? 'w' : n ? 'n' : null;
    if (match.index > done) pieces.push({ kind: null, text: line.slice(done, match.index) });
    pieces.push({ kind, text: match[0] });
    done = match.index + match[0].length;
  }
  if (done < line.length) pieces.push({ kind: null, text: line.slice(done) });
  return pieces;
}
