import type { ImagesResponse } from '../../../contracts/images/generation.ts';
import { withoutMark } from '../../canonical/byte-order-mark.ts';
import { type ImageRequest, inForm } from '../../canonical/image-answer.ts';
import { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import { readErrorEvent } from '../http/read-error.ts';

const broken = (message: string, cause?: unknown) => new AppError('upstream_broken', message, { cause });

export function parse<T extends object>(bytes: Buffer): Json<T> {
  const json = Json.ofBytes<T>(withoutMark(bytes));
  let value: unknown;
  try {
    ({ value } = json);
  } catch (cause) {
    throw broken('The upstream sent something that is not JSON.', cause);
  }
  if (typeof value !== 'object' || value === null) throw broken('The upstream sent something that is not an answer.');
  if ('error' in value && value.error) throw readErrorEvent(value);
  return json;
}

/** The answer to a request for pictures: as it came, or with its pictures in the requested form. */
export function readImages(bytes: Buffer, request: ImageRequest): Json<ImagesResponse> {
  if (bytes.length === 0) throw broken('The upstream sent an empty answer.');
  const answer = parse<ImagesResponse>(bytes);
  const { data } = answer.value;
  if (!Array.isArray(data) || data.length === 0) throw broken('The upstream sent an answer without images.');
  const shown = data.map((image) => inForm(image, request.response_format));
  const changes: Partial<ImagesResponse> = {};
  if (shown.some((image, i) => image !== data[i])) changes.data = shown;
  if (typeof answer.value.created !== 'number') changes.created = Math.floor(Date.now() / 1000);
  return Object.keys(changes).length > 0 ? answer.assign(changes) : answer;
}
