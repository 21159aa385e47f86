import { z } from 'zod';
import { listOf } from '../schemas/list-of.ts';
import { recordOf } from '../schemas/record-of.ts';

/** One block of an answer: `text`, `thinking`, `redacted_thinking`, `tool_use`, or one of Anthropic's own. */
export const AnswerBlock = z
  .looseObject({
    type: z.string(),
    text: z.string().optional(),
    thinking: z.string().optional(),
    signature: z.string().optional().describe('Opaque; send it back as it is.'),
    data: z.string().optional(),
    id: z.string().optional(),
    name: z.string().optional(),
    input: recordOf(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'MessageBlock' });
export type AnswerBlock = z.infer<typeof AnswerBlock>;

/** Token counts; the parts of the prompt that were read from a cache or written to one are not in `input_tokens`. */
export const MessageUsage = z
  .looseObject({
    input_tokens: z.int(),
    output_tokens: z.int(),
    cache_creation_input_tokens: z.int().nullish(),
    cache_read_input_tokens: z.int().nullish(),
  })
  .meta({ id: 'MessageUsage' });
export type MessageUsage = z.infer<typeof MessageUsage>;

/** The answer of `POST /v1/messages`. */
export const Message = z
  .looseObject({
    id: z.string(),
    type: z.literal('message'),
    role: z.literal('assistant'),
    model: z.string().describe('The name that was asked for.'),
    content: listOf(AnswerBlock),
    stop_reason: z
      .string()
      .nullable()
      .describe(
        '`end_turn`, `max_tokens`, `stop_sequence`, `tool_use`, `refusal`, …; null before the end of a stream.',
      ),
    stop_sequence: z.string().nullable(),
    usage: MessageUsage,
  })
  .meta({ id: 'Message' });
export type Message = z.infer<typeof Message>;

/**
 * One event of a streamed answer, named by its `type`: `message_start`, `ping`, then for one block after the other
 * `content_block_start`, `content_block_delta`, `content_block_stop`, then `message_delta`, `message_stop`.
 */
export const MessageEvent = z
  .looseObject({
    type: z.string(),
    message: Message.optional(),
    index: z.int().optional().describe('The place of the block in the answer.'),
    content_block: AnswerBlock.optional(),
    delta: z
      .looseObject({
        type: z.string().optional(),
        text: z.string().optional(),
        partial_json: z.string().optional(),
        thinking: z.string().optional(),
        signature: z.string().optional(),
        stop_reason: z.string().nullish(),
        stop_sequence: z.string().nullish(),
      })
      .optional(),
    usage: MessageUsage.optional(),
  })
  .meta({ id: 'MessageEvent' });
export type MessageEvent = z.infer<typeof MessageEvent>;
