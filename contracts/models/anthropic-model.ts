import { z } from 'zod';
import { listOf } from '../schemas/list-of.ts';

/** A model as Anthropic's `GET /v1/models` shows it: what clients get that send `anthropic-version`. */
export const AnthropicModel = z
  .object({
    type: z.literal('model'),
    id: z.string(),
    display_name: z.string(),
    created_at: z.string().describe('RFC 3339'),
    max_input_tokens: z.int().nullable(),
    max_tokens: z.int().nullable(),
    capabilities: z.null(),
  })
  .meta({ id: 'AnthropicModel' });
export type AnthropicModel = z.infer<typeof AnthropicModel>;

export const AnthropicModelList = z
  .object({
    data: listOf(AnthropicModel),
    has_more: z.boolean(),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
  })
  .meta({ id: 'AnthropicModelList' });
export type AnthropicModelList = z.infer<typeof AnthropicModelList>;
