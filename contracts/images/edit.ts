import { z } from 'zod';
import { listOf } from '../schemas/list-of.ts';
import { ImageFields } from './generation.ts';

/** A picture that the client gives, always inline: the gateway and its upstreams fetch no addresses. */
export const ImageRef = z
  .looseObject({ image_url: z.string().describe('`data:image/<type>;base64,<data>`') })
  .meta({ id: 'ImageRef' });
export type ImageRef = z.infer<typeof ImageRef>;

/**
 * `POST /v1/images/edits` as JSON. On REST the same can be sent as `multipart/form-data`, with files as `image` (or
 * several as `image[]`) and `mask`. Format: OpenAI's images reference, "Create image edit".
 */
export const ImageEditRequest = z
  .looseObject({
    ...ImageFields,
    images: listOf(ImageRef).min(1).max(16),
    mask: ImageRef.nullish().describe('Transparent where the first picture shall change.'),
    input_fidelity: z.string().nullish(),
  })
  .meta({ id: 'ImageEditRequest' });
export type ImageEditRequest = z.infer<typeof ImageEditRequest>;

const files = (description: string) => z.string().meta({ format: 'binary', description });

/** The same as `multipart/form-data`. */
export const ImageEditForm = z
  .looseObject({
    ...ImageFields,
    image: listOf(files('PNG, JPEG, WebP or GIF.')).describe('One picture as `image`, or up to 16, each as `image[]`.'),
    mask: files('Transparent where the first picture shall change.').optional(),
    input_fidelity: z.string().nullish(),
  })
  .meta({ id: 'ImageEditForm' });
