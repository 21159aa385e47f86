import type { LoadedModel } from './load-model.ts';

/**
 * Tells whether llama.cpp can read a grammar, one at a time (it cannot read that of a schema with `maxLength: 100000`).
 * A completion that fails because of its grammar makes its context unusable, so the grammar is tried in a spare context
 * first.
 */
export function createGrammarCheck(model: LoadedModel): (grammar: string) => Promise<boolean> {
  let last: Promise<unknown> = Promise.resolve();
  /** Verdicts by grammar. A client rarely changes its tools, so most grammars come again. */
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
