import type { Content, ContentPart } from '../../../../contracts/chat/message.ts';
import type { ItemPart } from '../../../../contracts/responses/item.ts';
import { AppError } from '../../../errors/app-error.ts';
import { invalidField } from '../../../errors/invalid-field.ts';
import type { Unsupported } from './unsupported.ts';

const missing = (param: string) => new AppError('missing_field', undefined, { param });

function toFile(part: ItemPart, at: string): ContentPart {
  const { file_data, filename, file_id } = part;
  if (file_data == null && file_id == null) throw missing(`${at}.file_data`);
  const given = { file_data, filename, file_id };
  return { type: 'file', file: Object.fromEntries(Object.entries(given).filter(([, value]) => value != null)) };
}

function toPart(part: ItemPart, at: string, unknown: Unsupported): ContentPart {
  switch (part.type) {
    case 'input_text':
    case 'output_text':
    case 'text':
    case 'summary_text':
      if (part.text == null) throw missing(`${at}.text`);
      return { type: 'text', text: part.text };
    case 'refusal':
      return { type: 'text', text: part.refusal ?? '' };
    case 'input_image':
      // A file that the upstream keeps, for an upstream that gets the request as it is.
      if (unknown === 'skip' && part.file_id != null) return { type: 'text', text: '' };
      if (typeof part.image_url !== 'string') {
        throw invalidField(`${at}.image_url`, 'An image must be an inline data URI in `image_url`.');
      }
      return {
        type: 'image_url',
        image_url: { url: part.image_url, ...(part.detail && part.detail !== 'auto' ? { detail: part.detail } : {}) },
      };
    case 'input_file':
      return toFile(part, at);
    case 'input_audio':
      return { ...part };
    default:
      if (unknown === 'skip') return { type: 'text', text: '' };
      throw invalidField(`${at}.type`, `The gateway does not support parts of the type '${part.type}'.`);
  }
}

/** The content of an item as that of a message: text where it is no more than that. `at` is its path. */
export function toContent(content: string | readonly ItemPart[], at: string, unknown: Unsupported): Content {
  if (typeof content === 'string') return content;
  const parts = content.map((part, i) => toPart(part, `${at}[${i}]`, unknown));
  const [only] = parts;
  return parts.length === 1 && only?.type === 'text' && typeof only.text === 'string' ? only.text : parts;
}
