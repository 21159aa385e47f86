import { type Body, type Draft, given, type Message } from '../draft.ts';
import { imagesOf } from './attachment-parts.ts';

function toItems(message: Message): Body[] {
  switch (message.role) {
    case 'user':
      return [
        {
          role: 'user',
          content: [
            ...(message.text === '' ? [] : [{ type: 'input_text', text: message.text }]),
            ...imagesOf(message.attachments).map(({ url }) => ({ type: 'input_image', image_url: url })),
          ],
        },
      ];
    case 'assistant':
      return [
        ...(message.text === '' ? [] : [{ role: 'assistant', content: message.text }]),
        ...message.calls.map(({ id, name, arguments: args }) => ({
          type: 'function_call',
          call_id: id,
          name,
          arguments: args,
        })),
      ];
    case 'tool':
      return [{ type: 'function_call_output', call_id: message.result.id, output: message.result.content }];
  }
}

export function toResponseBody(draft: Draft, messages: readonly Message[]): Body {
  const { parameters, tools, schema } = draft;
  return {
    ...given({ model: draft.model, instructions: draft.system }),
    input: messages.flatMap(toItems),
    ...given({
      temperature: parameters.temperature,
      top_p: parameters.topP,
      max_output_tokens: parameters.maxTokens,
      reasoning: parameters.effort === null ? null : { effort: parameters.effort },
    }),
    ...(tools.length === 0 ? {} : { tools: tools.map((tool) => ({ type: 'function', ...given({ ...tool }) })) }),
    ...(schema === null ? {} : { text: { format: { type: 'json_schema', name: 'answer', strict: true, schema } } }),
    ...draft.extra,
    store: false,
    stream: true,
  };
}
