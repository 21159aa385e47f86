import { z } from 'zod';
import { listOf } from '../schemas/list-of.ts';
import { recordOf } from '../schemas/record-of.ts';
import { OutputItem } from './item.ts';
import { ResponseTool } from './request.ts';

/** Token counts of a response. */
export const ResponseUsage = z
  .looseObject({
    input_tokens: z.int(),
    input_tokens_details: z.looseObject({ cached_tokens: z.int(), cache_write_tokens: z.int() }),
    output_tokens: z.int(),
    output_tokens_details: z.looseObject({ reasoning_tokens: z.int() }),
    total_tokens: z.int(),
  })
  .meta({ id: 'ResponseUsage' });
export type ResponseUsage = z.infer<typeof ResponseUsage>;

/** Why a response failed; `code` as in OpenAI's reference, also `context_length_exceeded`. */
export const ResponseFailure = z.object({ code: z.string(), message: z.string() }).meta({ id: 'ResponseFailure' });
export type ResponseFailure = z.infer<typeof ResponseFailure>;

/** The request fields that a response repeats. */
export const ResponseEcho = z.looseObject({
  model: z.string().describe('The alias that was asked for.'),
  background: z.boolean(),
  conversation: z.object({ id: z.string() }).nullable(),
  instructions: z.string().nullable(),
  max_output_tokens: z.int().nullable(),
  metadata: recordOf(z.string(), z.string()),
  parallel_tool_calls: z.boolean(),
  previous_response_id: z.string().nullable(),
  store: z.boolean(),
  temperature: z.number().nullable(),
  tool_choice: z.union([z.string(), z.looseObject({ type: z.string() })]),
  tools: listOf(ResponseTool),
  top_p: z.number().nullable(),
  truncation: z.string(),
});
export type ResponseEcho = z.infer<typeof ResponseEcho>;

/** A response. Format: `Response` of OpenAI's OpenAPI document. */
export const Response = ResponseEcho.extend({
  id: z.string(),
  object: z.literal('response'),
  created_at: z.number().describe('Unix time, in seconds.'),
  completed_at: z.number().nullish(),
  status: z.enum(['queued', 'in_progress', 'completed', 'incomplete', 'failed', 'cancelled']),
  error: ResponseFailure.nullable(),
  incomplete_details: z.object({ reason: z.string() }).nullable(),
  output: listOf(OutputItem),
  usage: ResponseUsage.optional().describe(
    'Set when the answer has ended. An estimate when the upstream reported none.',
  ),
}).meta({ id: 'Response' });
export type Response = z.infer<typeof Response>;

export const ResponseDeleted = z
  .object({ id: z.string(), object: z.literal('response'), deleted: z.literal(true) })
  .meta({ id: 'ResponseDeleted' });
export type ResponseDeleted = z.infer<typeof ResponseDeleted>;

/**
 * One event of a streamed response; `type` names it, `sequence_number` counts from 0. Format: `ResponseStreamEvent` of
 * OpenAI's OpenAPI document.
 */
export const ResponseEvent = z
  .looseObject({
    type: z.string(),
    sequence_number: z.int(),
    response: Response.optional(),
    output_index: z.int().optional(),
    item: OutputItem.optional(),
    item_id: z.string().optional(),
    content_index: z.int().optional(),
    summary_index: z.int().optional(),
    delta: z.string().optional(),
    text: z.string().optional(),
    arguments: z.string().optional(),
    input: z.string().optional(),
  })
  .meta({ id: 'ResponseEvent' });
export type ResponseEvent = z.infer<typeof ResponseEvent>;
