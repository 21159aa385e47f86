import type { NativeContext } from './llama-binding.ts';
import type { LoadedModel } from './load-model.ts';

/**
 * Says whether llama.cpp can read a grammar, before it is queued. In the parallel mode a grammar that it cannot read
 * (a schema with `maxLength: 100000` makes one) ends the process, and every other answer with it; the single mode
 * refuses it politely. So it is tried on a spare context, one at a time.
 */
export function createGrammarCheck(model: LoadedModel): (grammar: string) => Promise<boolean> {
  let spare: NativeContext | undefined;
  let last: Promise<unknown> = Promise.resolve();
  /** The tools of one client seldom change: most grammars come again. */
  const known = new Set<string>();

  async function check(grammar: string): Promise<boolean> {
    if (known.has(grammar)) return true;
    spare ??= await model.openSpare();
    try {
      await spare.completion({ prompt: 'x', grammar, n_predict: 0 }, () => {});
    } catch {
      // The binding still believes that the failed completion runs, and would touch its freed memory on release():
      // drop this context without a word.
      spare = undefined;
      return false;
    }
    if (known.size >= 64) known.clear();
    known.add(grammar);
    return true;
  }

  return (grammar) => {
    const result = last.then(() => check(grammar));
    last = result.catch(() => {});
    return result;
  };
}
