import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import type { Tool } from '../../../contracts/chat/message.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import type { Turn } from './wire.ts';

const OWN_TOOL = /_\d{8}$|^mcp_toolset$/;

/** Fields of a tool that are Anthropic's own (`cache_control`, `defer_loading`) stay, wherever the client put them. */
function toTool({ type, function: declared, ...rest }: Tool, param: string): object {
  if (!declared) {
    // Anthropic's own tools have the date of their version in the type, such as web_search_20250305.
    if (OWN_TOOL.test(type ?? '')) return { type, ...rest };
    throw invalidField(`${param}.type`, 'Anthropic accepts functions, and its own tools by their types.');
  }
  const { name, description, parameters, strict, ...others } = declared;
  return {
    ...rest,
    ...others,
    name,
    ...(description == null ? {} : { description }),
    input_schema: parameters ? { type: 'object', ...parameters } : { type: 'object', properties: {} },
    ...(strict == null ? {} : { strict }),
  };
}

type Choice = { type: string; name?: string; disable_parallel_tool_use?: true };

function namedTool(choice: object): string {
  const named = 'function' in choice ? choice.function : null;
  if (typeof named === 'object' && named !== null && 'name' in named && typeof named.name === 'string') {
    return named.name;
  }
  throw invalidField('tool_choice', 'Anthropic accepts auto, none, required, or one named function.');
}

function toChoice(choice: ChatCompletionRequest['tool_choice']): Choice | null {
  if (choice == null) return null;
  if (typeof choice === 'object') return { type: 'tool', name: namedTool(choice) };
  return { type: choice === 'required' ? 'any' : choice };
}

/**
 * The tools that the history called, for a request that offers none: Anthropic refuses calls without tools ("Requests which
 * include tool_use or tool_result blocks must define tools"). The model is told to call none of them.
 */
export function toCalledTools(turns: readonly Turn[]): { tools?: object[]; tool_choice?: Choice } {
  const calls = turns.flatMap(({ content }) => content.filter(({ type }) => type === 'tool_use'));
  if (calls.length === 0) return {};
  const names = new Set(calls.map(({ name }) => name));
  const tools = [...names].map((name) => ({ name, input_schema: { type: 'object', properties: {} } }));
  return { tools, tool_choice: { type: 'none' } };
}

/** The fields `tools` and `tool_choice`; none when there are no tools. */
export function toTools(request: ChatCompletionRequest): { tools?: object[]; tool_choice?: Choice } {
  const { tools, tool_choice: asked, parallel_tool_calls: parallel } = request;
  const choice = toChoice(asked);
  if (!tools || tools.length === 0) {
    if (!choice || choice.type === 'auto' || choice.type === 'none') return {};
    throw invalidField('tool_choice', 'Remove tool_choice, or send the tools to choose from.');
  }
  const declared = { tools: tools.map((tool, i) => toTool(tool, `tools[${i}]`)) };
  if (parallel !== false || choice?.type === 'none') return choice ? { ...declared, tool_choice: choice } : declared;
  return { ...declared, tool_choice: { ...(choice ?? { type: 'auto' }), disable_parallel_tool_use: true } };
}
