import type { Usage } from '../../../../contracts/chat/completion.ts';
import type { Response, ResponseUsage } from '../../../../contracts/responses/response.ts';

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

/** The usage of an answer of which nothing came. */
export const NO_USAGE: Usage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };

/**
 * The response of an upstream that speaks this API, with the counts that the request is paid by. It is returned
 * unchanged when the upstream gave these counts itself.
 */
export function withUsage(response: Response, shown: Usage | null | undefined): Response {
  const { usage } = response;
  if (!shown || (usage?.input_tokens === shown.prompt_tokens && usage.output_tokens === shown.completion_tokens)) {
    return response;
  }
  return { ...response, usage: { ...usage, ...toUsage(shown) } };
}
