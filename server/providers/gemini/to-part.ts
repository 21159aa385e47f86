import type { ContentPart } from '../../../contracts/chat/message.ts';
import { tableOf } from '../../canonical/table-of.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { splitDataUri, splitImage } from './inline-data.ts';
import { hasLevels } from './model-family.ts';
import { asObject, refuseOthers } from './refuse.ts';
import type { RequestPart } from './wire.ts';

/** Fields that do not change the answer: `cache_control` says what to cache, and Gemini caches by itself. */
const HINTS = ['type', 'cache_control'];
const known = (...fields: string[]): ReadonlySet<string> => new Set([...HINTS, ...fields]);

const TEXT = known('text');
const IMAGE = known('image_url');
const AUDIO = known('input_audio');
const AUDIO_URL = known('audio_url');
const VIDEO_URL = known('video_url');
const FILE = known('file');

/** The media types of audio formats. A format that is not listed is used as the subtype. */
const AUDIO_TYPES = tableOf<string>({ mp3: 'audio/mp3', wav: 'audio/wav', m4a: 'audio/mp4' });

const LEVELS = tableOf<string>({ low: 'MEDIA_RESOLUTION_LOW', high: 'MEDIA_RESOLUTION_HIGH' });

function text(value: unknown, param: string): string {
  if (typeof value === 'string') return value;
  throw invalidField(param, 'This must be a text.');
}

function toImage(given: unknown, model: string, param: string): RequestPart {
  const image = asObject(given, param);
  refuseOthers(image, new Set(['url', 'detail']), param);
  const inlineData = splitImage(text(image.url, `${param}.url`), `${param}.url`);
  if (image.detail == null || image.detail === 'auto') return { inlineData };
  const level = typeof image.detail === 'string' ? LEVELS[image.detail] : undefined;
  if (level && hasLevels(model)) return { inlineData, mediaResolution: { level } };
  throw invalidField(`${param}.detail`, 'This model accepts only auto (Gemini 3 and later: also low and high).');
}

function toAudio(given: unknown, param: string): RequestPart {
  const audio = asObject(given, param);
  refuseOthers(audio, new Set(['data', 'format']), param);
  const format = text(audio.format, `${param}.format`).toLowerCase();
  if (!/^[a-z0-9.+-]{1,40}$/.test(format))
    throw invalidField(`${param}.format`, 'This is not the name of an audio format, such as wav or mp3.');
  const data = text(audio.data, `${param}.data`);
  return { inlineData: { mimeType: AUDIO_TYPES[format] ?? `audio/${format}`, data } };
}

function toMedia(given: unknown, param: string): RequestPart {
  const media = asObject(given, param);
  refuseOthers(media, new Set(['url']), param);
  return { inlineData: splitDataUri(text(media.url, `${param}.url`), `${param}.url`) };
}

/** Translates a file. Its name is dropped, since it asks nothing of the model. */
function toFile(given: unknown, param: string): RequestPart {
  const file = asObject(given, param);
  refuseOthers(file, new Set(['file_data', 'filename']), param);
  return { inlineData: splitDataUri(text(file.file_data, `${param}.file_data`), `${param}.file_data`) };
}

/** Translates one content part of a user's message or of a tool's result; `param` is its path in the request. */
export function toPart(part: ContentPart, model: string, param: string): RequestPart {
  const as = (fields: ReadonlySet<string>, field: string) => {
    refuseOthers(part, fields, param);
    return `${param}.${field}`;
  };
  switch (part.type) {
    case 'text':
      return { text: text(part.text, as(TEXT, 'text')) };
    case 'image_url':
      return toImage(part.image_url, model, as(IMAGE, 'image_url'));
    case 'input_audio':
      return toAudio(part.input_audio, as(AUDIO, 'input_audio'));
    case 'audio_url':
      return toMedia(part.audio_url, as(AUDIO_URL, 'audio_url'));
    case 'video_url':
      return toMedia(part.video_url, as(VIDEO_URL, 'video_url'));
    case 'file':
      return toFile(part.file, as(FILE, 'file'));
    default:
      throw invalidField(`${param}.type`, `Gemini does not support a part of the type '${part.type.slice(0, 50)}'.`);
  }
}
