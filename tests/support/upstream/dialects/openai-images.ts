import { type Answer, usageOf } from '../answer.ts';
import { type Asked, readAsked } from '../asked.ts';
import type { JsonObject } from '../json.ts';
import { createdAt, type StreamEvent } from './dialect.ts';

/** OpenAI's endpoints for pictures (its images reference), and how chats hold pictures (OpenRouter and others). */

const ENDPOINTS: Readonly<Record<string, Asked['images']>> = {
  '/v1/images/generations': 'generations',
  '/v1/images/edits': 'edits',
};

/** The fields that matter here, of JSON or of a form. */
export function readImagesAsked(path: string, json: unknown, body: Buffer): Asked | null {
  const images = ENDPOINTS[path] ?? null;
  if (!images) return null;
  const form = (name: string) => new RegExp(`name="${name}"\r\n\r\n([^\r]*)\r\n`).exec(body.toString('latin1'))?.[1];
  const read = json === undefined ? { model: form('model'), stream: form('stream') === 'true' } : json;
  return { ...readAsked(read), images };
}

const base64Of = (uri: string) => uri.slice(uri.indexOf(',') + 1);
const pictures = (answer: Answer) => (answer.images ?? []).map(base64Of);

/** `prompt` is counted as text. */
function usage(answer: Answer): JsonObject {
  const { prompt, completion } = usageOf(answer);
  return {
    input_tokens: prompt,
    input_tokens_details: { text_tokens: prompt, image_tokens: 0 },
    output_tokens: completion,
    total_tokens: prompt + completion,
  };
}

export const imagesBody = (answer: Answer): JsonObject => ({
  created: createdAt,
  background: 'opaque',
  data: pictures(answer).map((b64_json) => ({ b64_json })),
  output_format: 'png',
  quality: 'high',
  size: '1024x1024',
  ...(answer.tellUsage === 'never' ? {} : { usage: usage(answer) }),
  ...answer.extra,
});

/** One preview, then the picture, for each. */
export function imageEvents(answer: Answer, endpoint: 'generations' | 'edits'): StreamEvent[] {
  const prefix = endpoint === 'edits' ? 'image_edit' : 'image_generation';
  const rest = {
    created_at: createdAt,
    size: '1024x1024',
    quality: 'high',
    background: 'opaque',
    output_format: 'png',
    ...answer.extra,
  };
  const event = (kind: string, fields: JsonObject): StreamEvent => {
    const type = `${prefix}.${kind}`;
    return { name: type, data: { type, ...fields, ...rest }, token: true };
  };
  return pictures(answer).flatMap((b64_json) => [
    event('partial_image', { b64_json: 'aGFsZg==', partial_image_index: 0 }),
    event('completed', { b64_json, usage: usage(answer) }),
  ]);
}

const toPart = (url: string) => ({ type: 'image_url', image_url: { url } });

/** The fields of a message with pictures, in the shape that the answer asks for. */
export function withImages({ images, imagesAs = 'images', text = [] }: Answer): JsonObject {
  if (!images) return {};
  switch (imagesAs) {
    case 'images':
      return { images: images.map((url, index) => ({ index, ...toPart(url) })) };
    case 'parts':
      return { content: [{ type: 'text', text: text.join('') }, ...images.map(toPart)] };
    case 'markdown':
      return { content: `${text.join('')}${images.map((url) => `![image](${url})`).join('')}` };
    case 'base64':
      return { images: images.map((url) => ({ b64_json: base64Of(url) })) };
    case 'image':
      return { image: { url: images[0], detail: 'auto' } };
  }
}

/** The same as deltas, after those of the text. */
export const imageDeltas = (answer: Answer): JsonObject[] =>
  (answer.images ?? []).map((url) => withImages({ ...answer, text: [], images: [url] }));
