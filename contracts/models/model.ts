import { z } from 'zod';
import { listOf } from '../schemas/list-of.ts';
import { RouteState } from '../system/health.ts';

export const Modality = z.enum(['text', 'image', 'audio', 'video']);
export type Modality = z.infer<typeof Modality>;

/** What can be asked of a model: the addresses below `/v1` that take its alias. `images`: generations and edits. */
export const Endpoint = z.enum([
  'chat',
  'completions',
  'embeddings',
  'transcriptions',
  'translations',
  'speech',
  'images',
]);
export type Endpoint = z.infer<typeof Endpoint>;

/** The limits and abilities of a model that the gateway checks before it sends a request upstream. */
const ModelConstraints = z
  .object({
    tools: z.boolean().describe('False: `tools` are refused.'),
    accepts_image_url: z.boolean().describe('Always false: images are inline data URIs.'),
    min_max_tokens: z.int().nullable().describe('A smaller `max_tokens` is raised to this.'),
    typical_response_seconds: z.number().nullable(),
  })
  .meta({ id: 'ModelConstraints' });

/** The price for this key, multiplied by the ratio of its group. Null when the model is free. */
export const ModelPrice = z
  .object({
    input_usd: z.number().describe('For a million tokens of the prompt.'),
    cached_input_usd: z.number().describe('For a million of these that the upstream had in its cache.'),
    cache_write_usd: z.number().describe('For a million of these that the upstream wrote into its cache.'),
    output_usd: z.number().describe('For a million tokens of the answer.'),
    image_usd: z.number().describe('For each picture that is made.'),
    request_usd: z.number(),
  })
  .meta({ id: 'ModelPrice' });
export type ModelPrice = z.infer<typeof ModelPrice>;

export const ModelInfo = z
  .object({
    alias: z.string(),
    family: z.string().nullable(),
    license: z.string().nullable(),
    context_window: z.int().nullable().describe('In tokens.'),
    endpoints: listOf(Endpoint).describe('The endpoints that it serves. Requests to other endpoints are refused.'),
    modalities: z.object({ input: listOf(Modality), output: listOf(Modality) }),
    capabilities: z.object({ tools: z.boolean(), vision: z.boolean(), reasoning: z.boolean(), streaming: z.boolean() }),
    constraints: ModelConstraints,
    price: ModelPrice.nullable().describe('Of its first backend; null: it costs nothing.'),
    available: z.boolean().describe('Whether a configured backend serves it.'),
    backends: listOf(
      z.object({ provider: z.string(), kind: z.string(), model: z.string(), state: RouteState }),
    ).describe('The chain in order; empty when nothing is configured.'),
  })
  .meta({ id: 'ModelInfo' });
export type ModelInfo = z.infer<typeof ModelInfo>;

/** `GET /v1/info` */
export const GatewayInfo = z
  .object({
    name: z.literal('duplex'),
    version: z.string(),
    demo: z.boolean().describe('True when every alias answers from the small embedded model.'),
    notice: z.string().optional().describe('What demo mode means, and what to configure.'),
    models: listOf(ModelInfo),
  })
  .meta({ id: 'GatewayInfo' });
export type GatewayInfo = z.infer<typeof GatewayInfo>;

/** OpenAI's model object. */
export const Model = z
  .object({ id: z.string(), object: z.literal('model'), created: z.int(), owned_by: z.string() })
  .meta({ id: 'Model' });
export type Model = z.infer<typeof Model>;

export const ModelList = z.object({ object: z.literal('list'), data: listOf(Model) }).meta({ id: 'ModelList' });
export type ModelList = z.infer<typeof ModelList>;

export const ModelRef = z.object({ model: z.string().min(1) }).meta({ id: 'ModelRef' });
export type ModelRef = z.infer<typeof ModelRef>;
