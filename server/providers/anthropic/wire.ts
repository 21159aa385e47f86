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

/** A count that is none is no reason to throw an answer away. */
const Count = z.int().min(0).nullish().catch(null);
/** The same of words that nothing depends on. */
const Word = z.string().nullish().catch(null);

/** Token counts; every field may be missing or null. `message_delta` counts cumulatively. */
export const AnthropicUsage = z.looseObject({
  input_tokens: Count,
  output_tokens: Count,
  cache_read_input_tokens: Count,
  cache_creation_input_tokens: Count,
  output_tokens_details: z.looseObject({ thinking_tokens: Count }).nullish().catch(null),
});
export type AnthropicUsage = z.infer<typeof AnthropicUsage>;

/** A content block of an answer; in a stream it starts empty. Unknown types are tolerated. */
export const AnswerBlock = z.looseObject({
  type: z.string().min(1),
  text: z.string().nullish(),
  citations: z.array(z.unknown()).nullish().catch(null),
  thinking: z.string().nullish(),
  signature: Word,
  data: z.string().nullish(),
  id: Word,
  name: z.string().nullish(),
  input: z.unknown().optional(),
});
export type AnswerBlock = z.infer<typeof AnswerBlock>;

const Stop = z.looseObject({
  stop_reason: z.string().nullish(),
  stop_details: z.looseObject({ explanation: Word }).nullish().catch(null),
});
export type Stop = z.infer<typeof Stop>;

/** A whole answer. */
export const AnthropicMessage = z.looseObject({
  id: Word,
  content: z.array(AnswerBlock),
  usage: AnthropicUsage.nullish().catch(null),
  ...Stop.shape,
});

const BlockDelta = z.looseObject({
  type: z.string().min(1),
  text: z.string().nullish(),
  partial_json: z.string().nullish(),
  thinking: z.string().nullish(),
  signature: Word,
  citation: z.unknown().optional(),
});
export type BlockDelta = z.infer<typeof BlockDelta>;

/** Which block an event is about; where it does not say, the order does. */
const Index = z.int().min(0).nullish().catch(null);
const Usage = AnthropicUsage.nullish().catch(null);

/** The events of a stream that mean something here; any other is passed over. */
export const StreamEvent = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('message_start'),
    message: z.looseObject({ id: Word, usage: Usage }).nullish().catch(null),
  }),
  z.looseObject({ type: z.literal('content_block_start'), index: Index, content_block: AnswerBlock }),
  z.looseObject({ type: z.literal('content_block_delta'), index: Index, delta: BlockDelta }),
  z.looseObject({ type: z.literal('content_block_stop'), index: Index }),
  z.looseObject({ type: z.literal('message_delta'), delta: Stop.nullish(), usage: Usage }),
]);
export type StreamEvent = z.infer<typeof StreamEvent>;

/** Of a stream's event or a whole answer; an error has it too. */
export const Typed = z.looseObject({ type: z.string().min(1) });
