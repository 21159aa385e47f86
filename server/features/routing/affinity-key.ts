import { createHash } from 'node:crypto';
import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';

/** A text of megabytes is told apart by its beginning. In characters. */
const LONGEST = 4096;

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
    const text = typeof content === 'string' ? content : JSON.stringify(content ?? '');
    hash.update(role).update('\0').update(text.slice(0, LONGEST)).update('\0');
  }
  return `prefix:${hash.digest('base64')}`;
}
