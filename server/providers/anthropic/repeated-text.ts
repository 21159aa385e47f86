/**
 * A text that was said before its block began, and that the pieces of the block may say again. The text counts once,
 * whether the pieces repeat it or go on after it.
 */
export class RepeatedText {
  #early: string;
  #pieces = '';

  constructor(early: string) {
    this.#early = early;
  }

  /** What a piece adds. */
  add(piece: string): string {
    if (this.#early === '') return piece;
    this.#pieces += piece;
    if (this.#pieces.length < this.#early.length && this.#early.startsWith(this.#pieces)) return '';
    const said = this.#pieces.startsWith(this.#early) ? this.#pieces : this.#early + this.#pieces;
    this.#early = '';
    return said;
  }

  /** The part of the text that the pieces did not have. */
  end(): string {
    const said = this.#early;
    this.#early = '';
    return said;
  }
}
