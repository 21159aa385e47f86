import type { ChatCompletionRequest } from '../../../../contracts/chat/completion.ts';
import type { ResponseRequest } from '../../../../contracts/responses/request.ts';
import { AllowedTools, CustomDefinition, NamedTool } from '../../../../contracts/responses/tool-shapes.ts';
import { invalidField } from '../../../errors/invalid-field.ts';
import { exposedName, type ToolMap } from './tool-map.ts';
import type { Unsupported } from './unsupported.ts';

type ToolFields = Pick<ChatCompletionRequest, 'tools' | 'tool_choice' | 'parallel_tool_calls'>;
type ChatTool = NonNullable<ChatCompletionRequest['tools']>[number];

const nameOf = (tool: ChatTool): string | undefined => {
  const custom = CustomDefinition.safeParse(tool.custom).data;
  return tool.function?.name ?? custom?.name;
};

/** The exposed name of the tool that is meant. */
function nameIn(choice: NamedTool, tools: ToolMap, at: string): string {
  const exposed = choice.name && exposedName(choice.name, choice.namespace);
  if (exposed && tools.has(exposed)) return exposed;
  const what = choice.name ? `No tool is named '${choice.name}'.` : `A tool of type '${choice.type}' cannot be chosen.`;
  throw invalidField(at, what);
}

const choiceOf = (name: string, tools: ToolMap): ToolFields['tool_choice'] =>
  tools.sendsCustom && tools.find(name).kind === 'custom'
    ? { type: 'custom', custom: { name } }
    : { type: 'function', function: { name } };

/** The tools and which of them may be called. `allowed_tools`: the others are not offered, which every upstream obeys. */
export function toToolFields(request: ResponseRequest, tools: ToolMap, unknown: Unsupported): ToolFields {
  return unknown === 'skip' ? offer(request, tools) : choose(request, tools);
}

function offer({ parallel_tool_calls: parallel }: ResponseRequest, { chatTools: tools }: ToolMap): ToolFields {
  if (tools.length === 0) return {};
  return { tools, ...(parallel === false ? { parallel_tool_calls: false } : {}) };
}

function choose(request: ResponseRequest, tools: ToolMap): ToolFields {
  const { tool_choice: choice } = request;
  if (tools.chatTools.length === 0) {
    if (choice == null || choice === 'auto' || choice === 'none') return {};
    throw invalidField('tool_choice', 'Remove tool_choice, or send the tools to choose from.');
  }
  const fields = offer(request, tools);
  if (choice == null) return fields;
  if (typeof choice === 'string') return choice === 'auto' ? fields : { ...fields, tool_choice: choice };
  if (choice.type !== 'allowed_tools') {
    const named = NamedTool.safeParse(choice).data ?? { type: choice.type };
    return { ...fields, tool_choice: choiceOf(nameIn(named, tools, 'tool_choice'), tools) };
  }
  const allowed = AllowedTools.safeParse(choice).data;
  if (!allowed) throw invalidField('tool_choice', 'allowed_tools needs a mode (auto or required) and a list of tools.');
  const names = new Set(allowed.tools.map((tool, i) => nameIn(tool, tools, `tool_choice.tools[${i}]`)));
  const kept = tools.chatTools.filter((tool) => names.has(nameOf(tool) ?? ''));
  return { ...fields, tools: kept, ...(allowed.mode === 'required' ? { tool_choice: 'required' as const } : {}) };
}
