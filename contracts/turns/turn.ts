import { z } from 'zod';
import { SamplingFields } from '../chat/completion.ts';
import { Content, keptText } from '../chat/message.ts';
import { idempotencyKey } from '../schemas/idempotency-key.ts';
import { listOf } from '../schemas/list-of.ts';

/** The answer of a tool that the client ran, by the id of the call. Unknown fields reach the upstream. */
export const ToolResult = z
  .looseObject({
    tool_call_id: z.string().min(1),
    content: Content.describe('What the tool gave: text, or content parts.'),
    is_error: z.boolean().nullish().describe('The tool failed, and the content says how.'),
  })
  .meta({ id: 'ToolResult' });
export type ToolResult = z.infer<typeof ToolResult>;

/**
 * `POST /c1/chat`: one turn of a conversation that the gateway remembers. Give a `message`, or the `tool_results` of
 * the calls in the last answer, or both. Unknown fields reach the upstream.
 */
export const TurnRequest = z
  .looseObject({
    model: z.string().min(1).describe('An alias of `GET /v1/models`.'),
    message: Content.optional().describe('What the user says: text, or content parts.'),
    images: listOf(z.looseObject({ url: z.string().describe('`data:image/<type>;base64,<data>`') }))
      .nullish()
      .describe('Shortcut for a text with images; the gateway rebuilds the content parts.'),
    tool_results: listOf(ToolResult)
      .nullish()
      .describe('Results of the tool calls in the last answer, at most one for each.'),
    conversation_id: z.string().min(1).nullish().describe('Leave out to start a conversation.'),
    parent_message_id: z
      .string()
      .min(1)
      .nullish()
      .describe(
        'The message that this turn follows; default: the head of the conversation. If other messages already follow it, the turn ' +
          'begins a branch. `null`: a branch at the start of the conversation. The id of a question, without a `message`: ' +
          'another answer to it.',
      ),
    regenerate: z
      .string()
      .min(1)
      .nullish()
      .describe('The id of an answer. Its question gets another answer. Send no `message` with it.'),
    overflow: z
      .enum(['drop', 'summarize', 'error'])
      .nullish()
      .describe(
        'When the history does not fit the context window: `drop` (default) leaves its oldest turns out of the prompt, `summarize` has ' +
          'a summary in their place, written by the model of `summaries` in the models file, and `error` refuses the turn with ' +
          '`context_length_exceeded`.',
      ),
    user_id: keptText().min(1).max(256).nullish().describe('Scopes the conversation to one end user.'),
    provider: z
      .string()
      .min(1)
      .nullish()
      .describe('Picks the alias `<model>-<provider>` or that backend of the model.'),
    system_prompt: keptText().nullish().describe("Sets the conversation's system prompt."),
    on_disconnect: z
      .enum(['detach', 'cancel'])
      .nullish()
      .describe(
        'What happens to the answer when its client disconnects. `detach`: it is completed and stored. `cancel`: it stops. Absent: as `detach`, but the next turn stops it when nobody watches it.',
      ),
    idempotency_key: idempotencyKey(),
    ...SamplingFields,
  })
  .meta({ id: 'TurnRequest' });
export type TurnRequest = z.infer<typeof TurnRequest>;
