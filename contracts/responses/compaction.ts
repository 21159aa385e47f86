import { z } from 'zod';
import { listOf } from '../schemas/list-of.ts';
import { OutputItem } from './item.ts';
import { ResponseRequest } from './request.ts';
import { ResponseUsage } from './response.ts';

/**
 * `POST /v1/responses/compact`: what is to be compacted is `input`, a stored response, or both. Format: OpenAI's API
 * reference, "Compact a response".
 */
export const CompactRequest = ResponseRequest.pick({
  model: true,
  input: true,
  instructions: true,
  previous_response_id: true,
  tools: true,
  parallel_tool_calls: true,
  reasoning: true,
  text: true,
  service_tier: true,
  user: true,
  prompt_cache_key: true,
}).meta({ id: 'CompactRequest' });
export type CompactRequest = z.infer<typeof CompactRequest>;

/** A compacted conversation. Put `output` at the start of the next request's `input`, before the user's new message. */
export const CompactedResponse = z
  .object({
    id: z.string(),
    object: z.literal('response.compaction'),
    created_at: z.number().describe('Unix time, in seconds.'),
    output: listOf(OutputItem).describe(
      "The user's messages, as far as there is room for them, and one item of type `compaction`. Its `encrypted_content` is bound to the owner of the key.",
    ),
    usage: ResponseUsage.describe('Of the request that made the summary.'),
  })
  .meta({ id: 'CompactedResponse' });
export type CompactedResponse = z.infer<typeof CompactedResponse>;

/** `POST /v1/responses/input_tokens`. Format: OpenAI's API reference, "Get input token counts". */
export const InputTokensRequest = ResponseRequest.pick({
  model: true,
  input: true,
  instructions: true,
  previous_response_id: true,
  conversation: true,
  tools: true,
  tool_choice: true,
  parallel_tool_calls: true,
  reasoning: true,
  text: true,
  truncation: true,
  user: true,
}).meta({ id: 'InputTokensRequest' });
export type InputTokensRequest = z.infer<typeof InputTokensRequest>;

export const InputTokens = z
  .object({
    object: z.literal('response.input_tokens'),
    input_tokens: z.int().describe('Tokens in the whole prompt. An estimate when no upstream of the model can count.'),
  })
  .meta({ id: 'InputTokens' });
export type InputTokens = z.infer<typeof InputTokens>;
