import { AppError } from '../../errors/app-error.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import type { Blob } from './wire.ts';

/** The longest part before the data, in characters: enough for a media type with parameters. */
const MAX_HEAD = 200;
const HEAD = /^data:([a-z0-9.+-]+\/[a-z0-9.+-]+)(?:;[a-z0-9=._-]+)*;base64,/i;

/** Splits `data:<type>;base64,<data>`. Only the head is parsed, since the data may be megabytes. */
export function splitDataUri(uri: string, param: string): Blob {
  const head = HEAD.exec(uri.slice(0, MAX_HEAD));
  if (head?.[1]) return { mimeType: head[1].toLowerCase(), data: uri.slice(head[0].length) };
  throw invalidField(param, 'Send media inline, as data:<type>;base64,<data>. The gateway does not fetch URLs.');
}

/** Splits the data URI of an image. A URL of an image has an error of its own. */
export function splitImage(uri: string, param: string): Blob {
  if (!/^data:/i.test(uri.slice(0, 5))) throw new AppError('image_url_not_supported', undefined, { param });
  return splitDataUri(uri, param);
}
