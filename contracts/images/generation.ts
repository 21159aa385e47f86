import { z } from 'zod';
import { listOf } from '../schemas/list-of.ts';

/** Fields that steer the pictures; the same for new ones and for edits. Unknown fields reach the upstream, if the caller can send them. */
export const ImageFields = {
  model: z.string().min(1).describe('An alias of `GET /v1/models` whose output has images.'),
  prompt: z.string().min(1),
  n: z.int().min(1).max(10).nullish().describe('How many pictures; default 1.'),
  size: z.string().nullish().describe('`<width>x<height>` in pixels, or `auto`.'),
  quality: z.string().nullish().describe('`low`, `medium`, `high` or `auto`; `standard` or `hd` for older models.'),
  background: z.string().nullish().describe('`transparent`, `opaque` or `auto`.'),
  output_format: z.string().nullish().describe('`png`, `jpeg` or `webp`.'),
  output_compression: z.int().min(0).max(100).nullish().describe('In percent, for `jpeg` and `webp`.'),
  moderation: z.string().nullish(),
  response_format: z
    .enum(['b64_json', 'url'])
    .nullish()
    .describe('Default `b64_json`. `url` gives data URIs, because the gateway hosts no files.'),
  stream: z.boolean().nullish(),
  partial_images: z.int().min(0).max(3).nullish().describe('Previews in a stream, where the upstream makes them.'),
  user: z.string().nullish(),
};

/** `POST /v1/images/generations`. Format: OpenAI's images reference, "Create image". */
export const ImageGenerationRequest = z
  .looseObject({ ...ImageFields, style: z.string().nullish() })
  .meta({ id: 'ImageGenerationRequest' });
export type ImageGenerationRequest = z.infer<typeof ImageGenerationRequest>;

/** Token counts of a request for pictures. */
export const ImageUsage = z
  .looseObject({
    input_tokens: z.int(),
    output_tokens: z.int(),
    total_tokens: z.int(),
    input_tokens_details: z
      .looseObject({ text_tokens: z.int(), image_tokens: z.int() })
      .describe('Where an upstream does not tell them apart, all count as text.'),
  })
  .meta({ id: 'ImageUsage' });
export type ImageUsage = z.infer<typeof ImageUsage>;

/** One picture, as `b64_json` or as `url`: a data URI, or an address that the upstream gave, which is not fetched. */
export const MadeImage = z
  .looseObject({
    b64_json: z.string().optional().describe('Base64 of the file.'),
    url: z.string().optional(),
    revised_prompt: z.string().optional(),
  })
  .meta({ id: 'MadeImage' });
export type MadeImage = z.infer<typeof MadeImage>;

/** The answer of `/v1/images/generations` and `/v1/images/edits`. */
export const ImagesResponse = z
  .looseObject({
    created: z.int().describe('Unix time, in seconds.'),
    data: listOf(MadeImage),
    usage: ImageUsage.optional(),
  })
  .meta({ id: 'ImagesResponse' });
export type ImagesResponse = z.infer<typeof ImagesResponse>;

/** One event of streamed pictures: a preview, or a picture that is complete. */
export const ImageEvent = z
  .looseObject({
    type: z
      .enum([
        'image_generation.partial_image',
        'image_generation.completed',
        'image_edit.partial_image',
        'image_edit.completed',
      ])
      .describe('Also the name of the event.'),
    b64_json: z.string().optional(),
    url: z.string().optional().describe('Instead of `b64_json` where the upstream gave an address.'),
    created_at: z.int().describe('Unix time, in seconds.'),
    partial_image_index: z.int().optional(),
    usage: ImageUsage.optional().describe('On the last event.'),
  })
  .meta({ id: 'ImageEvent' });
export type ImageEvent = z.infer<typeof ImageEvent>;
