import type { Usage } from '../../../contracts/chat/completion.ts';
import type { ResponseUsage } from './wire.ts';

/** Token counts under the names that chat completions have. */
export function readUsage(usage: ResponseUsage): Usage {
  const { input_tokens: prompt, output_tokens: completion, input_tokens_details: read } = usage;
  const written = read?.cache_write_tokens;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: {
      cached_tokens: read?.cached_tokens ?? 0,
      ...(written != null ? { cache_write_tokens: written } : {}),
    },
    completion_tokens_details: { reasoning_tokens: usage.output_tokens_details?.reasoning_tokens ?? 0 },
  };
}
