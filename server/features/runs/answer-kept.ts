import type { ChatCompletion, ChatCompletionChunk } from '../../../contracts/chat/completion.ts';
import type { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import type { RunFormat, RunRow } from '../../store/interface/runs.ts';
import type { Caller } from '../access/caller.ts';
import {
  type AskedOnce,
  type AskedStream,
  createOnce,
  type OnceDeps,
  type SentKey,
  streamOnce,
} from './answer-once.ts';
import { followRun } from './follow-run.ts';
import { keepAnswer, keepStream } from './keep-answer.ts';
import { replayChunks, replayCompletion } from './replay-chat.ts';
import { replayAnswer, tellWithFirst } from './tell-replay.ts';

type Batches<Event extends object> = AsyncGenerator<Json<Event>[], void, void>;

/** Throws when a retry cannot be given what this run answered: it was too large, or no answer of this kind can be made of it. */
function checkReplay({ isKept, format }: RunRow, { param }: SentKey, known: readonly RunFormat[]): void {
  if (!isKept) throw new AppError('idempotency_not_kept', undefined, { param });
  if (known.includes(format)) return;
  throw new AppError(
    'idempotency_mismatch',
    'The request with this idempotency key was sent with another value of stream. Send the retry as the request was.',
    { param },
  );
}

/**
 * Answers a request once. Nothing is stored except what a retry needs, and only when the request has an idempotency
 * key.
 */
export function createKept<Answer extends object>(
  deps: OnceDeps,
  asked: AskedOnce,
  create: (caller: Caller) => Promise<Answer | Json<Answer>>,
): Promise<Answer | Json<Answer>> {
  const { key, request } = asked;
  if (!key) return create(asked.caller);
  return createOnce<Json<Answer>>(deps, asked, {
    make: (caller) => keepAnswer(deps, { format: 'answer', request }, caller, create),
    async replay(row, caller) {
      checkReplay(row, key, ['answer']);
      return replayAnswer(deps, row, caller);
    },
  });
}

/** Answers a stream with an idempotency key once, and keeps its events. */
export function streamKept<Event extends object>(
  deps: OnceDeps,
  asked: AskedStream,
  open: (caller: Caller) => Batches<Event>,
): Batches<Event> {
  const { key, request, after } = asked;
  if (!key) return open(asked.caller);
  return streamOnce<Json<Event>[]>(deps, asked, {
    make: (caller) => keepStream(deps, { format: 'stream', request }, caller, open),
    replay(row, caller) {
      checkReplay(row, key, ['stream']);
      return tellWithFirst(deps, row, caller, followRun<Event>(deps, row, after, caller.signal));
    },
  });
}

/** A whole answer and a stream of its chunks can be made of each other. */
const CHAT: readonly RunFormat[] = ['completion', 'chunks'];

/** A chat completion. A retry can ask for it as JSON or as a stream. */
export function createKeptChat(
  deps: OnceDeps,
  asked: AskedOnce,
  create: (caller: Caller) => Promise<Json<ChatCompletion>>,
): Promise<Json<ChatCompletion>> {
  const { key, request } = asked;
  if (!key) return create(asked.caller);
  return createOnce(deps, asked, {
    make: (caller) => keepAnswer(deps, { format: 'completion', request }, caller, create),
    async replay(row, caller) {
      checkReplay(row, key, CHAT);
      return replayCompletion(deps, row, caller);
    },
  });
}

/** Answers a chat with an idempotency key once, as a stream of chunks. */
export function streamKeptChat(
  deps: OnceDeps,
  asked: AskedStream,
  open: (caller: Caller) => Batches<ChatCompletionChunk>,
): Batches<ChatCompletionChunk> {
  const { key, request, after } = asked;
  if (!key) return open(asked.caller);
  return streamOnce(deps, asked, {
    make: (caller) => keepStream(deps, { format: 'chunks', request }, caller, open),
    replay(row, caller) {
      checkReplay(row, key, CHAT);
      return replayChunks(deps, row, after, caller);
    },
  });
}
