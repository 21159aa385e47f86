import type { AppError } from '../../errors/app-error.ts';
import type { Backend } from '../models/catalog.ts';

/**
 * How many tokens, by our estimate, a prompt may have for a backend that refused a longer one. After a restart it is learned
 * anew.
 */
const limits = new WeakMap<Backend, number>();

export const learnedLimit = (backend: Backend | undefined): number =>
  (backend && limits.get(backend)) ?? Number.POSITIVE_INFINITY;

export const learnLimit = (backend: Backend, limit: number): void => {
  limits.set(backend, Math.min(learnedLimit(backend), limit));
};

/** What is left to a prompt beside its answer, and beside what the estimate is wrong by. */
const PROMPT_SHARE = 0.7;
/** Where the upstream does not say how much too much it was. */
const UNTOLD_SHARE = 0.5;

/** What a prompt may have after one was refused; `estimate` is that of the refused one. In tokens, by our estimate. */
export function limitAfter({ overflow }: AppError, estimate: number): number {
  if (!overflow || overflow.prompt <= 0) return estimate * UNTOLD_SHARE;
  const { prompt, answer, window } = overflow;
  const room = Math.max(window - (answer ?? 0), window * UNTOLD_SHARE);
  // The estimate counts in other tokens than the model.
  return room * PROMPT_SHARE * (estimate / prompt);
}
