import type {
  AssistantMessage,
  ChatCompletion,
  ChatCompletionRequest,
  Usage,
} from '../../../contracts/chat/completion.ts';
import type { ChatMessage, ContentPart } from '../../../contracts/chat/message.ts';
import { toDataUri } from '../../../contracts/images/data-uri.ts';
import { ImageFields, type ImagesResponse } from '../../../contracts/images/generation.ts';
import { newId } from '../../canonical/ids.ts';
import type { ImageRequest } from '../../canonical/image-answer.ts';
import { invalidField } from '../../errors/invalid-field.ts';

const IMAGE_FIELDS = new Set([...Object.keys(ImageFields), 'input_fidelity', 'style']);

/** Fields of a chat that do not concern a picture, or that the gateway has handled itself. */
const WITHOUT_EFFECT = new Set([
  'messages',
  'max_tokens',
  'max_completion_tokens',
  'modalities',
  'stream_options',
  'tool_choice',
  'parallel_tool_calls',
  'store',
  'metadata',
]);

const isNoOp = (field: string, value: unknown): boolean =>
  value == null ||
  (field === 'tools' && Array.isArray(value) && value.length === 0) ||
  (field === 'response_format' && typeof value === 'object' && 'type' in value && value.type === 'text');

/** The fields of a chat that an images endpoint takes. Throws `invalid_field` for a field that it does not support. */
function fieldsOf(request: ChatCompletionRequest): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(request)) {
    if (WITHOUT_EFFECT.has(field) || isNoOp(field, value)) continue;
    if (!IMAGE_FIELDS.has(field)) {
      throw invalidField(
        field.slice(0, 100),
        `'${field.slice(0, 100)}' has no meaning for a model that only makes images.`,
      );
    }
    if (field !== 'response_format') fields[field] = value;
  }
  return fields;
}

const partsOf = ({ content }: ChatMessage): ContentPart[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? []);

const textOf = (message: ChatMessage): string =>
  partsOf(message)
    .flatMap((part) => (typeof part.text === 'string' ? [part.text] : []))
    .join('\n');

/** The pictures of a message: those that a user sent, or those in an answer. */
function imagesOf(message: ChatMessage): string[] {
  const listed: unknown[] = Array.isArray(message.images) ? message.images : [];
  return [...partsOf(message), ...listed].flatMap((part) => {
    if (typeof part !== 'object' || part === null || !('image_url' in part)) return [];
    const image: unknown = part.image_url;
    return typeof image === 'object' && image !== null && 'url' in image && typeof image.url === 'string'
      ? [image.url]
      : [];
  });
}

/**
 * Translates a chat to a request for pictures. The prompt is all its text. The pictures of the latest message that has
 * any are the ones to change.
 */
export function toImageRequest(request: ChatCompletionRequest): ImageRequest {
  const prompt = request.messages.map(textOf).filter(Boolean).join('\n\n');
  if (prompt === '') {
    throw invalidField('messages', 'The request needs a text that describes the image.');
  }
  const images = request.messages.map(imagesOf).findLast((urls) => urls.length > 0);
  const fields = { ...fieldsOf(request), model: request.model, prompt };
  return images ? { ...fields, images: images.map((url) => ({ image_url: url })) } : fields;
}

function toChatUsage(usage: ImagesResponse['usage']): Usage | undefined {
  if (!usage) return undefined;
  const { input_tokens, output_tokens, total_tokens } = usage;
  return { prompt_tokens: input_tokens, completion_tokens: output_tokens, total_tokens };
}

/** Translates the response to a completion. Each picture is a choice, as each of `n` answers is. */
export function toCompletion({ data, created, usage }: ImagesResponse, alias: string): ChatCompletion {
  const counted = toChatUsage(usage);
  return {
    id: newId('chatcmpl-'),
    object: 'chat.completion',
    created,
    model: alias,
    choices: data.map(({ b64_json, url }, index) => {
      const message: AssistantMessage = {
        role: 'assistant',
        content: '',
        refusal: null,
        images: [{ type: 'image_url', image_url: { url: b64_json ? toDataUri(b64_json) : (url ?? '') } }],
      };
      return { index, message, finish_reason: 'stop', logprobs: null };
    }),
    ...(counted ? { usage: counted } : {}),
  };
}
