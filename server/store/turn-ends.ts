import { AppError } from '../errors/app-error.ts';
import { useDatabase } from './failures.ts';
import { EMPTY_ANSWER, type EndedTurn } from './interface/conversations.ts';
import type { Turns } from './turns.ts';

/** After so many tries it is the answer that the database refuses, if it takes the end without it. */
const TRIES_WITH_ANSWER = 5;

/** The same end without what the upstream sent: the conversation is free, and its answer is incomplete. */
const withoutAnswer = ({ conversationId, answerId, response }: EndedTurn): EndedTurn => ({
  conversationId,
  answerId,
  status: 'incomplete',
  prompt: EMPTY_ANSWER,
  text: '',
  reasoning: null,
  finishReason: null,
  usage: null,
  response: response && { ...response, output: '[]' },
});

/** Ends turns that the database did not end at once: without its end a conversation stays busy as long as the process lives. */
export class TurnEnds {
  readonly #turns: Turns;
  readonly #onError: (error: unknown) => void;
  readonly #tries = new WeakMap<EndedTurn, number>();

  constructor(turns: Turns, onError: (error: unknown) => void) {
    this.#turns = turns;
    this.#onError = onError;
  }

  /** Throws `service_unavailable` while the database fails: then it is to be tried again. */
  async write(turn: EndedTurn): Promise<void> {
    try {
      await useDatabase(() => this.#turns.end(turn));
    } catch (error) {
      const tries = (this.#tries.get(turn) ?? 0) + 1;
      this.#tries.set(turn, tries);
      const mayRecover = error instanceof AppError && error.code === 'service_unavailable';
      if (mayRecover && tries < TRIES_WITH_ANSWER) throw error;
      await useDatabase(() => this.#turns.end(withoutAnswer(turn)));
      this.#onError(new Error('an answer was refused by the database and is lost', { cause: error }));
    }
  }
}
