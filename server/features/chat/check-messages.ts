import type { ChatMessage, ContentPart } from '../../../contracts/chat/message.ts';
import type { Modality } from '../../../contracts/models/model.ts';
import { AppError } from '../../errors/app-error.ts';
import type { CatalogModel } from '../models/catalog.ts';
import { checkImage } from './check-image.ts';
import { refuseLookalikes } from './refuse-lookalikes.ts';

const PART_FIELDS = new Set(['type', 'image_url', 'audio_url', 'video_url']);
const URL_FIELD = new Set(['url']);

function modalityOf(part: ContentPart): Modality {
  if (part.type === 'image_url') return 'image';
  if (part.type === 'input_audio' || part.type === 'audio_url') return 'audio';
  return part.type === 'video_url' || part.type === 'input_video' ? 'video' : 'text';
}

/** An `image_url` part's address, whatever shape the schema let through. */
function imageUrl(part: ContentPart): string | null {
  const image = part.image_url;
  if (typeof image !== 'object' || image === null || !('url' in image)) return null;
  return typeof image.url === 'string' ? image.url : null;
}

/** Checks one content part; `param` is its place in the request. */
export function checkPart(model: CatalogModel, part: ContentPart, param: string): void {
  refuseLookalikes(part, PART_FIELDS, `${param}.`);
  for (const [field, value] of Object.entries(part)) {
    if (typeof value === 'object' && value !== null) refuseLookalikes(value, URL_FIELD, `${param}.${field}.`);
  }
  const url = imageUrl(part);
  if (url !== null) checkImage(url, `${param}.image_url.url`);
  checkRemote(part, 'audio_url', param);
  checkRemote(part, 'video_url', param);
  const modality = modalityOf(part);
  if (model.input.includes(modality)) return;
  throw new AppError('modality_not_supported', `The model '${model.alias}' does not accept ${modality} input.`, {
    param,
  });
}

/** vLLM fetches these addresses too. */
function checkRemote(part: ContentPart, field: 'audio_url' | 'video_url', param: string): void {
  const holder = part[field];
  if (typeof holder !== 'object' || holder === null || !('url' in holder)) return;
  if (typeof holder.url === 'string' && /^data:/i.test(holder.url)) return;
  throw new AppError('invalid_field', 'Audio and video must be inline data URIs; addresses are not fetched.', {
    param: `${param}.${field}.url`,
  });
}

/** The pictures of an answer that a client sends back as it got it. */
function checkAnswerImages(model: CatalogModel, images: readonly unknown[], at: string): void {
  for (const [j, image] of images.entries()) {
    const part = typeof image === 'object' && image !== null ? { ...image, type: 'image_url' } : null;
    if (!part || imageUrl(part) === null) {
      throw new AppError('invalid_field', 'An image must be {type: "image_url", image_url: {url}}.', {
        param: `${at}[${j}]`,
      });
    }
    checkPart(model, part, `${at}[${j}]`);
  }
}

/** Checks every content part of every message. */
export function checkMessages(model: CatalogModel, messages: readonly ChatMessage[]): void {
  for (const [i, { content, images }] of messages.entries()) {
    if (Array.isArray(images)) checkAnswerImages(model, images, `messages[${i}].images`);
    if (!Array.isArray(content)) continue;
    for (const [j, part] of content.entries()) {
      if (part.type !== 'text') checkPart(model, part, `messages[${i}].content[${j}]`);
    }
  }
}

export const hasParts = (messages: readonly ChatMessage[]): boolean =>
  messages.some(({ content }) => Array.isArray(content) && content.some(({ type }) => type !== 'text'));

/** The same, but of earlier answers alone; null when they have none. */
export function withoutAnswerMedia(messages: readonly ChatMessage[]): ChatMessage[] | null {
  const answers = messages.filter(({ role }) => role === 'assistant');
  if (!hasParts(answers)) return null;
  return messages.map((message) => (message.role === 'assistant' ? (withoutMedia([message])[0] ?? message) : message));
}

/** The messages without their images, audio and video; a content that was nothing else becomes an empty text. */
export function withoutMedia(messages: readonly ChatMessage[]): ChatMessage[] {
  return messages.map((message) => {
    if (!Array.isArray(message.content)) return message;
    const content = message.content.filter((part) => modalityOf(part) === 'text');
    return { ...message, content: content.length > 0 ? content : '' };
  });
}
