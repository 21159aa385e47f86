import { AppError } from '../../errors/app-error.ts';
import type { AnswerState } from './answer-state.ts';

/** A text that comes in pieces and is then said again as a whole. */
export class Said {
  readonly #state: AnswerState;
  #text = '';

  constructor(state: AnswerState) {
    this.#state = state;
  }

  get text(): string {
    return this.#text;
  }

  add(piece: string): void {
    this.#state.keep(piece.length);
    this.#text += piece;
  }

  /** What the whole text has beyond the pieces. Throws `upstream_broken` when it is another text: a piece was lost. */
  restOf(whole: string | null | undefined): string {
    if (whole == null || this.#text.startsWith(whole)) return '';
    if (whole.startsWith(this.#text)) return whole.slice(this.#text.length);
    // Some servers take the white space off at the end.
    if (this.#text.trim().startsWith(whole.trim())) return '';
    throw new AppError('upstream_broken', 'The upstream sent pieces of an answer that do not make the whole.');
  }
}
