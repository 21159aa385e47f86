import { z } from 'zod';
import { listOf } from '../schemas/list-of.ts';

/** Several tools under one name. Format: `NamespaceToolParam` of OpenAI's OpenAPI document. */
export const ToolNamespace = z.looseObject({
  name: z.string().min(1),
  description: z.string().nullish(),
  tools: listOf(z.looseObject({ type: z.string(), name: z.string().min(1) })),
});

/** The format that a custom tool requires of its input. Source: `CustomToolParam.format` of OpenAI's API. */
export const ToolFormat = z.looseObject({
  type: z.string(),
  syntax: z.string().nullish(),
  definition: z.string().nullish(),
});

/** A tool that is meant by a choice. */
export const NamedTool = z.looseObject({
  type: z.string(),
  name: z.string().optional(),
  namespace: z.string().nullish(),
});
export type NamedTool = z.infer<typeof NamedTool>;

/** Format: `ToolChoiceAllowed`. */
export const AllowedTools = z.object({ mode: z.enum(['auto', 'required']), tools: listOf(NamedTool) });

/** A custom tool of chat completions. */
export const CustomDefinition = z.looseObject({ name: z.string() });
