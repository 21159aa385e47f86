import type { ChatCompletion } from '../../../contracts/chat/completion.ts';
import type { Json } from '../../canonical/json.ts';
import { storedAnswer } from '../../canonical/stored-answer.ts';
import { toAppError } from '../../errors/to-wire.ts';
import type { ConversationStore } from '../../store/interface/conversations.ts';
import type { RunLogEnd } from '../../store/interface/runs.ts';
import type { BegunTurn, EndedTurn } from '../../store/interface/turns.ts';
import type { Caller } from '../access/caller.ts';
import type { Meter } from '../metering/meter.ts';
import { isCancelled } from '../runs/is-cancelled.ts';
import type { RunOutcome } from '../runs/run.ts';
import type { LoggedAnswer } from './logged-answer.ts';

function statusOf(hasAnswer: boolean, failure: unknown, caller: Caller): EndedTurn['status'] {
  if (failure === undefined) return 'completed';
  if (isCancelled(caller.signal, failure)) return 'cancelled';
  return hasAnswer ? 'incomplete' : 'failed';
}

/** A turn on disk whose answer is still to come. Its conversation is busy until `end` or `drop`. */
export class StoredTurn {
  readonly #conversations: ConversationStore;
  readonly #begun: Pick<BegunTurn, 'conversationId' | 'answerId' | 'isNew' | 'isLong' | 'run'>;
  readonly #caller: Caller;
  #isDropped = false;
  #isEnded = false;
  #meter: Meter | null = null;
  /** Called when there is an answer, whole or in part. */
  onAnswered: () => void = () => {};
  /** Called when a whole answer is on disk. */
  onCompleted: (completion: ChatCompletion) => void = () => {};

  constructor(conversations: ConversationStore, begun: BegunTurn, caller: Caller) {
    this.#conversations = conversations;
    this.#begun = begun;
    this.#caller = caller;
  }

  /** Its conversation and the run that answers it. */
  get begun(): Pick<BegunTurn, 'conversationId' | 'run'> {
    return this.#begun;
  }

  /** The request was admitted: its client gets the id of the conversation. */
  admitted(meter: Meter): void {
    this.#meter = meter;
    this.announce();
  }

  /** The request was refused, or no client knows its conversation: nothing of the turn is kept. */
  async drop(): Promise<void> {
    this.#isDropped = true;
    this.#isEnded = true;
    this.#caller.setHeader('x-conversation-id', null);
    this.#caller.setHeader('x-run-id', null);
    await this.#conversations.dropTurn(this.#begun);
  }

  /**
   * Stores the answer, or what came of it before `failure`. Does nothing for a turn that has ended. A conversation that
   * begins with a failure is not kept, unless its client knows its id: each try would leave another one behind.
   */
  async end(completion: ChatCompletion | null, failure?: unknown, log?: RunLogEnd): Promise<void> {
    if (this.#isEnded) return;
    this.#isEnded = true;
    if (completion) this.onAnswered();
    else if (this.#begun.isNew && !this.#caller.headersSent?.()) return this.drop();
    const { conversationId, answerId } = this.#begun;
    const status = statusOf(completion !== null, failure, this.#caller);
    const usage = this.#meter?.shown ?? null;
    try {
      const answer = storedAnswer(completion);
      await this.#conversations.endTurn({ conversationId, answerId, status, usage, ...answer, log });
    } catch (error) {
      throw toAppError(error).inConversation(conversationId);
    }
    if (completion && status === 'completed') this.onCompleted(completion);
  }

  /** A failure as the client sees it: with the conversation, unless nothing of the turn is kept there. */
  explain(failure: unknown): unknown {
    if (this.#isDropped) return failure;
    this.announce();
    return toAppError(failure).inConversation(this.#begun.conversationId);
  }

  /** How the answer ended, for its run. */
  outcome<Event extends object>(
    completion: ChatCompletion | null,
    failure: unknown,
    last: readonly Json<Event>[] = [],
  ): RunOutcome<Event> {
    return {
      status: statusOf(completion !== null, failure, this.#caller),
      failure,
      last,
      store: (log) => this.end(completion, failure, log),
      explain: (told) => this.explain(told),
    };
  }

  /** The same for an answer whose chunks are in the log of the run. */
  loggedOutcome<Event extends object>(answer: LoggedAnswer, failure: unknown): RunOutcome<Event> {
    const hasAnswer = answer.isStarted || failure === undefined;
    return {
      status: statusOf(hasAnswer, failure, this.#caller),
      failure,
      isLong: answer.isLong,
      store: async (log) => this.end(hasAnswer ? await answer.read() : null, failure, log),
      explain: (told) => this.explain(told),
    };
  }

  /** Tells the client where the turn is kept. */
  announce(): void {
    const { conversationId, run } = this.#begun;
    this.#caller.setHeader('x-conversation-id', conversationId);
    this.#caller.setHeader('x-run-id', run.id);
  }
}
