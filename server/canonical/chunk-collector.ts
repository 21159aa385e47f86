import type { ChatCompletion, ChatCompletionChunk } from '../../contracts/chat/completion.ts';
import { AppError } from '../errors/app-error.ts';
import { CollectedChoice } from './collected-choice.ts';

const broken = (message: string) => new AppError('upstream_broken', message);

/** Fields that `completion` sets itself. */
const OWN: ReadonlySet<string> = new Set(['object', 'choices', 'original_event', 'original_answer']);

/** How many other fields an answer may have. Real ones have about ten. */
const MAX_BESIDE = 1_000;

/** Joins the chunks of a stream to the completion that they are pieces of. */
export class ChunkCollector {
  readonly #choices = new Map<number, CollectedChoice>();
  #head: Pick<ChatCompletion, 'id' | 'created' | 'model'> | undefined;
  /**
   * Other fields of the chunks, such as `usage`, `system_fingerprint` and llama.cpp's `timings`. The last value counts.
   */
  readonly #beside: Partial<ChatCompletion> = {};
  #besideCount = 0;

  add(chunk: ChatCompletionChunk): void {
    this.#head ??= { id: chunk.id, created: chunk.created, model: chunk.model };
    for (const key in chunk) if (!OWN.has(key)) this.#addBeside(key, chunk[key]);
    if (chunk.choices != null && !Array.isArray(chunk.choices)) throw broken('The upstream sent malformed choices.');
    for (const choice of chunk.choices ?? []) {
      if (typeof choice !== 'object' || choice === null) throw broken('The upstream sent a malformed choice.');
      let collected = this.#choices.get(choice.index);
      if (!collected) {
        collected = new CollectedChoice(choice.index);
        this.#choices.set(choice.index, collected);
      }
      collected.add(choice);
    }
  }

  /** How much is kept, in characters. */
  get size(): number {
    let size = 0;
    for (const choice of this.#choices.values()) size += choice.size;
    return size;
  }

  /** Drops the content that came. What comes next is still checked and counted with it; `completion` is of no use then. */
  forget(): void {
    for (const choice of this.#choices.values()) choice.forget();
  }

  /** True once any text, reasoning or tool call has come. */
  get started(): boolean {
    return [...this.#choices.values()].some((choice) => choice.started);
  }

  /** The answer so far. */
  get completion(): ChatCompletion {
    const { id, created, model } = this.#head ?? { id: '', created: 0, model: '' };
    return {
      ...this.#beside,
      id,
      object: 'chat.completion',
      created,
      model,
      choices: [...this.#choices.values()].map((choice) => choice.finish()).toSorted((a, b) => a.index - b.index),
    };
  }

  #addBeside(key: string, value: unknown): void {
    if (key in this.#beside) {
      if (value != null) this.#beside[key] = value;
    } else if (value != null || key !== 'usage') {
      this.#besideCount += 1;
      if (this.#besideCount > MAX_BESIDE) throw broken('The upstream sent an answer with too many fields.');
      this.#beside[key] = value;
    }
  }
}
