import type { ChatCompletionChunk, ChatDelta, Usage } from '../../contracts/chat/completion.ts';
import { newId } from './ids.ts';

/** The `created` of an answer that begins now: Unix time, in seconds. */
export const createdNow = (): number => Math.floor(Date.now() / 1000);

/** Writes the chunks of one answer, with the same id, time and model in each. */
export class ChunkWriter {
  readonly #head: Pick<ChatCompletionChunk, 'id' | 'object' | 'created' | 'model'>;

  /** `id`: the vendor's own id, where it sends one. */
  constructor(model: string, id: string = newId('chatcmpl-')) {
    const created = createdNow();
    this.#head = { id, object: 'chat.completion.chunk', created, model };
  }

  delta(delta: ChatDelta, index = 0): ChatCompletionChunk {
    return { ...this.#head, choices: [{ index, delta, finish_reason: null }] };
  }

  /** `native`: the vendor's own finish reason. */
  finish(reason: string, native?: string, index = 0): ChatCompletionChunk {
    const said = native === undefined ? {} : { native_finish_reason: native };
    return { ...this.#head, choices: [{ index, delta: {}, finish_reason: reason, ...said }] };
  }

  usage(usage: Usage): ChatCompletionChunk {
    return { ...this.#head, choices: [], usage };
  }
}
