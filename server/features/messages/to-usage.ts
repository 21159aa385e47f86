import type { Usage } from '../../../contracts/chat/completion.ts';
import type { MessageUsage } from '../../../contracts/messages/answer.ts';

/** Anthropic counts the cached tokens of the prompt separately. */
export function toMessageUsage(usage: Usage): MessageUsage {
  const details = usage.prompt_tokens_details;
  const cached = details?.cached_tokens ?? 0;
  const written = typeof details?.cache_write_tokens === 'number' ? details.cache_write_tokens : 0;
  const thinking = usage.completion_tokens_details?.reasoning_tokens;
  return {
    input_tokens: Math.max(0, usage.prompt_tokens - cached - written),
    cache_creation_input_tokens: written,
    cache_read_input_tokens: cached,
    output_tokens: usage.completion_tokens,
    ...(thinking == null ? {} : { output_tokens_details: { thinking_tokens: thinking } }),
  };
}

/**
 * The usage of an upstream that speaks this dialect, with the counts that the request is paid by. It is returned
 * unchanged when the upstream gave these counts itself.
 */
export function soundUsage(given: MessageUsage | undefined, shown: Usage | null | undefined): MessageUsage | undefined {
  if (!shown) return given;
  const usage = toMessageUsage(shown);
  const { input_tokens: input, output_tokens: output } = usage;
  return given?.input_tokens === input && given.output_tokens === output ? given : { ...given, ...usage };
}
