import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import type { AppError } from '../../errors/app-error.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { calledTools } from './called-tools.ts';
import type { GenerationRequest } from './engine-protocol.ts';

type Tools = Pick<GenerationRequest, 'tools' | 'toolChoice' | 'parallelToolCalls'>;

/**
 * Translates `tool_choice`. llama.cpp has no named choice, so the model is offered only that tool, and must call it,
 * once.
 */
export function toToolChoice(request: ChatCompletionRequest, takesTools: boolean): Tools {
  const choice = request.tool_choice ?? 'auto';
  const offered = calledTools(request);
  const parallelToolCalls = request.parallel_tool_calls ?? true;
  const mustCall = choice !== 'auto' && choice !== 'none';
  if (mustCall && !takesTools)
    throw refuse('The chat template of this model does not support tools, so `tool_choice` cannot require a call.');
  if (typeof choice === 'string') {
    if (choice === 'required' && offered.length === 0) throw refuse('`required` needs `tools`.');
    // llama.cpp would show the model tools that it may not call, and then leave its calls in the text.
    if (choice === 'none' || offered.length === 0) return { tools: null, toolChoice: 'none', parallelToolCalls };
    return { tools: offered.map(describe), toolChoice: choice, parallelToolCalls };
  }
  const wanted = nameOf(choice);
  const named = offered.filter((tool) => tool.function?.name === wanted);
  if (wanted === undefined || named.length === 0) throw refuse('`tools` has no function of this name.');
  return { tools: named.map(describe), toolChoice: 'required', parallelToolCalls: false };
}

type OfferedTool = NonNullable<ChatCompletionRequest['tools']>[number];

/** llama.cpp demands a description and parameters. */
function describe(tool: OfferedTool, index: number): object {
  if (tool.type !== 'function' || tool.function === undefined) {
    throw invalidField(`tools[${index}]`, 'The embedded engine accepts only tools of the type `function`.');
  }
  const { description, parameters, ...rest } = tool.function;
  return {
    type: 'function',
    function: { ...rest, description: description ?? '', parameters: parameters ?? { type: 'object', properties: {} } },
  };
}

function nameOf(choice: { readonly [field: string]: unknown }): string | undefined {
  const named = choice.function;
  if (typeof named !== 'object' || named === null || !('name' in named)) return undefined;
  return typeof named.name === 'string' ? named.name : undefined;
}

function refuse(message: string): AppError {
  return invalidField('tool_choice', message);
}
