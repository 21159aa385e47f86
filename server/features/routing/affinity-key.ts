import { createHash } from 'node:crypto';
import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';

/** Longer texts are compared by their beginning only. In characters. */
const LONGEST = 4096;

/** How many items of a list count as its beginning: texts, parts with a picture, or tokens. */
const MOST_ITEMS = 1_000;

const cutTexts = (_key: string, value: unknown) => (typeof value === 'string' ? value.slice(0, LONGEST) : value);

/** A short text that tells a content or a prompt apart from others. */
export function beginningOf(value: unknown): string {
  if (typeof value === 'string') return value.slice(0, LONGEST);
  return JSON.stringify(Array.isArray(value) ? value.slice(0, MOST_ITEMS) : value, cutTexts).slice(0, LONGEST);
}

/**
 * What the prompts of one conversation have in common, so that they meet the backend that has their beginning in its KV
 * cache: the client's own word for it, else all up to the first thing that the user said.
 */
export function affinityKeyOf(
  request: Pick<ChatCompletionRequest, 'messages' | 'user'> & { prompt_cache_key?: unknown },
) {
  const { prompt_cache_key: cacheKey, user, messages } = request;
  if (typeof cacheKey === 'string' && cacheKey !== '') return `key:${cacheKey}`;
  if (user) return `user:${user}`;
  const first = messages.findIndex(({ role }) => role === 'user');
  const hash = createHash('sha256');
  for (const { role, content } of messages.slice(0, first + 1)) {
    hash
      .update(role)
      .update('\0')
      .update(beginningOf(content ?? ''))
      .update('\0');
  }
  return `prefix:${hash.digest('base64')}`;
}
