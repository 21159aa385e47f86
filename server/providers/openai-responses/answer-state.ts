import type { ChatDelta } from '../../../contracts/chat/completion.ts';
import { DistinctIds } from '../../canonical/distinct-ids.ts';
import { OPENAI_FORMAT } from '../../canonical/reasoning-details.ts';
import { AppError } from '../../errors/app-error.ts';
import type { LogProbs } from './wire.ts';

/**
 * How much text is kept, to be compared with the end of the answer that repeats it, in characters. No real answer is
 * longer.
 */
const MAX_TEXT = 8 * 1024 * 1024;

/** One piece of an answer. */
export interface Piece {
  readonly delta: ChatDelta;
  readonly logprobs?: { content: object[]; refusal: null };
}

/** What the items of one answer share: their counters, and the length of the text. */
export class AnswerState {
  calls = 0;
  images = 0;
  readonly callIds = new DistinctIds('call_');
  readonly itemIds = new DistinctIds('item_');
  #textLength = 0;
  #kept = 0;
  #details = 0;
  #reasoned: string | null = null;

  /** Counts text that is kept. Throws `upstream_broken` when it is too much. */
  keep(length: number): void {
    this.#kept += length;
    if (this.#kept > MAX_TEXT) throw this.tooLong();
  }

  tooLong(): AppError {
    return new AppError('upstream_broken', 'The upstream sent an answer that is too long to keep.');
  }

  /** The length of the whole text, in characters: annotations count from its start. */
  get textLength(): number {
    return this.#textLength;
  }

  text(text: string, logprobs: LogProbs): Piece {
    this.#textLength += text.length;
    const content = logprobs?.map(({ token, logprob, bytes, top_logprobs: top }) => ({
      token,
      logprob,
      bytes: bytes ?? null,
      top_logprobs: (top ?? []).map((other) => ({ ...other, bytes: other.bytes ?? null })),
    }));
    return { delta: { content: text }, ...(content?.length ? { logprobs: { content, refusal: null } } : {}) };
  }

  /** The next free place among the reasoning details. */
  nextDetail(): number {
    return this.#details++;
  }

  /** A piece of the reasoning. An empty line separates its parts, which are texts with headings of their own. */
  reasoning(type: 'summary' | 'text', piece: string, id: string | undefined, index: number): Piece {
    const part = String(index);
    const shown = this.#reasoned !== null && this.#reasoned !== part ? `\n\n${piece}` : piece;
    this.#reasoned = part;
    const detail = { type: `reasoning.${type}`, [type]: piece, id: id ?? null, format: OPENAI_FORMAT, index };
    return { delta: { reasoning_content: shown, reasoning: shown, reasoning_details: [detail] } };
  }

  encrypted(data: string, id: string | undefined): Piece {
    const index = this.nextDetail();
    const detail = { type: 'reasoning.encrypted', data, id: id ?? null, format: OPENAI_FORMAT, index };
    return { delta: { reasoning_details: [detail] } };
  }
}
