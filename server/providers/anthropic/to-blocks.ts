import type { Content, ContentPart } from '../../../contracts/chat/message.ts';
import { AppError } from '../../errors/app-error.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { cacheOf } from './cache-mark.ts';
import type { Block } from './wire.ts';

const IMAGE_TYPES = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp']);

interface DataUri {
  readonly mediaType: string;
  readonly data: string;
}

/** Splits a data URI. Only its start is parsed, since the data may be megabytes. */
function parseDataUri(uri: string): DataUri | null {
  const head = /^data:([a-z]+\/[a-z0-9.+-]+)(?:;[a-z0-9=._-]+)*;base64,/i.exec(uri.slice(0, 200));
  return head?.[1] ? { mediaType: head[1].toLowerCase(), data: uri.slice(head[0].length) } : null;
}

const fieldOf = (holder: unknown, name: string): unknown =>
  typeof holder === 'object' && holder !== null ? new Map(Object.entries(holder)).get(name) : undefined;

function toImage(part: ContentPart, param: string): Block {
  const url = fieldOf(part.image_url, 'url');
  const image = typeof url === 'string' ? parseDataUri(url) : null;
  if (!image) {
    throw new AppError('image_url_not_supported', 'Send the image as a base64 data URI.', {
      param: `${param}.image_url.url`,
    });
  }
  const mediaType = image.mediaType === 'image/jpg' ? 'image/jpeg' : image.mediaType;
  if (!IMAGE_TYPES.has(mediaType)) {
    throw invalidField(`${param}.image_url.url`, `Anthropic accepts JPEG, PNG, GIF and WebP images, not ${mediaType}.`);
  }
  // Anthropic always looks at an image as closely as its limits allow, which is what `auto` and `high` ask for.
  if (fieldOf(part.image_url, 'detail') === 'low') {
    throw invalidField(`${param}.image_url.detail`, 'Anthropic does not support a low detail.');
  }
  return { type: 'image', source: { type: 'base64', media_type: mediaType, data: image.data }, ...cacheOf(part) };
}

/** A document block from OpenAI's `file` part with inline data. */
function toDocument(part: ContentPart, param: string): Block {
  if (fieldOf(part.file, 'file_id') != null) {
    throw invalidField(`${param}.file.file_id`, 'Anthropic does not have the files of OpenAI: send `file_data`.');
  }
  const given = fieldOf(part.file, 'file_data');
  const file = typeof given === 'string' ? parseDataUri(given) : null;
  const title = fieldOf(part.file, 'filename');
  const rest = { ...(typeof title === 'string' ? { title } : {}), ...cacheOf(part) };
  if (file?.mediaType === 'application/pdf') {
    const source = { type: 'base64', media_type: file.mediaType, data: file.data };
    return { type: 'document', source, ...rest };
  }
  if (file?.mediaType === 'text/plain') {
    const data = Buffer.from(file.data, 'base64').toString('utf8');
    return { type: 'document', source: { type: 'text', media_type: file.mediaType, data }, ...rest };
  }
  throw invalidField(`${param}.file.file_data`, 'Send the file as a base64 data URI of application/pdf or text/plain.');
}

function toBlock(part: ContentPart, param: string): Block {
  if (part.type === 'text' && typeof part.text === 'string') {
    return { type: 'text', text: part.text, ...cacheOf(part) };
  }
  if (part.type === 'refusal' && typeof part.refusal === 'string') return { type: 'text', text: part.refusal };
  if (part.type === 'image_url') return toImage(part, param);
  if (part.type === 'file') return toDocument(part, param);
  throw invalidField(`${param}.type`, `Anthropic does not accept parts of the type '${part.type}'.`);
}

/**
 * The blocks of a content; `param` is its path in the request. Blank texts are left out, since Anthropic refuses them.
 */
export function toBlocks(content: Content | null | undefined, param: string): Block[] {
  const parts: readonly ContentPart[] =
    typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? []);
  return parts
    .map((part, i) => toBlock(part, `${param}[${i}]`))
    .filter(({ text }) => typeof text !== 'string' || text.trim() !== '');
}

/** The blocks of a content that may only hold text, as in system and assistant messages. */
export function toTextBlocks(content: Content | null | undefined, param: string): Block[] {
  const blocks = toBlocks(content, param);
  if (blocks.every(({ type }) => type === 'text')) return blocks;
  const at = Array.isArray(content) ? content.findIndex(({ type }) => type !== 'text' && type !== 'refusal') : 0;
  throw invalidField(`${param}[${at}].type`, 'Anthropic accepts only text in messages of this role.');
}
