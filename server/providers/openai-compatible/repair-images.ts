import type { ImagePart } from '../../../contracts/chat/message.ts';
import { toDataUri } from '../../../contracts/images/data-uri.ts';
import { isObject } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';

const MARKDOWN_IMAGE = '](data:image/';

const isImagePart = (value: unknown): value is ImagePart =>
  isObject(value) && value.type === 'image_url' && isObject(value.image_url) && typeof value.image_url.url === 'string';

const malformed = () => new AppError('upstream_broken', 'The upstream sent an image that is malformed.');

const toPart = (url: string, rest: object = {}): ImagePart => ({ ...rest, type: 'image_url', image_url: { url } });

/** One entry of `images`, in any of the shapes that upstreams send. Throws `upstream_broken` for any other shape. */
function readImage(entry: unknown): ImagePart {
  if (typeof entry === 'string') return toPart(entry);
  if (!isObject(entry)) throw malformed();
  if (isImagePart(entry)) return entry;
  const { type, image_url: image, url, b64_json: base64, ...rest } = entry;
  if (isObject(image) && typeof image.url === 'string')
    return { ...rest, type: 'image_url', image_url: { url: image.url } };
  if (typeof image === 'string') return toPart(image, rest);
  if (typeof url === 'string') return toPart(url, rest);
  if (typeof base64 === 'string') return toPart(toDataUri(base64), rest);
  throw malformed();
}

/**
 * Takes images out of a text in which they stand as `![…](data:image/…)`. It uses no regular expression, since the text
 * can be megabytes long.
 */
function splitMarkdown(text: string): { text: string; images: ImagePart[] } {
  const images: ImagePart[] = [];
  let kept = '';
  let from = 0;
  for (let at = text.indexOf(MARKDOWN_IMAGE); at >= 0; at = text.indexOf(MARKDOWN_IMAGE, at + 1)) {
    const start = text.lastIndexOf('![', at);
    const end = text.indexOf(')', at);
    if (start < from || end < 0) continue;
    images.push(toPart(text.slice(at + 2, end)));
    kept += text.slice(from, start);
    from = end + 1;
    at = end;
  }
  return { text: kept + text.slice(from), images };
}

/** Content parts with images among them, split into a text and images; null when there are none. */
function splitParts(parts: readonly unknown[]): { text: string; images: ImagePart[] } | null {
  const images = parts.flatMap((part) => (isImagePart(part) ? [part] : []));
  if (images.length === 0) return null;
  const texts = parts.flatMap((part) => (isObject(part) && typeof part.text === 'string' ? [part.text] : []));
  return { text: texts.join(''), images };
}

function splitContent(content: unknown): { text: string; images: ImagePart[] } | null {
  if (Array.isArray(content)) return splitParts(content);
  return typeof content === 'string' && content.includes(MARKDOWN_IMAGE) ? splitMarkdown(content) : null;
}

/**
 * Converts the pictures of a message or a delta to one shape: OpenRouter's `images`, with the text in `content`. Other
 * shapes are content parts (vLLM-Omni), one `image` (older LiteLLM), `b64_json`, and Markdown in the text. A URL is
 * left as it is, and never fetched. True when something changed.
 */
export function repairImages(holder: Record<string, unknown>): boolean {
  const listed: unknown[] = Array.isArray(holder.images) ? holder.images : [];
  const split = splitContent(holder.content);
  const single = holder.image == null ? null : readImage(holder.image);
  if (!split?.images.length && !single && listed.every(isImagePart)) return false;
  if (split) holder.content = split.text;
  if (single) delete holder.image;
  const read = listed.map(readImage);
  holder.images = [...read, ...(single ? [single] : []), ...(split?.images ?? [])];
  return true;
}
