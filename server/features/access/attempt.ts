import type { AppError } from '../../errors/app-error.ts';
import type { AttemptRow } from '../../store/interface/usage.ts';

/** One time that a request was sent to a backend. */
export interface Attempt extends AttemptRow {
  /** Null when it answered. */
  readonly failure: AppError | null;
}
