import { z } from 'zod';

/** One content block of a request. Format: Anthropic's Messages API reference. */
export interface Block {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** One turn of a request; `system` is an instruction amid the history, which models since Claude Opus 4.8 take. */
export interface Turn {
  readonly role: 'user' | 'assistant' | 'system';
  readonly content: Block[];
}

/** Token counts; every field may be missing or null. `message_delta` counts cumulatively. */
export const AnthropicUsage = z.looseObject({
  input_tokens: z.number().nullish(),
  output_tokens: z.number().nullish(),
  cache_read_input_tokens: z.number().nullish(),
  cache_creation_input_tokens: z.number().nullish(),
  output_tokens_details: z.looseObject({ thinking_tokens: z.number().nullish() }).nullish(),
});
export type AnthropicUsage = z.infer<typeof AnthropicUsage>;

/** A content block of an answer; in a stream it starts empty. Unknown types are tolerated. */
export const AnswerBlock = z.looseObject({
  type: z.string(),
  text: z.string().nullish(),
  citations: z.array(z.unknown()).nullish(),
  thinking: z.string().nullish(),
  signature: z.string().nullish(),
  data: z.string().nullish(),
  id: z.string().nullish(),
  name: z.string().nullish(),
  input: z.unknown().optional(),
});
export type AnswerBlock = z.infer<typeof AnswerBlock>;

const Stop = z.looseObject({
  stop_reason: z.string().nullish(),
  stop_details: z.looseObject({ explanation: z.string().nullish() }).nullish(),
});
export type Stop = z.infer<typeof Stop>;

/** A whole answer. */
export const AnthropicMessage = z.looseObject({
  id: z.string(),
  content: z.array(AnswerBlock),
  usage: AnthropicUsage.nullish(),
  ...Stop.shape,
});

const BlockDelta = z.looseObject({
  type: z.string(),
  text: z.string().nullish(),
  partial_json: z.string().nullish(),
  thinking: z.string().nullish(),
  signature: z.string().nullish(),
  citation: z.unknown().optional(),
});
export type BlockDelta = z.infer<typeof BlockDelta>;

/** The events of a stream that mean something here; any other is passed over. */
export const StreamEvent = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('message_start'),
    message: z.looseObject({ id: z.string(), usage: AnthropicUsage.nullish() }),
  }),
  z.looseObject({ type: z.literal('content_block_start'), index: z.number(), content_block: AnswerBlock }),
  z.looseObject({ type: z.literal('content_block_delta'), index: z.number(), delta: BlockDelta }),
  z.looseObject({ type: z.literal('content_block_stop'), index: z.number() }),
  z.looseObject({ type: z.literal('message_delta'), delta: Stop, usage: AnthropicUsage.nullish() }),
]);
export type StreamEvent = z.infer<typeof StreamEvent>;

/** Of a stream's event or a whole answer; an error has it too. */
export const Typed = z.looseObject({ type: z.string() });
