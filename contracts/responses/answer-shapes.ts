import { z } from 'zod';
import { listOf } from '../schemas/list-of.ts';

/** Details of reasoning, and annotations: things told apart by their type. */
export const TypedObjects = listOf(z.looseObject({ type: z.string() }));

/** A call of a custom tool in chat completions. */
export const CustomCall = z.object({ name: z.string(), input: z.string() });

/** The log probabilities of a choice of chat completions. */
export const TokenLogProbs = z.object({ content: listOf(z.looseObject({ token: z.string() })) });

export const ImageAddress = z.looseObject({ url: z.string(), detail: z.string().optional() });

/** The upstream's own data in a reasoning item. The client sends it back in the next request. */
export const ReasoningSignature = z.object({
  text: z.string().describe('The reasoning itself, for upstreams that need it back.'),
  details: TypedObjects.describe('The signatures of the vendor, as `reasoning_details`.'),
});
export type ReasoningSignature = z.infer<typeof ReasoningSignature>;
