import { isObject } from '../../parts/json.ts';
import { kindOf } from '../attachment.ts';
import type { Attachment, Body } from '../draft.ts';

/** The formats of sound whose names in `input_audio` differ from those of their media types. */
const FORMATS: Readonly<Record<string, string>> = {
  mpeg: 'mp3',
  'x-wav': 'wav',
  wave: 'wav',
  'vnd.wave': 'wav',
  mp4: 'm4a',
  'x-m4a': 'm4a',
};

interface Data {
  readonly mediaType: string;
  /** In base64. */
  readonly data: string;
}

export function dataOf({ url }: Attachment): Data {
  const [, mediaType = 'image/png', data = ''] = /^data:([^;,]+)[^,]*;base64,(.*)$/s.exec(url) ?? [];
  return { mediaType, data };
}

function toSound(attachment: Attachment): Body {
  const { mediaType, data } = dataOf(attachment);
  const subtype = mediaType.slice(mediaType.indexOf('/') + 1);
  return { type: 'input_audio', input_audio: { data, format: FORMATS[subtype] ?? subtype } };
}

/** A part of the content of a message of `/v1/chat/completions` or `/c1/chat`. */
export function toChatPart(attachment: Attachment): Body {
  const { url } = attachment;
  switch (kindOf(url)) {
    case 'audio':
      return toSound(attachment);
    case 'video':
      return { type: 'video_url', video_url: { url } };
    default:
      return { type: 'image_url', image_url: { url } };
  }
}

/** The surfaces that have no parts for sound and video get the images. */
export const imagesOf = (attachments: readonly Attachment[]): readonly Attachment[] =>
  attachments.filter(({ url }) => kindOf(url) === 'image');

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** Null: the part names an address in place of the data. */
const dataUri = (type: string, data: unknown): string | null =>
  typeof data === 'string' ? `data:${type};base64,${data}` : null;

/** The data URI that a part of a message holds, on any surface. */
function uriOf(part: Body): string | null {
  const { input_audio: sound, source } = part;
  if (isObject(sound)) return dataUri(`audio/${textOf(sound.format) ?? 'wav'}`, sound.data);
  if (isObject(source)) return dataUri(textOf(source.media_type) ?? '', source.data);
  const holder = part.image_url ?? part.video_url ?? part.audio_url;
  return textOf(isObject(holder) ? holder.url : holder);
}

/** What is attached by a part of a message, on any surface; null: the part is something else. */
export function readAttachment(part: unknown): Attachment | null {
  if (!isObject(part)) return null;
  const url = uriOf(part);
  return url === null ? null : { name: '', url };
}
