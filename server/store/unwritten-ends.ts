import type { EndedTurn } from './interface/conversations.ts';

const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 10_000;

/**
 * Ends of turns that the database did not take, tried again, ever less often, until they are written: without its end a
 * conversation would stay busy for as long as the process lives. There is at most one for each conversation.
 */
export class UnwrittenEnds {
  readonly #write: (turn: EndedTurn) => Promise<void>;
  readonly #onError: (error: unknown) => void;
  readonly #turns = new Map<string, EndedTurn>();
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(write: (turn: EndedTurn) => Promise<void>, onError: (error: unknown) => void) {
    this.#write = write;
    this.#onError = onError;
  }

  add(turn: EndedTurn): void {
    this.#turns.set(turn.answerId, turn);
    this.#schedule();
  }

  /** Tries once more, and says how many are lost. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#writeAll().catch((cause: unknown) => {
      this.#onError(new Error(`${this.#turns.size} answers were lost: the database failed`, { cause }));
    });
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    const delay = Math.min(FIRST_RETRY_MS * 2 ** this.#failures, MAX_RETRY_MS);
    this.#timer ??= setTimeout(() => void this.#retry(), delay).unref();
  }

  async #retry(): Promise<void> {
    try {
      await this.#writeAll();
      this.#failures = 0;
    } catch {
      // Whoever ended the turn was told.
      this.#failures++;
    }
    this.#timer = undefined;
    if (this.#turns.size > 0) this.#schedule();
  }

  async #writeAll(): Promise<void> {
    for (const turn of [...this.#turns.values()]) {
      await this.#write(turn);
      this.#turns.delete(turn.answerId);
    }
  }
}
