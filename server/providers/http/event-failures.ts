import { isRecord } from '../../canonical/json.ts';
import type { AppError } from '../../errors/app-error.ts';
import { isMarkedError } from './to-error-envelope.ts';

/** Finds the error among the events of one stream. */
export class EventFailures {
  readonly #find: (event: unknown) => AppError | null;
  /** The error that the last notice is, if the answer does not come. */
  #noticed: AppError | null = null;

  /** `find` reads the error in an event, or null. */
  constructor(find: (event: unknown) => AppError | null) {
    this.#find = find;
  }

  /**
   * Throws the error that an event is. True: the event has words alone, which may be a notice ("queued") or an error. It
   * counts as an error when the answer ends incomplete.
   */
  isNotice(event: unknown): boolean {
    const failure = this.#find(event);
    if (!failure) return false;
    if (!isRecord(event) || isMarkedError(event)) throw failure;
    this.#noticed = failure;
    return true;
  }

  /** Runs the end of the answer. Where the answer is incomplete, the last notice says why. */
  atEnd<Result>(end: () => Result): Result {
    try {
      return end();
    } catch (error) {
      throw this.#noticed ?? error;
    }
  }
}
