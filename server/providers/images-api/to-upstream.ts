import { splitDataUri } from '../../../contracts/images/data-uri.ts';
import { type ImageRequest, isEdit } from '../../canonical/image-answer.ts';
import { AppError } from '../../errors/app-error.ts';
import { type FormFile, toForm } from './to-form.ts';

/** Models that always answer with base64, and refuse `response_format`. */
const ALWAYS_BASE64 = /(^|\/)(chatgpt-image|gpt-image)/;

/** The fields that are sent on unchanged. The gateway itself chooses the form of the pictures. */
function fieldsOf(request: ImageRequest, model: string, stream: boolean): Record<string, unknown> {
  const { images, mask, stream: _, response_format, ...fields } = request;
  return {
    ...fields,
    model,
    ...(ALWAYS_BASE64.test(model) ? {} : { response_format: 'b64_json' }),
    ...(stream ? { stream } : {}),
  };
}

function toFile(name: string, uri: string, param: string): FormFile {
  const file = splitDataUri(uri);
  if (!file) throw new AppError('image_decode_error', undefined, { param });
  const type = file.mediaType.split('/')[1] ?? 'png';
  return {
    name,
    filename: `${name.replace('[]', '')}.${type}`,
    mediaType: file.mediaType,
    bytes: Buffer.from(file.data, 'base64'),
  };
}

/** A value as a form field, which is always a text. */
const toText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

/** The request in the form that OpenAI's images endpoints take: JSON for new pictures, a form for edits. */
export function toUpstream(
  request: ImageRequest,
  model: string,
  stream: boolean,
): { path: string; contentType: string; body: Buffer } {
  const fields = fieldsOf(request, model, stream);
  if (!isEdit(request)) {
    const body = Buffer.from(JSON.stringify(fields));
    return { path: '/images/generations', contentType: 'application/json', body };
  }
  const name = request.images.length > 1 ? 'image[]' : 'image';
  const files = request.images.map((image, i) => toFile(name, image.image_url, `images[${i}].image_url`));
  if (request.mask) files.push(toFile('mask', request.mask.image_url, 'mask.image_url'));
  const texts = Object.entries(fields).flatMap(([key, value]) => (value == null ? [] : [[key, toText(value)]]));
  return { path: '/images/edits', ...toForm(Object.fromEntries(texts), files) };
}
