import type { AppError } from '../../errors/app-error.ts';
import type { Backend } from '../models/catalog.ts';

/** How long a prompt may be, in tokens. */
export interface Limit {
  /** With its answer, as the backend counts; null: it did not say. */
  readonly window: number | null;
  /** The length of the prompt alone, by our estimate. */
  readonly prompt: number;
}

const UNLIMITED: Limit = { window: null, prompt: Number.POSITIVE_INFINITY };

/** The limits that backends reported when a prompt was too long. After a restart they are learned again. */
const limits = new WeakMap<Backend, Limit>();

export const learnedLimit = (backend: Backend | undefined): Limit => (backend && limits.get(backend)) ?? UNLIMITED;

export function learnLimit(backend: Backend, { window, prompt }: Limit): void {
  const known = learnedLimit(backend);
  limits.set(backend, { window: window ?? known.window, prompt: Math.min(known.prompt, prompt) });
}

/** The room for a prompt, without its answer and without the error of the estimate. */
const PROMPT_SHARE = 0.7;
/** Where the upstream does not say how much too much it was; and the least that a prompt has beside its answer. */
const HALF = 0.5;

interface Shortened {
  /** The limit for the turn that was refused. */
  readonly now: number;
  /** The limit for all later turns. Neither a long answer nor an odd text of one turn makes it smaller. */
  readonly later: Limit;
}

/** How long a prompt may be after one was refused, of which `estimate` is our estimate. */
export function limitAfter({ overflow }: AppError, estimate: number): Shortened {
  if (!overflow || overflow.prompt <= 0) {
    return { now: estimate * HALF, later: { window: null, prompt: estimate * HALF } };
  }
  const { prompt, answer, window } = overflow;
  const room = Math.max(window - (answer ?? 0), window * HALF) * PROMPT_SHARE;
  // The estimate counts in other tokens than the model.
  const scale = estimate / prompt;
  return { now: room * scale, later: { window, prompt: window * PROMPT_SHARE * Math.min(1, Math.max(HALF, scale)) } };
}
