import { z } from 'zod';
import { isRecord } from '../../canonical/json.ts';

/** One content block of a request. Format: Anthropic's Messages API reference. */
export interface Block {
  readonly type: string;
  readonly [field: string]: unknown;
}

/**
 * One turn of a request. The role `system` is an instruction in the middle of the history, which models take since
 * Claude Opus 4.8.
 */
export interface Turn {
  readonly role: 'user' | 'assistant' | 'system';
  readonly content: Block[];
}

/** A count. One that is malformed is dropped, because the answer is still usable. */
const Count = z.int().min(0).nullish().catch(null);
/** A text that nothing depends on; dropped when malformed. */
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

const toBlock = (content: unknown): unknown =>
  typeof content === 'string' ? { type: 'text', text: content } : content;

/**
 * The blocks of an answer. Some servers send a text, or one block, in place of the list. A text inside the list may stand
 * for a block of any type, so it is an error.
 */
const AnswerBlocks = z.preprocess(
  (content) => (content == null || content === '' || Array.isArray(content) ? content : [toBlock(content)]),
  z.array(AnswerBlock),
);

const Stop = z.looseObject({
  stop_reason: z.string().nullish(),
  stop_details: z.looseObject({ explanation: Word }).nullish().catch(null),
});
export type Stop = z.infer<typeof Stop>;

/** A whole answer. */
export const AnthropicMessage = z.looseObject({
  id: Word,
  content: AnswerBlocks,
  usage: AnthropicUsage.nullish().catch(null),
  ...Stop.shape,
});

const BlockDelta = z.looseObject({
  type: z.string().min(1),
  text: z.string().nullish(),
  partial_json: z.union([z.string(), z.looseObject({})]).nullish(),
  thinking: z.string().nullish(),
  signature: Word,
  citation: z.unknown().optional(),
});
export type BlockDelta = z.infer<typeof BlockDelta>;

/** The number of the block of an event. Where it is missing, the order of the events decides. */
const Index = z.int().min(0).nullish().catch(null);
const Usage = AnthropicUsage.nullish().catch(null);

/** The events that are read; all others are ignored. */
export const StreamEvent = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('message_start'),
    message: z
      .looseObject({ id: Word, usage: Usage, content: z.array(AnswerBlock).nullish().catch(null) })
      .nullish()
      .catch(null),
  }),
  z.looseObject({ type: z.literal('content_block_start'), index: Index, content_block: AnswerBlock }),
  z.looseObject({ type: z.literal('content_block_delta'), index: Index, delta: BlockDelta }),
  z.looseObject({ type: z.literal('content_block_stop'), index: Index }),
  z.looseObject({ type: z.literal('message_delta'), delta: Stop.nullish(), usage: Usage }),
]);
export type StreamEvent = z.infer<typeof StreamEvent>;

/** The fields of which each event that is read has at least one. */
const EVENT_FIELDS = ['message', 'content_block', 'delta', 'index', 'usage', 'error'] as const;

/** Whether an event without a type says nothing at all, such as the pings of some proxies. */
export const saysNothing = (event: unknown): boolean =>
  isRecord(event) && EVENT_FIELDS.every((name) => event[name] === undefined);

/** The type of an event, of a whole answer or of an error. */
export const Typed = z.looseObject({ type: z.string().min(1) });
