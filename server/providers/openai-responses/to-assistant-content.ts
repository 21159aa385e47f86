import type { ChatMessage } from '../../../contracts/chat/message.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { fromChatAnnotations } from './annotations.ts';
import { unsupported } from './refuse.ts';
import { textOf } from './to-content.ts';

type OutputPart =
  | { readonly type: 'output_text'; readonly text: string; readonly annotations: object[] }
  | { readonly type: 'refusal'; readonly refusal: string };

function partsOf({ content }: ChatMessage, at: string): OutputPart[] {
  if (content == null || content === '') return [];
  if (typeof content === 'string') return [{ type: 'output_text', text: content, annotations: [] }];
  return content.map((part, i) => {
    const place = `${at}.content[${i}]`;
    if (part.type === 'text') return { type: 'output_text', text: textOf(part, place), annotations: [] };
    if (part.type === 'refusal' && 'refusal' in part && typeof part.refusal === 'string') {
      return { type: 'refusal', refusal: part.refusal };
    }
    throw unsupported(`${place}.type`, `A part of type '${part.type}' in an answer`);
  });
}

/** The content of an assistant message; null when it is empty. `at` is the path of the message. */
export function toAssistantContent(message: ChatMessage, at: string): string | OutputPart[] | null {
  const { content, refusal } = message;
  const annotations = fromChatAnnotations(message.annotations);
  if (!annotations) throw invalidField(`${at}.annotations`, 'Annotations must be a list of objects with a type.');
  if (typeof content === 'string' && content !== '' && refusal == null && annotations.length === 0) return content;
  const parts = partsOf(message, at);
  for (const part of parts) {
    if (part.type === 'output_text') part.annotations.push(...annotations.splice(0));
  }
  if (typeof refusal === 'string' && refusal !== '') parts.push({ type: 'refusal', refusal });
  return parts.length > 0 ? parts : null;
}
