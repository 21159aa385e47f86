import { isObject } from '../../parts/json.ts';
import type { Attachment, Body, Draft, Parameters, Tool } from '../draft.ts';
import { readAttachment } from './attachment-parts.ts';

/** What a request that was edited as JSON says; a field that no control shows is kept in `extra`. */
export interface Edited {
  readonly draft: Draft;
  /** The text of the user's last message; null: the request has none. */
  readonly text: string | null;
  readonly attachments: readonly Attachment[];
}

const numberOf = (value: unknown) => (typeof value === 'number' ? value : null);
const textOf = (value: unknown) => (typeof value === 'string' ? value : null);
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const shown = new Set([
  ...['model', 'messages', 'message', 'input', 'system', 'instructions', 'system_prompt', 'conversation_id', 'seed'],
  ...['temperature', 'top_p', 'max_tokens', 'max_output_tokens', 'reasoning_effort', 'reasoning', 'tools', 'text'],
  ...['response_format', 'stream', 'stream_options', 'store', 'tool_results'],
]);

function toTool(tool: unknown): Tool[] {
  if (!isObject(tool)) return [];
  const fields = isObject(tool.function) ? tool.function : tool;
  const name = textOf(fields.name);
  if (name === null) return [];
  return [
    {
      name,
      description: textOf(fields.description) ?? undefined,
      parameters: fields.parameters ?? fields.input_schema,
    },
  ];
}

function schemaOf(body: Body): unknown {
  const format = isObject(body.response_format) ? body.response_format : isObject(body.text) ? body.text.format : null;
  if (!isObject(format)) return null;
  return (isObject(format.json_schema) ? format.json_schema.schema : format.schema) ?? null;
}

const parametersOf = (body: Body): Parameters => ({
  temperature: numberOf(body.temperature),
  topP: numberOf(body.top_p),
  maxTokens: numberOf(body.max_tokens) ?? numberOf(body.max_output_tokens),
  effort: textOf(body.reasoning_effort) ?? (isObject(body.reasoning) ? textOf(body.reasoning.effort) : null),
  seed: numberOf(body.seed),
});

function readContent(content: unknown): { text: string; attachments: Attachment[] } {
  if (typeof content === 'string') return { text: content, attachments: [] };
  const parts = listOf(content);
  return {
    text: parts.flatMap((part) => (isObject(part) ? (textOf(part.text) ?? []) : [])).join('\n'),
    attachments: parts.flatMap((part) => readAttachment(part) ?? []),
  };
}

const roleOf = (message: unknown) => (isObject(message) ? message.role : undefined);

export function fromBody(draft: Draft, body: Body): Edited {
  const messages = listOf(body.messages ?? body.input);
  const last = messages.findLast((message) => roleOf(message) === 'user');
  const question = body.message ?? (isObject(last) ? last.content : textOf(body.input));
  const systemMessage = messages.find((message) => roleOf(message) === 'system');
  const system =
    textOf(body.system) ??
    textOf(body.instructions) ??
    textOf(body.system_prompt) ??
    (isObject(systemMessage) ? textOf(systemMessage.content) : null);
  const { text, attachments } = question == null ? { text: null, attachments: [] } : readContent(question);
  return {
    draft: {
      ...draft,
      model: textOf(body.model) ?? draft.model,
      system: system ?? '',
      parameters: parametersOf(body),
      tools: listOf(body.tools).flatMap(toTool),
      schema: schemaOf(body),
      extra: Object.fromEntries(Object.entries(body).filter(([name]) => !shown.has(name))),
    },
    text,
    attachments,
  };
}
