import { nextTurn } from './next-turn.ts';

/**
 * Runs long work that stops between its pieces. It does one piece in each turn of the event loop, so that nobody waits
 * for all of it.
 */
export async function inTurns<T>(work: Generator<undefined, T, undefined>): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    await nextTurn();
  }
}
