import { splitDataUri, toDataUri } from '../../contracts/images/data-uri.ts';
import type { ImageEditRequest } from '../../contracts/images/edit.ts';
import type {
  ImageEvent,
  ImageGenerationRequest,
  ImagesResponse,
  MadeImage,
} from '../../contracts/images/generation.ts';
import { Json } from './json.ts';

export type ImageRequest = ImageGenerationRequest | ImageEditRequest;

export const isEdit = (request: ImageRequest): request is ImageEditRequest => Array.isArray(request.images);

/** A picture in the requested form, base64 or a data URI. A URL stays a URL. */
export function inForm(image: MadeImage, form: ImageRequest['response_format']): MadeImage {
  const { b64_json, url, ...rest } = image;
  if (form === 'url' && b64_json) return { ...rest, url: toDataUri(b64_json) };
  const inline = form !== 'url' && url ? splitDataUri(url) : null;
  return inline ? { ...rest, b64_json: inline.data } : image;
}

/** A whole answer as the events of a stream, for upstreams that do not stream pictures. */
export function toImageEvents(answer: ImagesResponse, request: ImageRequest): Json<ImageEvent>[] {
  const { data, created, usage, ...rest } = answer;
  const type = isEdit(request) ? 'image_edit.completed' : 'image_generation.completed';
  return data.map((image, i) =>
    Json.ofValue<ImageEvent>({
      type,
      ...image,
      created_at: created,
      ...rest,
      ...(usage && i === data.length - 1 ? { usage } : {}),
    }),
  );
}
