import { AppError } from '../../errors/app-error.ts';
import type { AnswerState } from './answer-state.ts';

/** A text that comes in pieces and is then repeated as a whole. */
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

  /**
   * The end of the whole text that the pieces did not have. Throws `upstream_broken` when the texts differ, because a
   * piece was lost.
   */
  restOf(whole: string | null | undefined): string {
    if (whole == null || this.#text.startsWith(whole)) return '';
    if (whole.startsWith(this.#text)) return whole.slice(this.#text.length);
    // Some servers remove the white space at the end.
    if (this.#text.trim().startsWith(whole.trim())) return '';
    throw new AppError(
      'upstream_broken',
      'The upstream sent parts of an answer that do not match its complete answer.',
    );
  }
}
