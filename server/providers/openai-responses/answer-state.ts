import type { ChatDelta } from '../../../contracts/chat/completion.ts';
import { DETAILS_FORMAT } from './reasoning-details.ts';
import type { LogProbs } from './wire.ts';

/** One piece of an answer. */
export interface Piece {
  readonly delta: ChatDelta;
  readonly logprobs?: { content: object[]; refusal: null };
}

/** What the items of one answer share: counters, and how long the text is. */
export class AnswerState {
  calls = 0;
  images = 0;
  #textLength = 0;
  #details = 0;
  #reasoned: string | null = null;

  /** In characters; annotations count from the start of the whole text. */
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

  /** A new place among the reasoning details. */
  nextDetail(): number {
    return this.#details++;
  }

  /** A piece of the reasoning; the parts of it are set apart by an empty line, as texts with headings of their own. */
  reasoning(type: 'summary' | 'text', piece: string, id: string | undefined, index: number): Piece {
    const part = String(index);
    const shown = this.#reasoned !== null && this.#reasoned !== part ? `\n\n${piece}` : piece;
    this.#reasoned = part;
    const detail = { type: `reasoning.${type}`, [type]: piece, id: id ?? null, format: DETAILS_FORMAT, index };
    return { delta: { reasoning_content: shown, reasoning: shown, reasoning_details: [detail] } };
  }

  encrypted(data: string, id: string | undefined): Piece {
    const index = this.nextDetail();
    const detail = { type: 'reasoning.encrypted', data, id: id ?? null, format: DETAILS_FORMAT, index };
    return { delta: { reasoning_details: [detail] } };
  }
}
