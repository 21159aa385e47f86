import { estimateTokens } from '../../canonical/estimate-tokens.ts';
import { isObject } from '../../canonical/json.ts';
import type { Steps } from '../../canonical/write-in-steps.ts';

/** How much of a request may reach the model, in tokens. */
export interface RequestSize {
  /** Rather too many than too few. */
  readonly tokens: number;
  /** The upper bound for any tokenizer: a token is at least one byte of text. */
  readonly ceiling: number;
}

export interface MeasuredRequest extends RequestSize {
  /** Whether it asks the vendor to keep a part of the prompt cached for an hour (Anthropic's `ttl`). */
  readonly cachesForHour: boolean;
}

/** The quotes and the colon of a field; the comma or the bracket of a value. */
const TOKENS_PER_NAME = 1;
const TOKENS_PER_ITEM = 1;

/** Texts are weighed in pieces, because `estimateTokens` takes samples of longer ones. In UTF-16 units. */
const PIECE = 256 * 1024;

/** Requests with more text than this, in long texts, take so long to weigh that others would wait. In UTF-16 units. */
const MUCH_TEXT = 1024 * 1024;

/** The tokens of a picture: vendors count 85 to 1,600 for most, and up to about 48,000 (gpt-4o-mini). */
const TOKENS_PER_IMAGE = 1_600;
const MOST_PER_IMAGE = 48_000;

/** A page of a PDF, with text and picture: Anthropic counts 1,500 to 3,000 tokens of text. Its size is in bytes. */
const TOKENS_PER_PAGE = 2_000;
const BYTES_PER_PAGE = 40_000;

/** How many base64 characters of a sound or a film make a token. The number is low, so that estimates are high. */
const CHARS_PER_MEDIA_TOKEN = 200;
const FEWEST_PER_MEDIA_TOKEN = 20;

/** The top-level fields whose content parts may hold pictures, sounds, films and files. Elsewhere their bytes are text. */
const CONTENT_FIELDS: ReadonlySet<string> = new Set(['messages', 'input', 'images', 'mask', 'system']);

/** The top-level fields that may be lists of tokens: there a number is one token. */
const TOKEN_FIELDS: ReadonlySet<string> = new Set(['prompt', 'input']);

/** The fields that hold the bytes of a content part, and the fields that their object may stand in; null: any. */
const PAYLOADS: ReadonlyMap<string, ReadonlySet<string> | null> = new Map([
  ['url', new Set(['image_url', 'audio_url', 'video_url'])],
  ['data', new Set(['source', 'input_audio', 'input_video'])],
  ['image_url', null],
  ['file_data', null],
]);

const DATA_URI = /^data:([a-z]+\/[a-z0-9.+-]+)[;,]/i;

const weighPiece = (text: string): RequestSize => ({ tokens: estimateTokens(text), ceiling: Buffer.byteLength(text) });

const digitsOf = (value: number): number => Math.ceil(String(value).length / 2);

/** An object or list of a request: its name, and the top-level field that it belongs to. */
interface Node {
  readonly value: object;
  readonly name: string;
  readonly field: string;
}

/** The names of pictures, sounds, films and PDFs. */
const MEDIA_NAME =
  /\.(?:a?png|jpe?g|webp|gif|bmp|tiff?|hei[cf]|avif|wav|mp[34]|mpe?g|mpga|m4[av]|aac|og[gv]|opus|flac|aiff?|amr|3gpp?|mov|avi|webm|mkv|wmv|flv|pdf)$/i;
const HAS_ENDING = /\.[a-z0-9]{1,8}$/i;

/** Each kind of picture, sound and film begins with bytes that no text has. In characters of base64. */
const HEAD_CHARS = 64;

/** Whether bytes are text: without control characters, other than those that part lines and words. */
const isPlainText = (text: string): boolean =>
  [...text].every((char) => char !== '\ufffd' && (char >= ' ' || '\t\n\r\f'.includes(char)));

/** Whether a medium is text, whatever it is declared to be: servers go by the name of a file, or by what is in it. */
function isText(uri: string, type: string, name: unknown): boolean {
  if (typeof name === 'string' && HAS_ENDING.test(name.slice(-20)) && !MEDIA_NAME.test(name.slice(-20))) return true;
  const at = uri.indexOf(',') + 1;
  const head = Buffer.from(uri.slice(at, at + HEAD_CHARS), 'base64').toString('utf8');
  return type !== 'application/pdf' && uri.length - at > HEAD_CHARS && isPlainText(head);
}

/** The media type of a payload: that of its data URI, or what stands beside it. Null: it is text. */
function mediaTypeOf(payload: string, { value }: Node): string | null {
  const uri = DATA_URI.exec(payload.slice(0, 200));
  const { type, media_type: mediaType, format, filename }: Record<string, unknown> = { ...value };
  if (uri?.[1]) {
    const declared = uri[1].toLowerCase();
    return isText(payload, declared, filename) ? 'text/plain' : declared;
  }
  if (type === 'base64' && typeof mediaType === 'string') return mediaType.toLowerCase();
  return typeof format === 'string' && type === undefined ? `audio/${format}` : null;
}

/** The text of a file in a data URI. Data that is not base64 is returned unchanged. */
function fileText(payload: string): string {
  const at = payload.indexOf(',') + 1;
  const isBase64 = payload.slice(0, at).toLowerCase().endsWith(';base64,');
  return isBase64 ? Buffer.from(payload.slice(at), 'base64').toString('utf8') : payload;
}

/** Sound and film; `length` is that of their base64. */
const weighSound = (length: number): RequestSize => ({
  tokens: Math.max(TOKENS_PER_IMAGE, Math.ceil(length / CHARS_PER_MEDIA_TOKEN)),
  ceiling: Math.max(MOST_PER_IMAGE, Math.ceil(length / FEWEST_PER_MEDIA_TOKEN)),
});

/** A file of sound of so many bytes, and the words beside it. */
export function measureSound(bytes: number, text: string): MeasuredRequest {
  const sound = weighSound(Math.ceil(bytes / 0.75));
  const said = new RequestScale({ text }).estimate();
  return {
    tokens: sound.tokens + said.tokens,
    ceiling: sound.ceiling + said.ceiling,
    cachesForHour: false,
  };
}

/** Null: it is text. */
function weighPayload(payload: string, type: string): RequestSize | null {
  const { length } = payload;
  if (/^image\/(?!svg)/.test(type)) return { tokens: TOKENS_PER_IMAGE, ceiling: MOST_PER_IMAGE };
  if (/^(audio|video)\//.test(type)) return weighSound(length);
  // Four characters of base64 hold three bytes.
  const bytes = Math.ceil(length * 0.75);
  if (type === 'application/pdf') {
    return { tokens: Math.ceil(bytes / BYTES_PER_PAGE) * TOKENS_PER_PAGE, ceiling: Math.max(bytes, MOST_PER_IMAGE) };
  }
  return null;
}

/** Reads a string of a request: its size when it is a medium, else its text. */
function readString(text: string, key: string, node: Node): RequestSize | string {
  const parents = CONTENT_FIELDS.has(node.field) ? PAYLOADS.get(key) : undefined;
  const mayBePayload = parents === null || parents?.has(node.name);
  const type = mayBePayload ? mediaTypeOf(text, node) : null;
  return type === null ? text : (weighPayload(text, type) ?? fileText(text));
}

/**
 * Measures a whole request, whatever its fields are called: upstreams put tools, schemas, documents, variables of the
 * chat template and more into the prompt, and which ones do is not known. Only the bytes of pictures, sounds, films and
 * PDFs in content parts count for less than their text: they reach the model as media.
 */
export class RequestScale implements MeasuredRequest {
  tokens = 0;
  ceiling = 0;
  cachesForHour = false;
  readonly #nodes: Node[] = [];
  /** The texts that are not weighed yet. */
  readonly #longTexts: string[] = [];

  constructor(request: object) {
    for (const [field, value] of Object.entries(request)) {
      this.#addName(field);
      this.#visit(value, field, { value: request, name: '', field });
    }
    for (let node = this.#nodes.pop(); node; node = this.#nodes.pop()) this.#open(node);
  }

  /** Whether `weigh` takes so long that it should be done in steps. */
  get isLong(): boolean {
    return this.#longTexts.reduce((sum, { length }) => sum + length, 0) > MUCH_TEXT;
  }

  /** Weighs every character of the long texts, in steps. */
  *weigh(): Steps<this> {
    for (let text = this.#longTexts.pop(); text !== undefined; text = this.#longTexts.pop()) {
      for (let at = 0; at < text.length; at += PIECE) {
        this.#add(weighPiece(text.slice(at, at + PIECE)));
        yield;
      }
    }
    return this;
  }

  /** Weighs the long texts at once. When that would take long, it weighs samples of each text. */
  estimate(): this {
    if (this.isLong) for (const text of this.#longTexts.splice(0)) this.#add(weighPiece(text));
    const steps = this.weigh();
    while (!steps.next().done);
    return this;
  }

  #open(node: Node): void {
    const { value, name } = node;
    if (Array.isArray(value)) {
      for (const item of value) this.#visit(item, name, node);
      return;
    }
    for (const [key, item] of Object.entries(value)) {
      this.#addName(key);
      this.#visit(item, key, node);
    }
  }

  #visit(value: unknown, key: string, node: Node): void {
    const { field } = node;
    if (typeof value === 'number' && TOKEN_FIELDS.has(field)) {
      this.#addTokens(1, 1);
      return;
    }
    this.#addTokens(TOKENS_PER_ITEM, TOKENS_PER_ITEM);
    if (typeof value === 'string') {
      const read = readString(value, key, node);
      if (typeof read === 'string') this.#addText(read);
      else this.#add(read);
      if (key === 'ttl' && value === '1h') this.cachesForHour = true;
    } else if (isObject(value)) this.#nodes.push({ value, name: key, field });
    else if (typeof value === 'number') this.#addTokens(digitsOf(value), String(value).length);
    else this.#addTokens(1, 5);
  }

  #addName(name: string): void {
    this.#addText(name);
    this.#addTokens(TOKENS_PER_NAME, TOKENS_PER_NAME * 4);
  }

  #addText(text: string): void {
    if (text.length > PIECE) this.#longTexts.push(text);
    else this.#add(weighPiece(text));
  }

  #add({ tokens, ceiling }: RequestSize): void {
    this.#addTokens(tokens, ceiling);
  }

  #addTokens(tokens: number, ceiling: number): void {
    this.tokens += tokens;
    this.ceiling += ceiling;
  }
}

/** Measures a request at once. Many megabytes of text are estimated from samples. */
export const measureRequest = (request: object): MeasuredRequest => new RequestScale(request).estimate();
