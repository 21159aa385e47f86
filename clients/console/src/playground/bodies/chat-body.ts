import { type Attachment, type Body, type Draft, given, type Message } from '../draft.ts';
import { toChatPart } from './attachment-parts.ts';

export const toContent = (text: string, attachments: readonly Attachment[]): unknown =>
  attachments.length === 0 ? text : [...(text === '' ? [] : [{ type: 'text', text }]), ...attachments.map(toChatPart)];

function toMessage(message: Message): Body {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: toContent(message.text, message.attachments) };
    case 'assistant':
      return {
        role: 'assistant',
        content: message.text === '' && message.calls.length > 0 ? null : message.text,
        ...(message.calls.length === 0
          ? {}
          : {
              tool_calls: message.calls.map(({ id, name, arguments: args }) => ({
                id,
                type: 'function',
                function: { name, arguments: args },
              })),
            }),
      };
    case 'tool':
      return { role: 'tool', tool_call_id: message.result.id, content: message.result.content };
  }
}

/** The fields that `/v1/chat/completions` and `/c1/chat` share. */
export const sampling = ({ parameters, tools, schema, extra }: Draft): Body => ({
  ...given({
    temperature: parameters.temperature,
    top_p: parameters.topP,
    max_tokens: parameters.maxTokens,
    reasoning_effort: parameters.effort,
    seed: parameters.seed,
  }),
  ...(tools.length === 0 ? {} : { tools: tools.map((tool) => ({ type: 'function', function: given({ ...tool }) })) }),
  ...(schema === null
    ? {}
    : { response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } } }),
  ...extra,
  stream: true,
});

export function toChatBody(draft: Draft, messages: readonly Message[]): Body {
  const system = draft.system === '' ? [] : [{ role: 'system', content: draft.system }];
  return {
    model: draft.model,
    messages: [...system, ...messages.map(toMessage)],
    ...sampling(draft),
    stream_options: { include_usage: true },
  };
}
