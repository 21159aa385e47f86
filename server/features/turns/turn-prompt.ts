import { AppError } from '../../errors/app-error.ts';
import type { Backend } from '../models/catalog.ts';
import { buildPrompt, type Prompt, type PromptParts } from './build-prompt.ts';
import { learnedLimit, learnLimit, limitAfter } from './learned-limit.ts';

/** The prompt of a turn. It gets shorter once, when an upstream says that it is too long. */
export class TurnPrompt {
  readonly #parts: PromptParts;
  readonly #backend: Backend | undefined;
  #limit: number;
  #prompt: Prompt;

  /** `backend` is the first of the chain: the prompt is one for all of them, so that each can take over. */
  constructor(parts: PromptParts, backend: Backend | undefined) {
    this.#parts = parts;
    this.#backend = backend;
    this.#limit = learnedLimit(backend);
    this.#prompt = buildPrompt({ ...parts, limit: this.#limit });
  }

  /** The JSON text of the messages. */
  get text(): string {
    return this.#prompt.text;
  }

  /** As in `x-gateway-applied`. */
  get applied(): readonly string[] {
    const { dropped } = this.#prompt;
    return dropped === 0 ? [] : [`history_trimmed=${dropped}`];
  }

  /** Drops more of the oldest turns. False when that changes nothing: then the turn itself, or its answer, is too long. */
  shorten(failure: unknown): boolean {
    if (!isOverflow(failure)) return false;
    const limit = limitAfter(failure, this.#prompt.weigh());
    const shorter = buildPrompt({ ...this.#parts, limit: Math.min(limit, this.#limit) });
    if (shorter.dropped <= this.#prompt.dropped) return false;
    this.#limit = Math.min(limit, this.#limit);
    this.#prompt = shorter;
    return true;
  }

  /** It was answered: later turns keep to its limit from the start, so that their prompts begin with this one. */
  confirm(): void {
    if (this.#backend && this.#limit < learnedLimit(this.#backend)) learnLimit(this.#backend, this.#limit);
  }
}

const isOverflow = (failure: unknown): failure is AppError =>
  failure instanceof AppError && failure.code === 'context_length_exceeded';
