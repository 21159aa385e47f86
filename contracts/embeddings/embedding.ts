import { z } from 'zod';
import { listOf } from '../schemas/list-of.ts';

/**
 * `POST /v1/embeddings`. Format: OpenAI's embeddings reference; unknown fields reach the upstream. A list longer than
 * the backend takes is sent in several requests; the answer is one.
 */
export const EmbeddingRequest = z
  .looseObject({
    model: z.string().min(1).describe('An alias that serves `embeddings`; see `GET /v1/info`.'),
    input: z
      .union([z.string(), listOf(z.string()).min(1), listOf(z.int()).min(1), listOf(listOf(z.int()).min(1)).min(1)])
      .describe('A text, a list of texts, the tokens of a text, or a list of those.'),
    dimensions: z.int().min(1).nullish().describe('The length of the vectors, for models that can shorten them.'),
    encoding_format: z
      .enum(['float', 'base64'])
      .nullish()
      .describe('Default `float`. `base64` is of little-endian 32-bit floats, whatever the upstream itself sends.'),
    user: z.string().nullish(),
  })
  .meta({ id: 'EmbeddingRequest' });
export type EmbeddingRequest = z.infer<typeof EmbeddingRequest>;

export const Embedding = z
  .looseObject({
    object: z.literal('embedding'),
    index: z.int().describe('The place of its text in `input`, from 0.'),
    embedding: z.union([listOf(z.number()), z.string()]).describe('A list of numbers, or base64 when that was asked.'),
  })
  .meta({ id: 'Embedding' });
export type Embedding = z.infer<typeof Embedding>;

export const EmbeddingResponse = z
  .looseObject({
    object: z.literal('list'),
    data: listOf(Embedding).describe('In the order of `input`.'),
    model: z.string().describe('The alias that was asked for.'),
    usage: z.looseObject({ prompt_tokens: z.int(), total_tokens: z.int() }).nullish(),
  })
  .meta({ id: 'EmbeddingResponse' });
export type EmbeddingResponse = z.infer<typeof EmbeddingResponse>;
