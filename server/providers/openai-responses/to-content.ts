import { z } from 'zod';
import type { Content, ContentPart } from '../../../contracts/chat/message.ts';
import { AppError } from '../../errors/app-error.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { expectOnly, unsupported } from './refuse.ts';

/** A part of the input: `InputContent` of OpenAI's OpenAPI document. */
export type InputPart =
  | { readonly type: 'input_text'; readonly text: string }
  | { readonly type: 'input_image'; readonly image_url: string; readonly detail: string }
  | { readonly type: 'input_file'; readonly file_data?: string; readonly filename?: string; readonly file_id?: string };

/** `cache_control` is a hint to other vendors that does not change the answer; OpenAI caches by itself. */
const TEXT_FIELDS = new Set(['type', 'text', 'cache_control']);
const IMAGE_FIELDS = new Set(['type', 'image_url', 'cache_control']);
const FILE_FIELDS = new Set(['type', 'file', 'cache_control']);
const IMAGE_INNER = new Set(['url', 'detail']);
const FILE_INNER = new Set(['file_data', 'filename', 'file_id']);

const Text = z.object({ text: z.string() });
const Image = z.object({ image_url: z.looseObject({ url: z.string(), detail: z.string().nullish() }) });
const File = z.object({
  file: z.looseObject({
    file_data: z.string().nullish(),
    filename: z.string().nullish(),
    file_id: z.string().nullish(),
  }),
});

function shapeOf<T>(schema: z.ZodType<T>, part: ContentPart, at: string): T {
  const parsed = schema.safeParse(part);
  if (parsed.success) return parsed.data;
  throw invalidField(at, `This part does not have the fields of the type '${part.type}'.`);
}

/** The text of a part; `at` is its path. */
export function textOf(part: ContentPart, at: string): string {
  expectOnly(part, TEXT_FIELDS, at);
  return shapeOf(Text, part, at).text;
}

function toImage(part: ContentPart, at: string): InputPart {
  expectOnly(part, IMAGE_FIELDS, at);
  const { image_url: image } = shapeOf(Image, part, at);
  expectOnly(image, IMAGE_INNER, `${at}.image_url`);
  return { type: 'input_image', image_url: image.url, detail: image.detail ?? 'auto' };
}

function toFile(part: ContentPart, at: string): InputPart {
  expectOnly(part, FILE_FIELDS, at);
  const { file } = shapeOf(File, part, at);
  expectOnly(file, FILE_INNER, `${at}.file`);
  return {
    type: 'input_file',
    ...(file.file_data != null ? { file_data: file.file_data } : {}),
    ...(file.filename != null ? { filename: file.filename } : {}),
    ...(file.file_id != null ? { file_id: file.file_id } : {}),
  };
}

function toInputPart(part: ContentPart, at: string): InputPart {
  switch (part.type) {
    case 'text':
      return { type: 'input_text', text: textOf(part, at) };
    case 'image_url':
      return toImage(part, at);
    case 'file':
      return toFile(part, at);
    default:
      throw unsupported(`${at}.type`, `A part of type '${part.type}'`);
  }
}

/** The content of a system, developer, user or tool message; `at` is the message's path. */
export function toInputContent(content: Content | null | undefined, at: string): string | InputPart[] {
  if (content == null) throw new AppError('missing_field', 'This message has no content.', { param: `${at}.content` });
  if (typeof content === 'string') return content;
  return content.map((part, i) => toInputPart(part, `${at}.content[${i}]`));
}
