import type { ChatMessage } from '../../../contracts/chat/message.ts';
import { AppError } from '../../errors/app-error.ts';
import type { HistoryMessage } from '../../store/interface/turns.ts';
import type { Backend } from '../models/catalog.ts';
import { buildPrompt, type Prompt, type PromptParts, roomOf } from './build-prompt.ts';
import type { Turn } from './fit-window.ts';
import { type Limit, learnedLimit, learnLimit, limitAfter } from './learned-limit.ts';

/** The smaller one of those that are known. */
const smaller = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? (one ?? other) : Math.min(one, other);

/** A summary that stands for the oldest turns of a history. */
export interface HistorySummary<M extends HistoryMessage> {
  readonly text: string;
  /** The number of turns that it stands for. */
  readonly turns: number;
  /** The messages after those turns. */
  readonly history: readonly M[];
}

/** The prompt of a turn. It gets shorter when an upstream says that it is too long. */
export class TurnPrompt<M extends HistoryMessage = HistoryMessage> {
  readonly #backend: Backend | undefined;
  #parts: PromptParts<M>;
  #learned: Limit | null = null;
  #summarized = 0;
  #isSummaryMissing = false;
  #dropsRareMedia = false;
  #prompt: Prompt<M>;

  /** `backend` is the first of the chain: the prompt is one for all of them, so that each can take over. */
  constructor(parts: PromptParts<M>, backend: Backend | undefined) {
    const { window, prompt } = learnedLimit(backend);
    this.#parts = { ...parts, contextWindow: smaller(parts.contextWindow, window), limit: prompt };
    this.#backend = backend;
    this.#prompt = buildPrompt(this.#parts);
  }

  /** The JSON texts of the messages. */
  get texts(): readonly string[] {
    return this.#prompt.texts;
  }

  /** The messages, parsed at once. */
  parse(): ChatMessage[] {
    return this.texts.map((text) => JSON.parse(text));
  }

  /** How many messages at the end are the client's new ones. */
  get own(): number {
    const { own, messages } = this.#parts;
    return own ?? messages.length;
  }

  /** The oldest turns that were left out. */
  get leftOut(): readonly Turn<M>[] {
    return this.#prompt.leftOut;
  }

  /** How many of the oldest turns were left out. */
  get dropped(): number {
    return this.#prompt.leftOut.length;
  }

  /** How many tokens the messages may have. Infinity when the window is not known. */
  get room(): number {
    return roomOf(this.#parts);
  }

  /** As in `x-gateway-applied`. */
  get applied(): readonly string[] {
    return [
      ...(this.#summarized > 0 ? [`history_summarized=${this.#summarized}`] : []),
      ...(this.dropped > 0 ? [`history_trimmed=${this.dropped}`] : []),
      ...(this.#isSummaryMissing ? ['summary_failed'] : []),
    ];
  }

  /** Replaces the oldest turns, or the summary before, by a summary. */
  summarize({ text, turns, history }: HistorySummary<M>): void {
    this.#parts = { ...this.#parts, summary: text, history };
    this.#summarized = turns;
    this.#prompt = buildPrompt(this.#parts);
  }

  /** Notes that no summary could be made. Turns stay left out. */
  missSummary(): void {
    this.#isSummaryMissing = true;
  }

  /** Whether files and pictures of rare types in earlier turns are left out, because the upstream refused the prompt. */
  get dropsRareMedia(): boolean {
    return this.#dropsRareMedia;
  }

  dropRareMedia(): void {
    this.#dropsRareMedia = true;
  }

  /** Drops more of the oldest turns. False when that changes nothing: then the turn itself, or its answer, is too long. */
  shorten(failure: unknown): boolean {
    if (!isOverflow(failure)) return false;
    const { now, later } = limitAfter(failure, this.#prompt.weigh());
    const shorter = buildPrompt({ ...this.#parts, limit: Math.min(now, this.#parts.limit ?? now) });
    if (shorter.leftOut.length <= this.dropped) return false;
    this.#learned = later;
    this.#prompt = shorter;
    return true;
  }

  /** It was answered: later turns keep to its limit from the start, so that their prompts begin with this one. */
  confirm(): void {
    if (this.#backend && this.#learned) learnLimit(this.#backend, this.#learned);
  }
}

const isOverflow = (failure: unknown): failure is AppError =>
  failure instanceof AppError && failure.code === 'context_length_exceeded';
