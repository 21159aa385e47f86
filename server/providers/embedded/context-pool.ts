import type { NativeContext } from './llama-binding.ts';
import type { LoadedModel } from './load-model.ts';

/** A native context, lent to one generation at a time. */
export interface Lent {
  context: NativeContext;
  /** Prompt and answer of the last generation: what its cache holds. */
  text: string;
}

/**
 * Lends native contexts. Whoever asks gets the free one whose cache knows most of the prompt, so that the next turn of
 * a conversation finds its history read. There is always a free one: the gateway counts the slots.
 */
export class ContextPool {
  readonly #model: LoadedModel;
  /** The one that was given back longest ago comes first. */
  readonly #free: Lent[];

  constructor(model: LoadedModel) {
    this.#model = model;
    this.#free = model.slots.map((context) => ({ context, text: '' }));
  }

  take(prompt: string): Lent {
    const known = this.#free.map(({ text }) => commonLength(text, prompt));
    const [lent] = this.#free.splice(known.indexOf(Math.max(...known)), 1);
    if (lent === undefined) throw new Error('No slot is free.');
    return lent;
  }

  give(lent: Lent): void {
    this.#free.push(lent);
  }

  /**
   * Puts a new context in the place of one that the binding made unusable: after a completion that failed, or was
   * over before the call that started it (a token of a tiny model), 1.7.15 believes for ever that it still runs.
   */
  async replace(lent: Lent): Promise<void> {
    lent.context = await this.#model.openSlot();
    lent.text = '';
  }
}

function commonLength(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  let length = 0;
  while (length < end && a.charCodeAt(length) === b.charCodeAt(length)) length += 1;
  return length;
}
