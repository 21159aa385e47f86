import { AppError } from '../../errors/app-error.ts';

/** Longer data is checked in samples: a full scan of megabytes would hold up every other request. */
const CHECK_WHOLE = 64 * 1024;
const SAMPLE = 1024;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

function isBase64(url: string, start: number): boolean {
  const length = url.length - start;
  if (length === 0 || length % 4 === 1) return false;
  if (length <= CHECK_WHOLE) return BASE64.test(url.slice(start));
  const step = Math.floor(length / 16);
  for (let at = start; at + SAMPLE < url.length - 2; at += step) {
    if (!/^[A-Za-z0-9+/]*$/.test(url.slice(at, at + SAMPLE))) return false;
  }
  return BASE64.test(url.slice(-SAMPLE));
}

/**
 * Refuses an image that is not an inline base64 data URI: `image_url_not_supported` for an address (which a model
 * server might fetch, from inside the operator's network), `image_decode_error` for a broken one.
 */
export function checkImage(url: string, param: string): void {
  if (!/^data:/i.test(url.slice(0, 5))) {
    throw new AppError(
      'image_url_not_supported',
      "Cloud providers don't fetch URLs server-side. Encode the image as a base64 data URI (data:image/<type>;base64,<data>).",
      { param },
    );
  }
  const header = /^data:image\/[a-z0-9.+-]+(?:;[a-z0-9=._-]+)*;base64,/i.exec(url.slice(0, 200));
  if (!header || !isBase64(url, header[0].length)) {
    throw new AppError(
      'image_decode_error',
      'The image is not a valid data URI: data:image/<type>;base64,<standard base64>.',
      { param },
    );
  }
}
