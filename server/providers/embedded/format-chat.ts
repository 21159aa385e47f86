import type { GenerationRequest } from './engine-protocol.ts';
import type { FormattedChat, NativeContext } from './llama-binding.ts';

/** Renders the chat with the model's own template. Throws when the template or a schema cannot. */
export function formatChat(context: NativeContext, request: GenerationRequest): FormattedChat {
  return context.getFormattedChat(request.messages, undefined, chatOptions(request));
}

/** What a completion needs to know of the chat, beside how to sample. */
export function completionOptions(request: GenerationRequest, chat: FormattedChat): Record<string, unknown> {
  // A grammar given by hand counts as the user's own and would have to match the generation prompt too; the binding
  // formats the chat again, so that it knows where the grammar comes from.
  if (chat.grammar !== '') return { ...chatOptions(request), messages: request.messages };
  const { prompt, chat_format, chat_parser, generation_prompt } = chat;
  return { prompt, chat_format, chat_parser, generation_prompt, reasoning_format: 'auto' };
}

function chatOptions(request: GenerationRequest): Record<string, unknown> {
  const { tools, toolChoice, parallelToolCalls, schema, thinking } = request;
  return {
    jinja: true,
    // With `auto` the grammar of a schema lets any thoughts come before the JSON, whatever `enable_thinking` says.
    reasoning_format: schema !== null && !thinking ? 'none' : 'auto',
    enable_thinking: thinking,
    // The binding's default is `none`, with which a tool call stays raw text.
    tool_choice: toolChoice,
    parallel_tool_calls: parallelToolCalls,
    ...(tools === null ? {} : { tools }),
    ...(schema === null ? {} : { response_format: { type: 'json_schema', json_schema: { schema } } }),
  };
}
