import type { AppError } from '../../errors/app-error.ts';
import type { AttemptRow } from '../../store/interface/usage.ts';

/** One time that a request was sent to a backend. */
export interface Attempt extends AttemptRow {
  /** Null when it answered. */
  readonly failure: AppError | null;
}

/** The longest list of attempts that is kept: a stream that waits for a model to load asks again and again. */
const MOST_ATTEMPTS = 20;

/** The facts about a request, collected while it is served, for logs, metrics and its usage row. */
export class RequestRecord {
  readonly #attempts: Attempt[] = [];
  /** Whether a meter counts it, and reports its end. */
  isMetered = false;

  /** In the order in which they were made; only the first 20 are kept. */
  get attempts(): readonly Attempt[] {
    return this.#attempts;
  }

  add(attempt: Attempt): void {
    if (this.#attempts.length < MOST_ATTEMPTS) this.#attempts.push(attempt);
  }
}
