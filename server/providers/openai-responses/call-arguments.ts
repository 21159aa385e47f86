import { ArgumentText } from '../../canonical/argument-text.ts';
import { writeArguments } from '../../canonical/write-arguments.ts';
import type { AnswerState } from './answer-state.ts';
import { Said } from './said.ts';
import type { OutputItem } from './wire.ts';

/** The arguments of one call, or the input of a custom tool: as the upstream sent them and as clients receive them. */
export class CallArguments {
  readonly #came: Said;
  readonly #text = new ArgumentText();
  /** The arguments with which the item began. They are used when nothing else comes. */
  #initial = '';
  #told = '';

  constructor(state: AnswerState) {
    this.#came = new Said(state);
  }

  /** The arguments that clients have received. */
  get told(): string {
    return this.#told;
  }

  begin(initial: OutputItem['arguments']): void {
    this.#initial = writeArguments(initial) ?? '';
  }

  /** Adds a piece. Returns what clients can be told now. */
  add(piece: string): string {
    this.#came.add(piece);
    return this.#tell(this.#text.add(piece));
  }

  /** Adds what the pieces left out of the whole, which ends the text. */
  end(whole: OutputItem['arguments']): string {
    const added = this.add(this.#came.restOf(writeArguments(whole)));
    return whole == null ? added : added + this.#tell(this.#text.end());
  }

  /** Adds what the pieces left out at the end of the item. The item may have come without pieces. */
  close(whole: OutputItem['arguments']): string {
    const rest = this.#came.restOf(writeArguments(whole));
    const added = this.add(this.#came.text + rest === '' ? this.#initial : rest);
    return added + this.#tell(this.#text.end());
  }

  /** The input of a custom tool, which is a text of any kind. */
  inputOf(whole: string | null | undefined): string {
    return this.#came.text + this.#came.restOf(whole);
  }

  #tell(text: string): string {
    this.#told += text;
    return text;
  }
}
