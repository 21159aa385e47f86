import { type Check, type Fault, invalid, misshapen } from './content-check.ts';

/** Longer data is checked in samples: a full scan of megabytes would hold up every other request. In characters. */
const CHECK_WHOLE = 64 * 1024;
const SAMPLE = 1024;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

function isBase64(data: string, start: number): boolean {
  const length = data.length - start;
  if (length === 0 || length % 4 === 1) return false;
  if (length <= CHECK_WHOLE) return BASE64.test(data.slice(start));
  const step = Math.floor(length / 16);
  for (let at = start; at + SAMPLE < data.length - 2; at += step) {
    if (!/^[A-Za-z0-9+/]*$/.test(data.slice(at, at + SAMPLE))) return false;
  }
  return BASE64.test(data.slice(-SAMPLE));
}

/** The frames of `video/jpeg` are separated by commas. An address among them would have to be read in full to be found. */
const areFrames = (data: string, start: number): boolean =>
  data.indexOf(':', start) < 0 && data.indexOf('.', start) < 0;

/** The head of a data URI is shorter, with all its parameters. In characters. */
const MAX_HEAD = 200;
const HEAD = /^data:([a-z0-9.+-]+\/[a-z0-9.+-]+)(?:;[a-z0-9=._-]+)*;base64,/i;

const isDataUri = (uri: string) => /^data:/i.test(uri.slice(0, 5));

/** SVG is not on the list, because programs that draw it fetch the addresses in it. */
const IMAGES = /^image\/(?:png|apng|jpe?g|webp|gif|bmp|tiff|hei[cf]|avif)$/;
const AUDIO =
  /^audio\/(?:wav|x-wav|wave|vnd\.wave|mp3|mpeg|mpga|mp4|m4a|x-m4a|aac|ogg|opus|flac|x-flac|webm|aiff|x-aiff|amr|3gpp|pcm|l16|basic)$/;
/** `video/jpeg` is vLLM's list of single frames. */
const VIDEO =
  /^video\/(?:mp4|m4v|x-m4v|mpeg|mpg|mpegps|mov|quicktime|avi|x-msvideo|webm|x-matroska|x-flv|wmv|x-ms-wmv|3gpp|3gpp2|ogg|jpeg)$/;
const FILES =
  /^(?:text\/[a-z0-9.+-]+|application\/(?:pdf|json|jsonl|ld\+json|xml|yaml|x-[a-z0-9.+-]+|rtf|msword|epub\+zip|vnd\.(?:ms-|openxmlformats-officedocument|oasis\.opendocument)[a-z0-9.+-]*))$/;

/** Playlists and drawings are text that names other addresses, whatever type is declared: FFmpeg goes by the content. */
const NAMES_OTHERS = /^(?:\ufeff|\s)*(?:#EXT|ffconcat|<|\[playlist|v=0)/i;
const MAGIC_CHARS = 64;

/** Whether media begin as a playlist or a drawing does. `start` is where their base64 begins. */
const pointsElsewhere = (data: string, start: number): boolean =>
  namesOthers(Buffer.from(data.slice(start, start + MAGIC_CHARS), 'base64'));

/** Whether media begin as a text does that names other addresses. */
export const namesOthers = (beginning: Buffer): boolean =>
  NAMES_OTHERS.test(beginning.toString('utf8', 0, MAGIC_CHARS));

/**
 * An image that is not an inline base64 data URI is `image_url_not_supported` (an address, which a model server might
 * fetch from inside the operator's network) or `image_decode_error` (a broken one).
 */
export function faultOfImage(url: string): Fault | null {
  if (!isDataUri(url)) {
    return {
      path: '',
      code: 'image_url_not_supported',
      message:
        "Cloud providers don't fetch URLs server-side. Encode the image as a base64 data URI (data:image/<type>;base64,<data>).",
    };
  }
  const head = HEAD.exec(url.slice(0, MAX_HEAD));
  const start = head?.[0].length ?? 0;
  const known = head?.[1] !== undefined && IMAGES.test(head[1].toLowerCase());
  if (known && isBase64(url, start) && !pointsElsewhere(url, start)) return null;
  return {
    path: '',
    code: 'image_decode_error',
    message:
      'The image is not a valid data URI: data:image/<type>;base64,<standard base64>, of a type such as png or jpeg.',
  };
}

/** A picture as a data URI. */
export const image: Check = (value, sender) =>
  typeof value === 'string' ? faultOfImage(value) : misshapen(value, sender, 'a data URI');

const inline =
  (kinds: readonly RegExp[], what: string): Check =>
  (value, sender) => {
    if (typeof value !== 'string') return misshapen(value, sender, 'a data URI');
    const head = HEAD.exec(value.slice(0, MAX_HEAD));
    const type = head?.[1]?.toLowerCase();
    if (type !== undefined && kinds.some((kind) => kind.test(type))) {
      const start = head?.[0].length ?? 0;
      const isWhole = type === 'video/jpeg' ? areFrames(value, start) : isBase64(value, start);
      if (isWhole && (FILES.test(type) || !pointsElsewhere(value, start))) return null;
    }
    return invalid(`${what} must be an inline data URI (data:<type>;base64,<data>); addresses are not fetched.`);
  };

/** Recordings and films as data URIs. */
export const audio = inline([AUDIO], 'Audio');
export const video = inline([VIDEO], 'A video');
/** A file as a data URI, of a type that models read. */
export const file = inline([FILES, IMAGES, AUDIO, VIDEO], 'A file');

/** An MP3 recording may begin with `//`, as an address without a scheme does; no recording is so short. In characters. */
const SHORTEST_RECORDING = 256;

/** The base64 of a recording alone, which some clients send as a data URI. */
export const recording: Check = (value, sender) => {
  if (typeof value !== 'string' || isDataUri(value)) return audio(value, sender);
  const isShort = value.startsWith('//') && value.length < SHORTEST_RECORDING;
  if (isBase64(value, 0) && !isShort && !pointsElsewhere(value, 0)) return null;
  return value === '' ? null : invalid('Audio must be inline, as base64; addresses are not fetched.');
};

/** The base64 of a file alone. */
export const base64: Check = (value, sender) => {
  if (typeof value !== 'string') return misshapen(value, sender, 'base64');
  return isBase64(value, 0) ? null : invalid('This must be standard base64, without line breaks.');
};
