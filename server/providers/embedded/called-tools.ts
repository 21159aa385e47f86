import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import type { Tool } from '../../../contracts/chat/message.ts';

/**
 * The tools of a request that ends in results of tool calls but does not send `tools` again, as the second half of a
 * tool loop often does. Templates write tools before the conversation, and models misread the results without them.
 */
export function calledTools({ messages, tools }: ChatCompletionRequest): Tool[] {
  if (tools && tools.length > 0) return tools;
  if (messages.at(-1)?.role !== 'tool') return [];
  const called = messages.flatMap((message) => message.tool_calls ?? []).map((call) => call.function?.name);
  return [...new Set(called)].flatMap((name) =>
    name ? [{ type: 'function', function: { name, parameters: { type: 'object', properties: {} } } }] : [],
  );
}
