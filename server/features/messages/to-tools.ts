import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import type { Tool } from '../../../contracts/chat/message.ts';
import type { InputMessage, MessageRequest, MessageTool } from '../../../contracts/messages/request.ts';
import { refuse } from './refuse.ts';
import type { Others } from './to-parts.ts';

/** Searches among deferred tools at Anthropic's; here all of them are shown instead. */
const isToolSearch = ({ type }: MessageTool) => /^tool_search_tool/.test(type ?? '');

const isFunction = ({ type }: MessageTool) => type == null || type === 'custom';

/** The tools that results of a client's own search have named so far. */
function referencedTools(messages: readonly InputMessage[]): Set<unknown> {
  const names = new Set<unknown>();
  for (const { content } of messages) {
    if (typeof content === 'string') continue;
    for (const block of content) {
      if (block.type !== 'tool_result' || !Array.isArray(block.content)) continue;
      for (const inner of block.content) if (inner.type === 'tool_reference') names.add(inner.tool_name);
    }
  }
  return names;
}

function toTool(tool: MessageTool, param: string, others: Others): Tool {
  const { name, description, input_schema: schema, strict } = tool;
  if (!isFunction(tool)) {
    if (others === 'keep' && tool.type) return { ...tool, type: tool.type };
    throw refuse(`${param}.type`, `The model of this alias has no tool of type '${tool.type?.slice(0, 50)}'.`);
  }
  if (!name) throw refuse(`${param}.name`, 'A tool needs a name.');
  return {
    type: 'function',
    function: {
      name,
      ...(description == null ? {} : { description }),
      parameters: schema ?? { type: 'object', properties: {} },
      ...(strict == null ? {} : { strict }),
    },
  };
}

function toChoice(choice: NonNullable<MessageRequest['tool_choice']>): ChatCompletionRequest['tool_choice'] {
  if (choice.type === 'any') return 'required';
  if (choice.type !== 'tool') return choice.type;
  if (!choice.name) throw refuse('tool_choice.name', 'A choice of type tool names one.');
  return { type: 'function', function: { name: choice.name } };
}

/** `tools`, `tool_choice` and `parallel_tool_calls`. A deferred tool is shown once a result has named it. */
export function toTools(
  request: Pick<MessageRequest, 'tools' | 'tool_choice' | 'messages'>,
  others: Others,
): Pick<ChatCompletionRequest, 'tools' | 'tool_choice' | 'parallel_tool_calls'> {
  const { tools: given, tool_choice: choice, messages } = request;
  const all = given ?? [];
  const showAll = all.some(isToolSearch) || !all.some((tool) => tool.defer_loading);
  const named = showAll ? new Set<unknown>() : referencedTools(messages);
  const isShown = (tool: MessageTool) =>
    !isToolSearch(tool) && (showAll || !tool.defer_loading || named.has(tool.name) || choice?.name === tool.name);
  const tools = all.flatMap((tool, i) => (isShown(tool) ? [toTool(tool, `tools[${i}]`, others)] : []));
  if (tools.length === 0) return {};
  return {
    tools,
    ...(choice ? { tool_choice: toChoice(choice) } : {}),
    ...(choice?.disable_parallel_tool_use ? { parallel_tool_calls: false } : {}),
  };
}
