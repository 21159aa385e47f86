import type { Usage } from '../../../../contracts/chat/completion.ts';
import type { ResponseUsage } from '../../../../contracts/responses/response.ts';
import { bytesPerToken } from '../../metering/prompt-size.ts';

export function toUsage(usage: Usage): ResponseUsage {
  const { prompt_tokens: input, completion_tokens: output, prompt_tokens_details: read } = usage;
  const written = read?.cache_write_tokens;
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: read?.cached_tokens ?? 0,
      cache_write_tokens: typeof written === 'number' ? written : 0,
    },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: usage.completion_tokens_details?.reasoning_tokens ?? 0 },
    total_tokens: input + output,
  };
}

/**
 * Estimates the usage from the bytes of an answer, where the upstream gave no counts. Clients decide by the usage when
 * to compact.
 */
export function estimateUsage(input: number, answerBytes: number): Usage {
  const output = Math.ceil(answerBytes / bytesPerToken.prose);
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}
