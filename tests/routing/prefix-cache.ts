import type { Script } from '../support/upstream/exchange.ts';
import { isObject } from '../support/upstream/json.ts';
import { say } from '../support/upstream/scripts/answers.ts';

/** As many tokens as vLLM caches together. */
const BLOCK = 16;

/** The words of a prompt stand for its tokens. */
function tokensOf(json: unknown): string[] {
  const messages = isObject(json) && Array.isArray(json.messages) ? json.messages : [];
  return messages.flatMap((message) => `<${message.role}> ${message.content}`.split(/\s+/));
}

/**
 * A replica's KV cache as vLLM has it: whole blocks of the prompt's beginning, the least recently used thrown out first.
 * Source: vLLM's design of automatic prefix caching.
 */
export class PrefixCache {
  readonly #blocks = new Map<string, true>();
  readonly #capacity: number;
  /** Of all prompts so far, in tokens. */
  prompt = 0;
  cached = 0;

  /** `capacity` in blocks. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Answers, and says how much of the prompt was in the cache. */
  readonly script: Script = (exchange) => {
    const tokens = tokensOf(exchange.request.json);
    const cached = this.#read(tokens);
    this.prompt += tokens.length;
    this.cached += cached;
    return say('Very well, go on.', { usage: { prompt: tokens.length, completion: 4, cached } })(exchange);
  };

  #read(tokens: readonly string[]): number {
    let hit = true;
    let cached = 0;
    for (let end = BLOCK; end <= tokens.length; end += BLOCK) {
      // A block is known by all that stands before it, too.
      const block = tokens.slice(0, end).join(' ');
      hit = hit && this.#blocks.delete(block);
      if (hit) cached = end;
      this.#blocks.set(block, true);
    }
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= this.#capacity) break;
      this.#blocks.delete(oldest);
    }
    return cached;
  }
}
