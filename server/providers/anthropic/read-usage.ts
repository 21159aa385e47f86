import type { Usage } from '../../../contracts/chat/completion.ts';
import type { AnthropicUsage } from './wire.ts';

/** The usage after an event: its counts replace earlier ones, and counts that it leaves out stay. */
export function laterUsage(before: AnthropicUsage, now: AnthropicUsage | null | undefined): AnthropicUsage {
  const told = Object.entries(now ?? {}).filter(([, value]) => value != null);
  return { ...before, ...Object.fromEntries(told) };
}

/**
 * Converts the usage. Anthropic does not include the cached part of the prompt in `input_tokens`; `cache_write_tokens`
 * is OpenRouter's name. Null when the input or the output count is missing.
 */
export function toUsage(usage: AnthropicUsage): Usage | null {
  if (usage.input_tokens == null || usage.output_tokens == null) return null;
  const cached = usage.cache_read_input_tokens ?? 0;
  const written = usage.cache_creation_input_tokens ?? 0;
  const prompt = usage.input_tokens + cached + written;
  const completion = usage.output_tokens;
  const thinking = usage.output_tokens_details?.thinking_tokens;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: {
      cached_tokens: cached,
      cache_write_tokens: written,
      // The parts that are cached for five minutes and for an hour, which have different prices.
      ...(usage.cache_creation ? { cache_creation: usage.cache_creation } : {}),
    },
    ...(thinking == null ? {} : { completion_tokens_details: { reasoning_tokens: thinking } }),
  };
}
