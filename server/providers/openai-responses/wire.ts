import { z } from 'zod';
import { AppError } from '../../errors/app-error.ts';

/** Texts and counts that nothing depends on: a malformed one is dropped, because the answer is still usable. */
const Word = z.string().nullish().catch(null);
const Index = z.int().min(0).nullish().catch(null);

/**
 * The parts of the Responses API's answers and events that are read. Source: `Response` and `ResponseStreamEvent` of
 * OpenAI's OpenAPI document. Other servers leave out a lot, so little is required.
 */
const LogProb = z.looseObject({
  token: z.string(),
  logprob: z.number(),
  bytes: z.array(z.int()).nullish(),
  top_logprobs: z
    .array(z.looseObject({ token: z.string(), logprob: z.number(), bytes: z.array(z.int()).nullish() }))
    .nullish(),
});
const LogProbs = z.array(LogProb).nullish().catch(null);
export type LogProbs = z.infer<typeof LogProbs>;

const ContentPart = z.looseObject({
  type: z.string().min(1),
  text: z.string().nullish(),
  refusal: z.string().nullish(),
  annotations: z
    .array(z.looseObject({ type: z.string() }))
    .nullish()
    .catch(null),
  logprobs: LogProbs,
});
export type ContentPart = z.infer<typeof ContentPart>;

const toPart = (content: unknown): unknown =>
  typeof content === 'string' ? { type: 'output_text', text: content } : content;

/**
 * The content of a message. Some servers send a text, or one part, in place of the list. A text inside the list may stand
 * for a part of any type, so it is an error.
 */
const Content = z.preprocess((content) => {
  if (Array.isArray(content)) return content;
  return content == null || content === '' ? null : [toPart(content)];
}, z.array(ContentPart).nullish());

/**
 * An output item. The fields are those of `message`, `function_call`, `custom_tool_call`, `reasoning` and
 * `image_generation_call`; of other types only the type is read.
 */
const OutputItem = z.looseObject({
  type: z.string().min(1),
  id: Word,
  content: Content,
  phase: Word,
  call_id: Word,
  name: z.string().nullish(),
  arguments: z.union([z.string(), z.looseObject({})]).nullish(),
  input: z.string().nullish(),
  summary: z.array(ContentPart).nullish(),
  encrypted_content: Word,
  result: z.string().nullish(),
  output_format: Word,
});
export type OutputItem = z.infer<typeof OutputItem>;

const ResponseUsage = z.looseObject({
  input_tokens: z.int().min(0),
  input_tokens_details: z.looseObject({ cached_tokens: Index, cache_write_tokens: Index }).nullish().catch(null),
  output_tokens: z.int().min(0),
  output_tokens_details: z.looseObject({ reasoning_tokens: Index }).nullish().catch(null),
});
export type ResponseUsage = z.infer<typeof ResponseUsage>;

export const ResponseBody = z.looseObject({
  id: Word,
  created_at: z.number().nullish().catch(null),
  status: z.string().nullish(),
  /** The error of a response. It is read like any upstream's error, since not every server uses OpenAI's shape. */
  error: z.unknown().optional(),
  incomplete_details: z.looseObject({ reason: Word }).nullish().catch(null),
  output: z.array(OutputItem).nullish(),
  usage: ResponseUsage.nullish().catch(null),
  service_tier: Word,
});
export type ResponseBody = z.infer<typeof ResponseBody>;

export const AnyEvent = z.looseObject({ type: z.string().min(1).nullish(), error: z.unknown().optional() });
export const ResponseEvent = z.looseObject({ response: ResponseBody.nullish() });

/** The item of an event. Where the event does not say, the order of the events decides. */
export const OutputPlace = z.looseObject({ output_index: Index, item_id: Word });
export type OutputPlace = z.infer<typeof OutputPlace>;
export const ItemEvent = OutputPlace.extend({ item: OutputItem });
export const DeltaEvent = OutputPlace.extend({
  delta: z.string(),
  content_index: Index,
  summary_index: Index,
  logprobs: LogProbs,
});
export type DeltaEvent = z.infer<typeof DeltaEvent>;
export const ArgumentsEvent = OutputPlace.extend({ delta: z.union([z.string(), z.looseObject({})]) });
export const DoneEvent = OutputPlace.extend({
  content_index: Index,
  summary_index: Index,
  text: z.string().nullish(),
  refusal: z.string().nullish(),
  /** The name of a function, which servers can leave out of the start of its call. */
  name: Word,
  arguments: z.union([z.string(), z.looseObject({})]).nullish(),
  input: z.string().nullish(),
});
export type DoneEvent = z.infer<typeof DoneEvent>;
export const PartEvent = OutputPlace.extend({ content_index: Index, part: ContentPart });
export type PartEvent = z.infer<typeof PartEvent>;

/** Parses a value; throws `upstream_broken` when it has another shape. */
export function readAs<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new AppError('upstream_broken', 'The upstream sent something that is not part of the Responses API.', {
    cause: parsed.error,
  });
}
