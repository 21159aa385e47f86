import { parseJson } from '../../parts/json.ts';
import { type Attachment, type Body, type Draft, given, type Message } from '../draft.ts';
import { dataOf, imagesOf } from './attachment-parts.ts';

/** The Messages API needs a length. */
const DEFAULT_MAX_TOKENS = 1024;

function toImage(attachment: Attachment): Body {
  const { mediaType, data } = dataOf(attachment);
  return { type: 'image', source: { type: 'base64', media_type: mediaType, data } };
}

const inputOf = (args: string): unknown => parseJson(args) ?? {};

const toContent = (text: string, images: readonly Attachment[]): unknown =>
  images.length === 0 ? text : [...images.map(toImage), ...(text === '' ? [] : [{ type: 'text', text }])];

function toMessage(message: Message): Body {
  switch (message.role) {
    case 'user':
      return {
        role: 'user',
        content: toContent(message.text, imagesOf(message.attachments)),
      };
    case 'assistant':
      return {
        role: 'assistant',
        content: [
          ...(message.text === '' ? [] : [{ type: 'text', text: message.text }]),
          ...message.calls.map(({ id, name, arguments: args }) => ({
            type: 'tool_use',
            id,
            name,
            input: inputOf(args),
          })),
        ],
      };
    case 'tool':
      return {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: message.result.id,
            content: message.result.content,
            ...(message.result.failed ? { is_error: true } : {}),
          },
        ],
      };
  }
}

export function toMessageBody(draft: Draft, messages: readonly Message[]): Body {
  const { parameters, tools } = draft;
  return {
    model: draft.model,
    max_tokens: parameters.maxTokens ?? DEFAULT_MAX_TOKENS,
    ...given({ system: draft.system }),
    messages: messages.map(toMessage),
    ...given({ temperature: parameters.temperature, top_p: parameters.topP }),
    ...(tools.length === 0
      ? {}
      : {
          tools: tools.map(({ name, description, parameters: input_schema }) =>
            given({ name, description, input_schema: input_schema ?? { type: 'object' } }),
          ),
        }),
    ...draft.extra,
    stream: true,
  };
}
