import type { TextCompletion } from '../../contracts/completions/text-completion.ts';
import { mergeInto } from './merge-into.ts';

type Choice = TextCompletion['choices'][number];

/** Joins the chunks of a legacy completion. */
export class TextCollector {
  readonly #choices = new Map<number, Choice>();
  #head: TextCompletion | undefined;
  /** Other fields of the chunks. The last value counts. */
  readonly #beside: Partial<TextCompletion> = {};

  add({ choices, ...beside }: TextCompletion): void {
    this.#head ??= { ...beside, choices: [] };
    for (const key of Object.keys(beside)) if (beside[key] != null) this.#beside[key] = beside[key];
    for (const choice of choices) this.#addChoice(choice);
  }

  get completion(): TextCompletion {
    const { id = '', created = 0, model = '', ...rest } = this.#head ?? {};
    const choices = [...this.#choices.values()].toSorted((a, b) => a.index - b.index);
    return { ...rest, ...this.#beside, id, object: 'text_completion', created, model, choices };
  }

  #addChoice({ text, logprobs, ...rest }: Choice): void {
    const known = this.#choices.get(rest.index) ?? { index: rest.index, text: '', logprobs: null, finish_reason: null };
    known.text += text;
    if (logprobs != null) mergeInto(known, 'logprobs', logprobs);
    for (const key of Object.keys(rest)) if (rest[key] != null || !(key in known)) mergeInto(known, key, rest[key]);
    this.#choices.set(rest.index, known);
  }
}
