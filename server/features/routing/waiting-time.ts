import type { ErrorCode } from '../../../contracts/errors.ts';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';

/** Clients are not told to wait longer than this for a busy model, in seconds. */
const LONGEST_BUSY = 30;

/** Learns how long a backend takes to load, so that `Retry-After` can say what is left of it. */
export class WaitingTime {
  #loadingSince: number | null = null;
  #usualMs: number | null = null;

  /** The backend said that it loads. */
  loading(): void {
    this.#loadingSince ??= monotonicNow();
  }

  /** The backend answered. */
  loaded(): void {
    if (this.#loadingSince === null) return;
    this.#usualMs = monotonicNow() - this.#loadingSince;
    this.#loadingSince = null;
  }

  /**
   * After how many seconds it makes sense to ask again; undefined: nothing is known. `latencyMs` is how long its answers
   * take to begin, which is about the time until a busy backend has room.
   */
  secondsFor(code: ErrorCode, latencyMs: number | null): number | undefined {
    if (code === 'model_busy') {
      return latencyMs === null ? undefined : Math.min(Math.max(1, Math.ceil(latencyMs / 1000)), LONGEST_BUSY);
    }
    if (code !== 'model_loading' || this.#usualMs === null || this.#loadingSince === null) return undefined;
    const left = this.#usualMs - (monotonicNow() - this.#loadingSince);
    return Math.max(1, Math.ceil(left / 1000));
  }
}
