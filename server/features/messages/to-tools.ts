import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import type { Tool } from '../../../contracts/chat/message.ts';
import type { InputMessage, MessageRequest, MessageTool } from '../../../contracts/messages/request.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { readToolChanges } from './read-tool-changes.ts';
import type { Others } from './to-parts.ts';

/** Searches among deferred tools at Anthropic's; here all of them are shown instead. */
const isToolSearch = ({ type }: MessageTool) => /^tool_search_tool/.test(type ?? '');

const isFunction = ({ type }: MessageTool) => type == null || type === 'custom';

interface PlacedTool {
  readonly tool: MessageTool;
  readonly param: string;
}

/** Declared tools that are not deferred, and what the history added to them and took away. */
function shownTools(
  tools: readonly MessageTool[],
  messages: readonly InputMessage[],
  chosen: string | null | undefined,
): PlacedTool[] {
  const showAll = tools.some(isToolSearch) || !tools.some((tool) => tool.defer_loading);
  const hidden = new Set(tools.filter((tool) => !showAll && tool.defer_loading).map(({ name }) => name));
  const known = tools.map((tool, i) => ({ tool, param: `tools[${i}]` }));
  for (const { name, shown, definition, param } of readToolChanges(messages)) {
    if (definition && !known.some(({ tool }) => tool.name === name)) known.push({ tool: definition, param });
    if (shown) hidden.delete(name);
    else hidden.add(name);
  }
  return known.filter(({ tool }) => !isToolSearch(tool) && (!hidden.has(tool.name) || tool.name === chosen));
}

function toTool(tool: MessageTool, param: string, others: Others): Tool {
  const { name, description, input_schema: schema, strict } = tool;
  if (!isFunction(tool)) {
    if (others === 'keep' && tool.type) return { ...tool, type: tool.type };
    throw invalidField(`${param}.type`, `This model does not support tools of the type '${tool.type?.slice(0, 50)}'.`);
  }
  if (!name) throw invalidField(`${param}.name`, 'A tool needs a name.');
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
  if (!choice.name)
    throw invalidField('tool_choice.name', "A tool_choice of the type 'tool' needs the name of a tool.");
  return { type: 'function', function: { name: choice.name } };
}

/** `tools`, `tool_choice` and `parallel_tool_calls`. A deferred tool is shown once the history has named it. */
export function toTools(
  request: Pick<MessageRequest, 'tools' | 'tool_choice' | 'messages'>,
  others: Others,
): Pick<ChatCompletionRequest, 'tools' | 'tool_choice' | 'parallel_tool_calls'> {
  const { tools: given, tool_choice: choice, messages } = request;
  const shown = shownTools(given ?? [], messages, choice?.name);
  const tools = shown.map(({ tool, param }) => toTool(tool, param, others));
  if (tools.length === 0) {
    if (choice?.type === 'any' || choice?.type === 'tool')
      throw invalidField('tool_choice', 'Remove tool_choice, or send the tools to choose from.');
    return {};
  }
  return {
    tools,
    ...(choice ? { tool_choice: toChoice(choice) } : {}),
    ...(choice?.disable_parallel_tool_use ? { parallel_tool_calls: false } : {}),
  };
}
