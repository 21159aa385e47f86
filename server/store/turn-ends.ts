import { EMPTY_ANSWER } from '../canonical/stored-answer.ts';
import type { Background } from './background/background.ts';
import { useDatabase } from './failures.ts';
import type { BegunTurn, EndedTurn } from './interface/turns.ts';
import { createRetryWriter, type RetryWriter } from './retry-writer.ts';
import { isRefusal } from './sqlite/errors.ts';
import type { Turns } from './turns.ts';

export type DroppedTurn = Pick<BegunTurn, 'conversationId' | 'answerId' | 'isNew' | 'isLong'>;

/** The end of a turn without the answer that the upstream sent. */
const withoutAnswer = ({ conversationId, answerId, response, log }: EndedTurn): EndedTurn => ({
  conversationId,
  answerId,
  status: 'incomplete',
  prompt: EMPTY_ANSWER,
  text: '',
  reasoning: null,
  finishReason: null,
  usage: null,
  response: response && { ...response, output: '[]' },
  log: log && { ...log, segments: [], last: (log.segments[0]?.first ?? log.last + 1) - 1 },
});

/**
 * Ends turns, even when the database fails: without an end, a conversation stays busy as long as the process lives.
 * While the database fails, the end is tried again until it is written. When the database refuses an answer for good,
 * the turn ends without it; when it refuses that too, the conversation is only freed.
 */
export class TurnEnds {
  readonly #turns: Turns;
  readonly #writer: Background;
  readonly #onError: (error: unknown) => void;
  readonly #unwritten: RetryWriter;

  /** `writer` takes back what it wrote: SQLite overwrites what is deleted, which takes as long. */
  constructor(turns: Turns, writer: Background, onError: (error: unknown) => void) {
    this.#turns = turns;
    this.#writer = writer;
    this.#onError = onError;
    this.#unwritten = createRetryWriter({ one: 'an answer', many: 'answers', onError });
  }

  /** Writes the ends that are not written yet, or reports what is lost. */
  close(): Promise<void> {
    return this.#unwritten.close();
  }

  /** Resolves when the answer is on disk; throws when it could not be written yet. */
  async end(turn: EndedTurn): Promise<void> {
    try {
      await useDatabase(() => this.#turns.end(turn));
    } catch (error) {
      await this.#retry(error, turn);
      throw error;
    }
  }

  /** Takes a turn back. Never throws, because the client must be told the earlier failure. */
  async drop(turn: DroppedTurn): Promise<void> {
    const { conversationId, answerId, isNew, isLong } = turn;
    const dropped = { conversationId, answerId, isNew };
    const drop = () => this.#orFree(isLong ? this.#writer.call('drop', dropped) : this.#turns.drop(dropped), dropped);
    await drop().catch(() => this.#unwritten.add(drop));
  }

  async #retry(failure: unknown, turn: EndedTurn): Promise<void> {
    if (!isRefusal(failure)) {
      this.#unwritten.add(() => this.#endAgain(turn));
      return;
    }
    const free = () => this.#endWithoutAnswer(turn, failure);
    await free().catch(() => this.#unwritten.add(free));
  }

  async #endAgain(turn: EndedTurn): Promise<void> {
    try {
      await this.#turns.end(turn);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      await this.#endWithoutAnswer(turn, error);
    }
  }

  async #endWithoutAnswer(turn: EndedTurn, cause: unknown): Promise<void> {
    await this.#orFree(this.#turns.end(withoutAnswer(turn)), turn);
    this.#onError(new Error('The database refused an answer, which is lost.', { cause }));
  }

  async #orFree(ended: Promise<void>, turn: Pick<EndedTurn, 'conversationId' | 'answerId'>): Promise<void> {
    await ended.catch((error: unknown) => {
      if (!isRefusal(error)) throw error;
      return this.#turns.free(turn);
    });
  }
}
