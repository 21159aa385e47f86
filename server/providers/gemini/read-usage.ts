import type { Usage } from '../../../contracts/chat/completion.ts';
import type { UsageMetadata } from './wire.ts';

/** Thoughts are counted beside the answer by the vendor, and within it by OpenAI. Prompts of tools are prompts too. */
export function toUsage(counts: UsageMetadata): Usage {
  const { thoughtsTokenCount: reasoning, cachedContentTokenCount: cached } = counts;
  const prompt = counts.promptTokenCount + counts.toolUsePromptTokenCount;
  const completion = counts.candidatesTokenCount + (reasoning ?? 0);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    ...(cached === undefined ? {} : { prompt_tokens_details: { cached_tokens: cached } }),
    ...(reasoning === undefined ? {} : { completion_tokens_details: { reasoning_tokens: reasoning } }),
  };
}
