import { AppError } from '../../errors/app-error.ts';
import { STRANGER_CALLS, STRANGER_MESSAGES } from './websocket-limits.ts';

/** Counts what one websocket does without a valid key. */
export class StrangerAllowance {
  #messages = 0;
  #calls = 0;

  /** Throws for one message too many: to refuse a message costs more than to send it. */
  countMessage(): void {
    if (++this.#messages <= STRANGER_MESSAGES) return;
    throw new AppError('missing_authorization', `Without a key, a websocket may send ${STRANGER_MESSAGES} messages.`);
  }

  /** Throws for one call too many. */
  countCall(): void {
    if (++this.#calls <= STRANGER_CALLS) return;
    throw new AppError('missing_authorization', `Without a key, a websocket may make ${STRANGER_CALLS} calls.`);
  }
}
