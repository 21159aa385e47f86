import type { GatewayError } from '@duplex/client';
import type { Call } from './draft.ts';

/** Who answered, and what the gateway changed in the request. */
interface AnswerNote {
  readonly request_id: string;
  readonly backend: string | null;
  readonly attempts: number;
  readonly applied: string | null;
}

interface Tokens {
  readonly prompt: number;
  readonly completion: number;
  readonly reasoning: number;
}

/** One step of a streamed answer, whichever surface it came by. */
export type AnswerEvent =
  | { readonly type: 'text' | 'reasoning' | 'refusal'; readonly text: string }
  | {
      readonly type: 'call';
      readonly index: number;
      readonly id?: string;
      readonly name?: string;
      readonly piece: string;
    }
  | { readonly type: 'picture'; readonly url: string }
  | { readonly type: 'tokens'; readonly tokens: Tokens }
  | { readonly type: 'finish'; readonly reason: string }
  | { readonly type: 'note'; readonly note: AnswerNote }
  | { readonly type: 'conversation'; readonly id: string }
  | { readonly type: 'run'; readonly id: string };

type AnswerStatus = 'waiting' | 'streaming' | 'done' | 'stopped' | 'failed';

export interface Answer {
  readonly model: string;
  readonly status: AnswerStatus;
  readonly text: string;
  readonly reasoning: string;
  readonly refusal: string;
  readonly calls: readonly Call[];
  readonly pictures: readonly string[];
  readonly tokens: Tokens | null;
  /** Pieces that came: what the speed of a running answer is reckoned with. */
  readonly pieces: number;
  readonly finish: string | null;
  readonly error: GatewayError | null;
  readonly note: AnswerNote | null;
  /** By `performance.now()`. */
  readonly begunAt: number;
  readonly firstAt: number | null;
  readonly textAt: number | null;
  readonly endedAt: number | null;
  /** Once the gateway has settled it. */
  readonly costUsd: number | null;
}

export const beginAnswer = (model: string, now: number): Answer => ({
  model,
  status: 'waiting',
  text: '',
  reasoning: '',
  refusal: '',
  calls: [],
  pictures: [],
  tokens: null,
  pieces: 0,
  finish: null,
  error: null,
  note: null,
  begunAt: now,
  firstAt: null,
  textAt: null,
  endedAt: null,
  costUsd: null,
});

function addToCall(calls: readonly Call[], event: Extract<AnswerEvent, { type: 'call' }>): Call[] {
  const known = calls[event.index] ?? { id: '', name: '', arguments: '' };
  const next = [...calls];
  next[event.index] = {
    id: event.id ?? known.id,
    name: event.name ?? known.name,
    arguments: known.arguments + event.piece,
  };
  return next;
}

function withPiece(answer: Answer, now: number): Answer {
  return { ...answer, status: 'streaming', pieces: answer.pieces + 1, firstAt: answer.firstAt ?? now };
}

/** The answer with one more event. */
export function addEvent(answer: Answer, event: AnswerEvent, now: number): Answer {
  switch (event.type) {
    case 'text':
      return { ...withPiece(answer, now), text: answer.text + event.text, textAt: answer.textAt ?? now };
    case 'reasoning':
      return { ...withPiece(answer, now), reasoning: answer.reasoning + event.text };
    case 'refusal':
      return { ...withPiece(answer, now), refusal: answer.refusal + event.text };
    case 'call':
      return { ...withPiece(answer, now), calls: addToCall(answer.calls, event) };
    case 'picture':
      return { ...withPiece(answer, now), pictures: [...answer.pictures, event.url] };
    case 'tokens':
      return { ...answer, tokens: event.tokens };
    case 'finish':
      return { ...answer, finish: event.reason };
    case 'note':
      return { ...answer, note: event.note };
    case 'conversation':
    case 'run':
      return answer;
  }
}
