import type { TextCompletion } from '../../contracts/completions/text-completion.ts';
import type { Json } from './json.ts';

type Choice = TextCompletion['choices'][number];

/** Folds all chunks of a legacy completion into it. */
export function collectTexts(chunks: Iterable<Json<TextCompletion>>): TextCompletion {
  const choices = new Map<number, Choice>();
  let head: TextCompletion | undefined;
  let usage: TextCompletion['usage'];
  for (const { value } of chunks) {
    head ??= value;
    usage = value.usage ?? usage;
    for (const choice of value.choices) {
      const text = (choices.get(choice.index)?.text ?? '') + choice.text;
      choices.set(choice.index, { ...choices.get(choice.index), ...choice, text });
    }
  }
  const { id = '', created = 0, model = '' } = head ?? {};
  const sorted = [...choices.values()].toSorted((a, b) => a.index - b.index);
  return { id, object: 'text_completion', created, model, choices: sorted, ...(usage ? { usage } : {}) };
}
