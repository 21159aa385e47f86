import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import type { ContentPart } from '../../../contracts/chat/message.ts';
import { type ImageRequest, isEdit } from '../../canonical/image-answer.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import type { Backend } from '../models/catalog.ts';

/** The image options that a chat request cannot express. */
const UNSAID = [
  'quality',
  'background',
  'output_format',
  'output_compression',
  'moderation',
  'style',
  'input_fidelity',
  'partial_images',
] as const;

export interface ImageChat {
  readonly request: ChatCompletionRequest;
  /** The options that were ignored or changed, such as `quality_ignored`. */
  readonly applied: readonly string[];
}

/** The settings of the picture, with the size where the model can be told one. */
function readSize({ size, image_config }: ImageRequest, { provider, model }: Backend) {
  if (size == null || size === 'auto') return { config: image_config, applied: [] };
  const told = provider.pictureSize?.(size, model);
  if (!told) return { config: image_config, applied: ['size_ignored'] };
  const config = { ...told.settings, ...(typeof image_config === 'object' ? image_config : {}) };
  return { config, applied: [told.applied] };
}

function contentOf(request: ImageRequest): string | ContentPart[] {
  if (!isEdit(request)) return request.prompt;
  const images = request.images.map((image) => ({ type: 'image_url' as const, image_url: { url: image.image_url } }));
  return [{ type: 'text', text: request.prompt }, ...images];
}

/** A request for pictures as a chat that is answered with one. Throws `invalid_field` for what must not be left out. */
export function toChat(request: ImageRequest, backend: Backend): ImageChat {
  const { prompt, images, mask, n, size, response_format, stream, image_config, ...rest } = request;
  if (mask) {
    throw invalidField(
      'mask',
      `The model '${request.model}' does not support a mask. Describe the place in the prompt.`,
    );
  }
  const fields: Record<string, unknown> = { ...rest };
  for (const field of ['messages', 'modalities', 'stream_options']) {
    if (fields[field] != null) {
      throw invalidField(field, `There is no field '${field}' here.`);
    }
  }
  const sized = readSize(request, backend);
  const applied = [...sized.applied];
  for (const field of UNSAID) {
    const value = fields[field];
    delete fields[field];
    if (value != null && value !== 'auto' && value !== 0) applied.push(`${field}_ignored`);
  }
  return {
    request: {
      ...fields,
      model: request.model,
      messages: [{ role: 'user', content: contentOf(request) }],
      ...(sized.config == null ? {} : { image_config: sized.config }),
    },
    applied,
  };
}
