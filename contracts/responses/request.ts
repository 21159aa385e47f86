import { z } from 'zod';
import { listOf } from '../schemas/list-of.ts';
import { recordOf } from '../schemas/record-of.ts';
import { EndUser, InputItem, Page } from './item.ts';

/** A tool, flat: `function`, `custom`, `namespace`; others that OpenAI runs itself are dropped or refused. */
export const ResponseTool = z
  .looseObject({
    type: z.string(),
    name: z.string().min(1).nullish(),
    description: z.string().nullish(),
    parameters: recordOf(z.string(), z.unknown()).nullish().describe('JSON Schema'),
    strict: z.boolean().nullish(),
  })
  .meta({ id: 'ResponseTool' });
export type ResponseTool = z.infer<typeof ResponseTool>;

const Metadata = recordOf(z.string(), z.string()).nullish();

/**
 * `POST /v1/responses`, over any upstream. Format: OpenAI's API reference, "Create a model response". Fields that are
 * not listed reach the upstream, where the caller can send them.
 */
export const ResponseRequest = z
  .looseObject({
    model: z.string().min(1).describe('An alias of `GET /v1/models`.'),
    input: z.union([z.string(), listOf(InputItem).max(10_000)]).optional(),
    instructions: z.string().nullish().describe('A system message for this answer only.'),
    previous_response_id: z.string().min(1).nullish().describe('Continues after a stored response.'),
    conversation: z
      .union([z.string().min(1), z.looseObject({ id: z.string().min(1) })])
      .nullish()
      .describe('Continues a conversation, also one of `/c1`.'),
    store: z.boolean().nullish().describe('Default true.'),
    background: z.boolean().nullish().describe('Answers at once; poll `GET /v1/responses/{response_id}`.'),
    on_disconnect: z
      .enum(['detach', 'cancel'])
      .nullish()
      .describe(
        'What happens to a stored response when its client disconnects. `detach`: it is completed. `cancel`: it stops. Absent: as `detach`, but the next turn of its `conversation` stops it when nobody watches it.',
      ),
    stream: z.boolean().nullish(),
    stream_options: z.looseObject({}).nullish(),
    include: listOf(z.string()).nullish(),
    max_output_tokens: z.int().min(1).nullish(),
    max_tool_calls: z.int().min(1).nullish(),
    temperature: z.number().min(0).max(2).nullish(),
    top_p: z.number().min(0).max(1).nullish(),
    top_logprobs: z.int().min(0).max(20).nullish(),
    parallel_tool_calls: z.boolean().nullish(),
    tools: listOf(ResponseTool).nullish(),
    tool_choice: z.union([z.enum(['none', 'auto', 'required']), z.looseObject({ type: z.string() })]).nullish(),
    text: z
      .looseObject({
        format: z
          .looseObject({
            type: z.string(),
            name: z.string().nullish(),
            schema: recordOf(z.string(), z.unknown()).nullish(),
            strict: z.boolean().nullish(),
            description: z.string().nullish(),
          })
          .nullish(),
        verbosity: z.string().nullish(),
      })
      .nullish(),
    reasoning: z.looseObject({ effort: z.string().nullish(), summary: z.string().nullish() }).nullish(),
    truncation: z
      .enum(['auto', 'disabled'])
      .nullish()
      .describe('`auto` drops the oldest turns that do not fit the context window.'),
    metadata: Metadata,
    service_tier: z.string().nullish(),
    user: z
      .string()
      .nullish()
      .describe('The end user. A stored response can only begin or continue conversations of this user.'),
    safety_identifier: z.string().nullish(),
    prompt_cache_key: z.string().nullish(),
  })
  .meta({ id: 'ResponseRequest' });
export type ResponseRequest = z.infer<typeof ResponseRequest>;

/** The field that only streams over a websocket have. */
export const Generate = {
  generate: z
    .boolean()
    .nullish()
    .describe('False: no model is asked. The response has an id, which the next request on this websocket can name.'),
};

/**
 * The fields of a message that begins a response on the websocket of `/v1/responses`. The message also has the fields
 * of `ResponseRequest`. Format: OpenAI's guide "WebSocket mode".
 */
export const ResponseCreate = z.looseObject({
  type: z.literal('response.create'),
  stream_id: z.string().min(1).max(128).nullish().describe('Requests with the same one are answered in their order.'),
  background: z.literal(false).nullish(),
});

const response_id = z.string().min(1);

/** `GET /v1/responses/{response_id}`. */
export const RetrieveResponseRequest = z
  .object({
    response_id,
    stream: z.boolean().optional().describe('Returns the events instead: the past ones, then the new ones.'),
    starting_after: z
      .int()
      .min(0)
      .max(1_000_000_000)
      .optional()
      .describe('With `stream`: only the events after this number.'),
    lastEventId: z.string().max(20).nullish().describe('The same, as `Last-Event-ID` and tRPC have it.'),
    include: Page.include,
    user: EndUser,
  })
  .meta({ id: 'RetrieveResponseRequest' });
export type RetrieveResponseRequest = z.infer<typeof RetrieveResponseRequest>;

/** `DELETE /v1/responses/{response_id}` and `POST /v1/responses/{response_id}/cancel`. */
export const ResponseRef = z.object({ response_id, user: EndUser }).meta({ id: 'ResponseRef' });
export type ResponseRef = z.infer<typeof ResponseRef>;
