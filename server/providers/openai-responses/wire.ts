import { z } from 'zod';
import { AppError } from '../../errors/app-error.ts';

/**
 * What of the Responses API's answers and events is read. Source: `Response` and `ResponseStreamEvent` of OpenAI's
 * OpenAPI document. Servers beside OpenAI leave much out, so little is demanded.
 */
const LogProb = z.looseObject({
  token: z.string(),
  logprob: z.number(),
  bytes: z.array(z.int()).nullish(),
  top_logprobs: z
    .array(z.looseObject({ token: z.string(), logprob: z.number(), bytes: z.array(z.int()).nullish() }))
    .nullish(),
});
export const LogProbs = z.array(LogProb).nullish();
export type LogProbs = z.infer<typeof LogProbs>;

export const ContentPart = z.looseObject({
  type: z.string(),
  text: z.string().nullish(),
  refusal: z.string().nullish(),
  annotations: z.array(z.looseObject({ type: z.string() })).nullish(),
  logprobs: LogProbs,
});
export type ContentPart = z.infer<typeof ContentPart>;

/** Of `message`, `function_call`, `custom_tool_call`, `reasoning` and `image_generation_call`; others have a type. */
export const OutputItem = z.looseObject({
  type: z.string(),
  id: z.string().nullish(),
  content: z.array(ContentPart).nullish(),
  phase: z.string().nullish(),
  call_id: z.string().nullish(),
  name: z.string().nullish(),
  arguments: z.string().nullish(),
  input: z.string().nullish(),
  summary: z.array(ContentPart).nullish(),
  encrypted_content: z.string().nullish(),
  result: z.string().nullish(),
  output_format: z.string().nullish(),
});
export type OutputItem = z.infer<typeof OutputItem>;

export const ResponseUsage = z.looseObject({
  input_tokens: z.int(),
  input_tokens_details: z
    .looseObject({ cached_tokens: z.int().nullish(), cache_write_tokens: z.int().nullish() })
    .nullish(),
  output_tokens: z.int(),
  output_tokens_details: z.looseObject({ reasoning_tokens: z.int().nullish() }).nullish(),
});
export type ResponseUsage = z.infer<typeof ResponseUsage>;

export const ResponseBody = z.looseObject({
  id: z.string().nullish(),
  created_at: z.number().nullish(),
  status: z.string().nullish(),
  /** Read as any upstream's error: not every server keeps to OpenAI's shape in its failures. */
  error: z.unknown().optional(),
  incomplete_details: z.looseObject({ reason: z.string().nullish() }).nullish(),
  output: z.array(OutputItem).nullish(),
  usage: ResponseUsage.nullish(),
  service_tier: z.string().nullish(),
});
export type ResponseBody = z.infer<typeof ResponseBody>;

/** Parses what came; throws `upstream_broken` when it is something else. */
export function readAs<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new AppError('upstream_broken', 'The upstream sent something that is not of the Responses API.', {
    cause: parsed.error,
  });
}
