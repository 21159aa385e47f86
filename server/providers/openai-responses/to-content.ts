import { z } from 'zod';
import type { Content, ContentPart } from '../../../contracts/chat/message.ts';
import { AppError } from '../../errors/app-error.ts';
import { expectOnly, noPlace } from './refuse.ts';

/** A part of what the model reads: `InputContent` of OpenAI's OpenAPI document. */
export type InputPart =
  | { readonly type: 'input_text'; readonly text: string }
  | { readonly type: 'input_image'; readonly image_url: string; readonly detail: string }
  | { readonly type: 'input_file'; readonly file_data?: string; readonly filename?: string; readonly file_id?: string };

const TEXT_FIELDS = new Set(['type', 'text']);
const IMAGE_FIELDS = new Set(['url', 'detail']);
const FILE_FIELDS = new Set(['file_data', 'filename', 'file_id']);

/** A hint of other vendors that changes no answer: OpenAI caches by itself. */
const withHint = (fields: readonly string[]) => new Set([...fields, 'cache_control']);
const PART_FIELDS: Readonly<Record<string, ReadonlySet<string>>> = {
  text: withHint([...TEXT_FIELDS]),
  image_url: withHint(['type', 'image_url']),
  file: withHint(['type', 'file']),
};

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
  throw new AppError('invalid_field', `This '${part.type}' part is malformed.`, { param: at });
}

/** The text of a part; `at` is its path. */
export function textOf(part: ContentPart, at: string): string {
  expectOnly(part, PART_FIELDS.text ?? TEXT_FIELDS, at);
  return shapeOf(Text, part, at).text;
}

function toFile(part: ContentPart, at: string): InputPart {
  const { file } = shapeOf(File, part, at);
  expectOnly(file, FILE_FIELDS, `${at}.file`);
  return {
    type: 'input_file',
    ...(file.file_data != null ? { file_data: file.file_data } : {}),
    ...(file.filename != null ? { filename: file.filename } : {}),
    ...(file.file_id != null ? { file_id: file.file_id } : {}),
  };
}

function toInputPart(part: ContentPart, at: string): InputPart {
  if (part.type === 'text') return { type: 'input_text', text: textOf(part, at) };
  const fields = PART_FIELDS[part.type];
  if (!fields) throw noPlace(`${at}.type`, `A part of type '${part.type}'`);
  expectOnly(part, fields, at);
  if (part.type === 'file') return toFile(part, at);
  const { image_url: image } = shapeOf(Image, part, at);
  expectOnly(image, IMAGE_FIELDS, `${at}.image_url`);
  return { type: 'input_image', image_url: image.url, detail: image.detail ?? 'auto' };
}

/** The content of a system, developer, user or tool message; `at` is the message's path. */
export function toInputContent(content: Content | null | undefined, at: string): string | InputPart[] {
  if (content == null) throw new AppError('missing_field', 'This message has no content.', { param: `${at}.content` });
  if (typeof content === 'string') return content;
  return content.map((part, i) => toInputPart(part, `${at}.content[${i}]`));
}
