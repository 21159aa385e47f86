import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import type { ContentPart } from '../../../contracts/chat/message.ts';
import { type ImageRequest, isEdit } from '../../canonical/image-answer.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import type { Backend } from '../models/catalog.ts';

/** The aspect ratios that Gemini can make. Source: OpenRouter's and Google's image generation guides. */
const RATIOS = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9'] as const;
/** How far the ratio of a size may be from one of them; 1792x1024 is 1.6 % from 16:9. */
const RATIO_TOLERANCE = 0.05;

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

/** The nearest ratio that Gemini knows. Null when no ratio is near, or the size is not valid. */
function aspectRatioOf(size: string): string | null {
  const [, width, height] = /^(\d{2,5})x(\d{2,5})$/.exec(size) ?? [];
  const asked = Number(width) / Number(height);
  const distance = (ratio: string) => {
    const [w, h] = ratio.split(':');
    return Math.abs(Math.log(asked / (Number(w) / Number(h))));
  };
  const nearest = RATIOS.toSorted((a, b) => distance(a) - distance(b))[0];
  return nearest && distance(nearest) < RATIO_TOLERANCE ? nearest : null;
}

const isGemini = ({ provider, model }: Backend) => provider.kind === 'gemini' || /gemini/i.test(model);

/** The settings of the picture, as Gemini takes them by way of OpenRouter; other models take none. */
function readSize({ size, image_config }: ImageRequest, backend: Backend): { config: unknown; applied: string[] } {
  if (size == null || size === 'auto') return { config: image_config, applied: [] };
  const ratio = isGemini(backend) ? aspectRatioOf(size) : null;
  if (!ratio) return { config: image_config, applied: ['size_ignored'] };
  const config = { aspect_ratio: ratio, ...(typeof image_config === 'object' ? image_config : {}) };
  return { config, applied: [`size_as_aspect_ratio=${ratio}`] };
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
    throw invalidField('mask', `A mask cannot be given to '${request.model}': describe the place in words.`);
  }
  const fields: Record<string, unknown> = { ...rest };
  for (const field of ['messages', 'modalities', 'stream_options']) {
    if (fields[field] != null) {
      throw invalidField(field, `There is no field '${field}' here.`);
    }
  }
  const { config, applied } = readSize(request, backend);
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
      ...(config == null ? {} : { image_config: config }),
    },
    applied,
  };
}
