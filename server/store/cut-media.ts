/** What is cut out of a prompt: the data of a picture, sound or file, and where it stood in what is left. */
export interface MediaPiece {
  /** In UTF-16 units of the prompt that is left. */
  readonly at: number;
  readonly data: string;
}

export interface CutPrompt {
  readonly prompt: string;
  /** In the order of their places. */
  readonly pieces: readonly MediaPiece[];
}

/** Shorter data stays in its message: a row of its own would cost more. In characters. */
const LEAST = 32 * 1024;

const MARK = ';base64,';
/** What is left of a data URI whose data was cut out. */
const EMPTIED = `${MARK}"`;

/** Whether anything may have been cut out of a prompt. */
export const mayBeCut = (prompt: string): boolean => prompt.includes(EMPTIED);

/** Takes the data of large data URIs out of the JSON text of a message. Nothing is parsed. */
export function cutMedia(prompt: string): CutPrompt {
  if (prompt.length < LEAST) return { prompt, pieces: [] };
  const pieces: MediaPiece[] = [];
  let left = '';
  let from = 0;
  for (let mark = prompt.indexOf(MARK); mark >= 0; mark = prompt.indexOf(MARK, mark + 1)) {
    const start = mark + MARK.length;
    const end = prompt.indexOf('"', start);
    if (end < 0) break;
    if (end - start < LEAST) continue;
    left += prompt.slice(from, start);
    pieces.push({ at: left.length, data: prompt.slice(start, end) });
    from = end;
    mark = end;
  }
  return { prompt: left + prompt.slice(from), pieces };
}

/** The prompt as it was before it was cut. */
export function joinMedia(prompt: string, pieces: readonly MediaPiece[]): string {
  let whole = '';
  let from = 0;
  for (const { at, data } of pieces) {
    whole += prompt.slice(from, at) + data;
    from = at;
  }
  return whole + prompt.slice(from);
}
