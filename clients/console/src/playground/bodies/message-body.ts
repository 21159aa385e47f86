import { parseJson } from '../../parts/json.ts';
import { type Body, type Draft, given, type Message, type Picture } from '../draft.ts';

/** The Messages API needs a length. */
const DEFAULT_MAX_TOKENS = 1024;

function toImage({ url }: Picture): Body {
  const [, media_type = 'image/png', data = ''] = /^data:([^;,]+);base64,(.*)$/s.exec(url) ?? [];
  return { type: 'image', source: { type: 'base64', media_type, data } };
}

const inputOf = (args: string): unknown => parseJson(args) ?? {};

function toMessage(message: Message): Body {
  switch (message.role) {
    case 'user':
      return {
        role: 'user',
        content:
          message.pictures.length === 0
            ? message.text
            : [
                ...message.pictures.map(toImage),
                ...(message.text === '' ? [] : [{ type: 'text', text: message.text }]),
              ],
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
