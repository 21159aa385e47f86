import type { Gateway } from '@duplex/client';
import type { AnswerEvent } from '../answer.ts';
import type { Asked } from './stream-answer.ts';

const load = () => import('./stream-answer.ts');

/** An answer as it comes. The code that reads streams is loaded with the first question. */
export async function* openAnswer(gateway: Gateway, asked: Asked): AsyncGenerator<AnswerEvent, void, void> {
  yield* (await load()).streamAnswer(gateway, asked);
}

/** An answer that goes on already, from its beginning. */
export async function* openRun(
  gateway: Gateway,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<AnswerEvent, void, void> {
  yield* (await load()).watchAnswer(gateway, id, signal);
}
