import type { LoadedModel } from './load-model.ts';

/**
 * Says whether llama.cpp can read a grammar (of a schema with `maxLength: 100000` it cannot), one at a time. A
 * completion that fails over it leaves its context unusable, so it is tried on a spare one first.
 */
export function createGrammarCheck(model: LoadedModel): (grammar: string) => Promise<boolean> {
  let last: Promise<unknown> = Promise.resolve();
  /** The tools of one client seldom change: most grammars come again. */
  const known = new Map<string, boolean>();

  async function check(grammar: string): Promise<boolean> {
    const before = known.get(grammar);
    if (before !== undefined) return before;
    const spare = await model.openSpare();
    const readable = await spare
      .completion({ prompt: 'x', grammar, n_predict: 0 }, () => {})
      .then(
        () => true,
        () => false,
      );
    if (known.size >= 64) known.clear();
    known.set(grammar, readable);
    return readable;
  }

  return (grammar) => {
    const result = last.then(() => check(grammar));
    last = result.catch(() => {});
    return result;
  };
}
