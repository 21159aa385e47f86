import type { AppError } from '../../errors/app-error.ts';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import type { Backend } from '../models/catalog.ts';

/** How long a prompt may be, in tokens. */
export interface Limit {
  /** With its answer, as the backend counts; null: it did not say. */
  readonly window: number | null;
  /** The length of the prompt alone, by our estimate. */
  readonly prompt: number;
}

const UNLIMITED: Limit = { window: null, prompt: Number.POSITIVE_INFINITY };

/**
 * How long a limit is believed, in ms. A server may come back with a larger window, which shows when a longer prompt is
 * sent. If it has not, that costs one refused request.
 */
export const BELIEVED_MS = 10 * 60_000;

interface Learned {
  readonly limit: Limit;
  /** By `monotonicNow()`. */
  readonly until: number;
}

/** The limits that backends reported when a prompt was too long. */
const limits = new WeakMap<Backend, Learned>();

export function learnedLimit(backend: Backend | undefined, now = monotonicNow()): Limit {
  const known = backend && limits.get(backend);
  return known && now < known.until ? known.limit : UNLIMITED;
}

export function learnLimit(backend: Backend, { window, prompt }: Limit, now = monotonicNow()): void {
  const known = learnedLimit(backend, now);
  const limit = { window: window ?? known.window, prompt: Math.min(known.prompt, prompt) };
  limits.set(backend, { limit, until: now + BELIEVED_MS });
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
  if (!overflow || overflow.prompt === 0) {
    return { now: estimate * HALF, later: { window: null, prompt: estimate * HALF } };
  }
  const { prompt, answer, window } = overflow;
  // Only the window is known: our estimate must do.
  if (prompt === null) {
    const most = Math.min(window * PROMPT_SHARE, estimate * PROMPT_SHARE);
    return { now: most, later: { window, prompt: Math.max(most, window * PROMPT_SHARE * HALF * HALF) } };
  }
  const room = Math.max(window - (answer ?? 0), window * HALF) * PROMPT_SHARE;
  // The estimate counts in other tokens than the model.
  const scale = estimate / prompt;
  return { now: room * scale, later: { window, prompt: window * PROMPT_SHARE * Math.min(1, Math.max(HALF, scale)) } };
}
