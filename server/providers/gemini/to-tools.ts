import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import type { Tool } from '../../../contracts/chat/message.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { asObject, refuseOthers } from './refuse.ts';

/** A tool. `parametersJsonSchema` takes JSON Schema as it is; `parameters` is the older subset of OpenAPI. */
interface FunctionDeclaration {
  readonly name: string;
  readonly description?: string;
  readonly parametersJsonSchema?: object;
}

interface FunctionCallingConfig {
  readonly mode: 'AUTO' | 'ANY' | 'NONE' | 'VALIDATED';
  readonly allowedFunctionNames?: string[];
}

interface Tooling {
  readonly tools?: { functionDeclarations: FunctionDeclaration[] }[];
  readonly toolConfig?: { functionCallingConfig: FunctionCallingConfig };
}

const TOOL = new Set(['type', 'function', 'cache_control']);
const FUNCTION = new Set(['name', 'description', 'parameters', 'strict']);

function toDeclaration(tool: Tool, param: string): FunctionDeclaration {
  if (tool.type !== 'function' || !tool.function) throw invalidField(`${param}.type`, 'Gemini accepts only functions.');
  refuseOthers(tool, TOOL, param);
  refuseOthers(tool.function, FUNCTION, `${param}.function`);
  const { name, description, parameters } = tool.function;
  return {
    name,
    ...(description == null ? {} : { description }),
    ...(parameters == null ? {} : { parametersJsonSchema: parameters }),
  };
}

/**
 * `strict` demands calls that fit their schema. That is the mode VALIDATED, in which the model may still answer without
 * a call.
 */
function toConfig(choice: ChatCompletionRequest['tool_choice'], strict: boolean): FunctionCallingConfig | null {
  if (choice == null || choice === 'auto') return strict ? { mode: 'VALIDATED' } : null;
  if (choice === 'none') return { mode: 'NONE' };
  if (choice === 'required') return { mode: 'ANY' };
  if (choice.type !== 'function')
    throw invalidField('tool_choice.type', 'Gemini accepts only the choice of a function.');
  const { name } = asObject(choice.function, 'tool_choice.function');
  if (typeof name !== 'string') throw invalidField('tool_choice.function.name', 'This must be the name of a function.');
  return { mode: 'ANY', allowedFunctionNames: [name] };
}

/** Translates `tools` and `tool_choice`. */
export function toTools({ tools, tool_choice: choice }: ChatCompletionRequest): Tooling {
  if (!tools || tools.length === 0) {
    if (choice == null || choice === 'auto' || choice === 'none') return {};
    throw invalidField('tool_choice', 'Remove tool_choice, or send the tools to choose from.');
  }
  const functionDeclarations = tools.map((tool, i) => toDeclaration(tool, `tools[${i}]`));
  const functionCallingConfig = toConfig(
    choice,
    tools.some((tool) => tool.function?.strict === true),
  );
  return {
    tools: [{ functionDeclarations }],
    ...(functionCallingConfig ? { toolConfig: { functionCallingConfig } } : {}),
  };
}
