import type { NativeContext } from './llama-binding.ts';
import type { LoadedModel } from './load-model.ts';

/** A native context, lent to one generation at a time. */
export interface Lent {
  context: NativeContext;
  /** Prompt and answer of the last generation, which are in the cache of the context. */
  text: string;
}

/**
 * Lends native contexts. A caller gets the free context whose cache shares the longest prefix with the prompt, so that
 * the next turn of a conversation need not read its history again. One is always free, because the gateway counts the
 * slots.
 */
export class ContextPool {
  readonly #model: LoadedModel;
  /** The free contexts, the one that was returned first at the front. */
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
   * Replaces a context that the binding has made unusable. After a completion that failed, or that ended before the
   * call that started it returned (one token of a tiny model), version 1.7.15 believes for ever that it still runs.
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
