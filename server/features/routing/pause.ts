import type { ErrorCode } from '../../../contracts/errors.ts';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';

/** Why a backend that is well is passed over for a moment. */
export type PauseReason = 'cooling' | 'loading' | 'busy';

interface PauseRule {
  readonly reason: PauseReason;
  /** How long it is passed over where it did not say it, in seconds. */
  readonly seconds: number;
  /** Then it is tried again, whatever it said, in seconds. */
  readonly atMost: number;
}

/** A backend that loads or is busy is asked again soon: its refusal costs a few ms, another backend may cost money. */
const RULES: Partial<Record<ErrorCode, PauseRule>> = {
  model_quota_exhausted: { reason: 'cooling', seconds: 10, atMost: 600 },
  model_loading: { reason: 'loading', seconds: 2, atMost: 10 },
  model_busy: { reason: 'busy', seconds: 1, atMost: 10 },
};

/** The time in which a backend gets no requests as long as another one can answer. */
export class Pause {
  readonly reason: PauseReason;
  readonly #until: number;

  private constructor({ reason, seconds, atMost }: PauseRule, told: number | undefined) {
    this.reason = reason;
    this.#until = monotonicNow() + Math.min(told ?? seconds, atMost) * 1000;
  }

  /** The pause that a failure asks for; null: none. `told` is what its `Retry-After` says, in seconds. */
  static after(code: ErrorCode, told: number | undefined): Pause | null {
    const rule = RULES[code];
    return rule ? new Pause(rule, told) : null;
  }

  get isOver(): boolean {
    return monotonicNow() >= this.#until;
  }
}
