import type { Usage } from '../../../contracts/chat/completion.ts';
import type { AnthropicUsage } from './wire.ts';

/** What an event says of the usage replaces what was said before it; what it leaves out stays. */
export function laterUsage(before: AnthropicUsage, now: AnthropicUsage | null | undefined): AnthropicUsage {
  const told = Object.entries(now ?? {}).filter(([, value]) => value != null);
  return { ...before, ...Object.fromEntries(told) };
}

/**
 * Anthropic counts the cached part of the prompt apart from the rest; `cache_write_tokens` is OpenRouter's name. Null when
 * one of the two counts is missing.
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
      // How much of that is kept for five minutes and for an hour: the two have prices of their own.
      ...(usage.cache_creation ? { cache_creation: usage.cache_creation } : {}),
    },
    ...(thinking == null ? {} : { completion_tokens_details: { reasoning_tokens: thinking } }),
  };
}
