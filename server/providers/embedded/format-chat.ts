import type { GenerationRequest } from './engine-protocol.ts';
import type { FormattedChat, NativeContext } from './llama-binding.ts';

/** Renders the chat with the model's own template. Throws when the template or a schema cannot. */
export function formatChat(context: NativeContext, request: GenerationRequest): FormattedChat {
  return context.getFormattedChat(request.messages, undefined, chatOptions(request));
}

/** The options of a completion that come from the chat; sampling is not among them. */
export function completionOptions(request: GenerationRequest, chat: FormattedChat): Record<string, unknown> {
  // A grammar that is passed separately counts as the user's own, and would have to match the generation prompt as
  // well. So the messages are passed, and the binding formats the chat again.
  if (chat.grammar !== '') return { ...chatOptions(request), messages: request.messages };
  const { prompt, chat_format, chat_parser, generation_prompt } = chat;
  return { prompt, chat_format, chat_parser, generation_prompt, reasoning_format: 'auto' };
}

function chatOptions(request: GenerationRequest): Record<string, unknown> {
  const { tools, toolChoice, parallelToolCalls, schema, thinking } = request;
  return {
    jinja: true,
    // With `auto`, the grammar of a schema allows any thoughts before the JSON, whatever `enable_thinking` says.
    reasoning_format: schema !== null && !thinking ? 'none' : 'auto',
    enable_thinking: thinking,
    // The binding's default is `none`, which leaves tool calls as raw text.
    tool_choice: toolChoice,
    parallel_tool_calls: parallelToolCalls,
    ...(tools === null ? {} : { tools }),
    ...(schema === null ? {} : { response_format: { type: 'json_schema', json_schema: { schema } } }),
  };
}
