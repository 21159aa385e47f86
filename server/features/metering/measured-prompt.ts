import { inTurns } from '../../event-loop/in-turns.ts';
import { type MeasuredRequest, RequestScale } from './measure-request.ts';

/** The measures of a request, which are taken when they are needed. */
export interface PromptMeasure extends MeasuredRequest {
  /**
   * Measures many megabytes exactly, in several turns of the event loop. Without this call they are estimated from samples,
   * and a client could write a prompt that looks short in samples. Null: there is nothing to wait for.
   */
  prepare?(): Promise<void> | null;
}

/** The larger of what is measured in a request and in the form of it that is sent on. */
function larger(one: MeasuredRequest, other: MeasuredRequest): MeasuredRequest {
  return {
    tokens: Math.max(one.tokens, other.tokens),
    ceiling: Math.max(one.ceiling, other.ceiling),
    cachesForHour: one.cachesForHour || other.cachesForHour,
  };
}

/** Measures the forms in which a request may be sent, once, when the first measure is read. */
export class MeasuredPrompt implements PromptMeasure {
  readonly #forms: () => readonly object[];
  readonly #times: number;
  #known: MeasuredRequest | undefined;

  /** `times` is how often the request is sent. */
  constructor(forms: () => readonly object[], times = 1) {
    this.#forms = forms;
    this.#times = times;
  }

  get tokens(): number {
    return this.#size.tokens * this.#times;
  }

  get ceiling(): number {
    return this.#size.ceiling * this.#times;
  }

  get cachesForHour(): boolean {
    return this.#size.cachesForHour;
  }

  prepare(): Promise<void> | null {
    if (this.#known) return null;
    const scales = this.#forms().map((form) => new RequestScale(form));
    if (scales.some(({ isLong }) => isLong)) return this.#weigh(scales);
    this.#known = sumUp(scales);
    return null;
  }

  async #weigh(scales: readonly RequestScale[]): Promise<void> {
    for (const scale of scales) await inTurns(scale.weigh());
    this.#known = sumUp(scales);
  }

  get #size(): MeasuredRequest {
    this.#known ??= sumUp(this.#forms().map((form) => new RequestScale(form)));
    return this.#known;
  }
}

const sumUp = (scales: readonly RequestScale[]): MeasuredRequest =>
  scales.map((scale): MeasuredRequest => scale.estimate()).reduce(larger);
