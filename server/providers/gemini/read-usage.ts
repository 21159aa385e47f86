import type { Usage } from '../../../contracts/chat/completion.ts';
import type { UsageMetadata } from './wire.ts';

/**
 * Converts the usage. Gemini counts thoughts apart from the answer, OpenAI within it. Prompts of tools count as prompt.
 * Null when the vendor gives no counts.
 */
export function toUsage(counts: UsageMetadata): Usage | null {
  const { promptTokenCount: read, candidatesTokenCount: said, thoughtsTokenCount: reasoning } = counts;
  const { cachedContentTokenCount: cached, toolUsePromptTokenCount: tools } = counts;
  // Some versions leave out a count of zero, so one of the two is enough.
  if (read == null && said == null && reasoning == null) return null;
  const prompt = (read ?? 0) + (tools ?? 0);
  const completion = (said ?? 0) + (reasoning ?? 0);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    ...(cached == null ? {} : { prompt_tokens_details: { cached_tokens: cached } }),
    ...(reasoning == null ? {} : { completion_tokens_details: { reasoning_tokens: reasoning } }),
  };
}
