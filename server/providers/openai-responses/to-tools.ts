import { z } from 'zod';
import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import { tableOf } from '../../canonical/table-of.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { expectOnly, unsupported } from './refuse.ts';

type Tool = NonNullable<ChatCompletionRequest['tools']>[number];
type Choice = NonNullable<ChatCompletionRequest['tool_choice']>;

const FunctionTool = z.looseObject({
  name: z.string(),
  description: z.string().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  strict: z.boolean().nullish(),
});
const CustomTool = z.looseObject({
  name: z.string(),
  description: z.string().nullish(),
  format: z.looseObject({ type: z.string(), grammar: z.looseObject({}).nullish() }).nullish(),
});
const Named = z.looseObject({ name: z.string() });
const Allowed = z.looseObject({ mode: z.string(), tools: z.array(z.looseObject({ type: z.string() })) });

const FUNCTION_FIELDS = new Set(['name', 'description', 'parameters', 'strict']);
const CUSTOM_FIELDS = new Set(['name', 'description', 'format']);

/** Tools that OpenAI runs itself and that only use the request. Their fields are the same in both APIs. */
const HOSTED = tableOf<ReadonlySet<string>>({
  // `input_image_mask` is left out: its URL would be fetched.
  image_generation: new Set(
    'type model quality size output_format output_compression moderation background input_fidelity action'.split(' '),
  ),
  web_search: new Set(['type', 'filters', 'user_location', 'search_context_size']),
});

function shapeOf<T>(schema: z.ZodType<T>, value: unknown, at: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalidField(at, 'This tool does not have the fields that OpenAI documents for it.');
}

/** Translates the format of a custom tool: the grammar is nested in chat completions and flat here. */
function toFormat(format: z.infer<typeof CustomTool>['format']): object | undefined {
  return format?.grammar ? { type: format.type, ...format.grammar } : (format ?? undefined);
}

function toTool(tool: Tool, at: string): object {
  if (tool.type === 'function') {
    expectOnly(tool, new Set(['type', 'function']), at);
    const given = shapeOf(FunctionTool, tool.function, `${at}.function`);
    expectOnly(given, FUNCTION_FIELDS, `${at}.function`);
    const { name, description, parameters, strict } = given;
    return {
      type: 'function',
      name,
      ...(description != null ? { description } : {}),
      parameters: parameters ?? { type: 'object', properties: {} },
      // The default of `strict` is true here, and false in chat completions.
      strict: strict ?? false,
    };
  }
  if (tool.type === 'custom') {
    expectOnly(tool, new Set(['type', 'custom']), at);
    const given = shapeOf(CustomTool, tool.custom, `${at}.custom`);
    expectOnly(given, CUSTOM_FIELDS, `${at}.custom`);
    return { type: 'custom', ...given, format: toFormat(given.format) };
  }
  const fields = HOSTED[tool.type];
  if (!fields) throw unsupported(`${at}.type`, `A tool of type '${tool.type}'`);
  expectOnly(tool, fields, at);
  return tool;
}

export const toTools = (tools: readonly Tool[]): object[] => tools.map((tool, i) => toTool(tool, `tools[${i}]`));

function toNamed(choice: { readonly type: string; readonly [key: string]: unknown }, at: string): object {
  const { type } = choice;
  if (type === 'function' || type === 'custom') {
    return { type, name: shapeOf(Named, choice[type], `${at}.${type}`).name };
  }
  if (type in HOSTED) return { type };
  throw unsupported(`${at}.type`, `A tool choice of type '${type}'`);
}

export function toToolChoice(choice: Choice): string | object {
  if (typeof choice === 'string') return choice;
  if (choice.type !== 'allowed_tools') return toNamed(choice, 'tool_choice');
  const at = 'tool_choice.allowed_tools';
  const { mode, tools } = shapeOf(Allowed, choice.allowed_tools, at);
  return { type: 'allowed_tools', mode, tools: tools.map((tool, i) => toNamed(tool, `${at}.tools[${i}]`)) };
}
