import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { imageTypeOf } from '../../../contracts/images/data-uri.ts';
import { AppError } from '../../errors/app-error.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { toAppError } from '../../errors/to-wire.ts';
import type { HeldBytes } from '../../features/access/held-bytes.ts';
import { bodyPieces } from '../body-pieces.ts';
import { holdPieces, holdRequest } from '../hooks/hold-request.ts';
import { refuseCodings } from '../json-body/decode-body.ts';
import { type FormPart, readForm, readPart } from './multipart.ts';

/** A form that was read and converted to the fields of the operation's JSON body. */
export class FormBody {
  readonly fields: Record<string, unknown>;

  constructor(fields: Record<string, unknown>) {
    this.fields = fields;
  }
}

/** The longest field that is not a file, in bytes. */
const MAX_TEXT = 256 * 1024;
const NUMBERS = new Set(['n', 'output_compression', 'partial_images']);
/** The names that SDKs give to files in a list: `image`, `image[]`, `image[0]`. */
const IMAGE = /^images?(\[\d*\])?$/;

/**
 * The value of a form field as the schema expects it. A text that is not such a value stays a text, so that the schema
 * refuses it.
 */
function toValue(name: string, text: string): unknown {
  if (NUMBERS.has(name) && /^\d{1,9}$/.test(text)) return Number(text);
  if (name === 'stream' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

/** A file as a data URI, with the type that its first bytes show. A text is taken for a data URI and checked as one. */
async function toImageUrl(part: FormPart, limit: number): Promise<string> {
  const bytes = await readPart(part, limit);
  const start = bytes.toString('latin1', 0, 8);
  if (/^(data:|https?:)/i.test(start)) return bytes.toString('utf8');
  const type = imageTypeOf(bytes.toString('base64', 0, 12));
  if (!type) {
    throw new AppError('image_decode_error', 'The file is not a PNG, JPEG, WebP or GIF image.', { param: part.name });
  }
  return `data:${type};base64,${bytes.toString('base64')}`;
}

/**
 * Reads an `ImageEditRequest` that was sent as a form. The files are held in memory, because they are sent on as part
 * of one body.
 */
async function readImageForm(
  source: AsyncIterable<Buffer>,
  contentType: string | undefined,
  limit: number,
): Promise<FormBody> {
  const images: { image_url: string }[] = [];
  const fields = new Map<string, unknown>();
  for await (const part of readForm(source, contentType, { limit })) {
    const { name } = part;
    if (IMAGE.test(name)) images.push({ image_url: await toImageUrl(part, limit) });
    else if (fields.has(name)) {
      throw invalidField(name.slice(0, 100), `The field '${name.slice(0, 100)}' comes twice.`);
    } else if (name === 'mask') fields.set('mask', { image_url: await toImageUrl(part, limit) });
    else fields.set(name, toValue(name, (await readPart(part, MAX_TEXT)).toString('utf8')));
  }
  if (images.length === 0) {
    throw new AppError('missing_field', "The field 'image' is required.", { param: 'image' });
  }
  return new FormBody({ ...Object.fromEntries(fields), images });
}

/** Translates the `param` of an error from the JSON that the form became to the form that the client sent. */
function toFormParam(thrown: unknown, single: boolean): unknown {
  const error = toAppError(thrown);
  const param = error.param
    ?.replace(/^images\[(\d+)\](\.image_url)?$/, single ? 'image' : 'image[$1]')
    .replace(/^mask\.image_url$/, 'mask');
  if (!param || param === error.param) return thrown;
  return new AppError(error.code, error.message, { param, cause: thrown });
}

/** Lets the routes of a scope accept `multipart/form-data` as well. They see it as a `FormBody`. */
export function acceptImageForms(scope: FastifyInstance, held: HeldBytes): void {
  scope.addContentTypeParser('multipart/form-data', async (request: FastifyRequest, payload: Readable) => {
    refuseCodings(request);
    const pieces = holdPieces(bodyPieces(payload), holdRequest(request, held));
    return readImageForm(pieces, request.headers['content-type'], request.routeOptions.bodyLimit);
  });
  scope.setErrorHandler((error, request) => {
    const images = request.body instanceof FormBody ? request.body.fields.images : null;
    throw Array.isArray(images) ? toFormParam(error, images.length === 1) : error;
  });
}
