import { isRecord } from '../../canonical/json.ts';

/** Fields whose text is a word of the protocol. */
const WORDS: ReadonlySet<string> = new Set([
  'model',
  'role',
  'type',
  'object',
  'finish_reason',
  'stop_reason',
  'finishReason',
]);
const WORD = /^[\w.:/-]{1,64}$/;

/** Fields that hold the parts of a request or an answer. What is in others, such as arguments, has names that are content. */
const OPENED: ReadonlySet<string> = new Set([
  'messages',
  'contents',
  'parts',
  'content',
  'choices',
  'delta',
  'message',
  'usage',
  'usageMetadata',
  'prompt_tokens_details',
  'completion_tokens_details',
  'input_tokens_details',
  'output_tokens_details',
  'tools',
  'tool_calls',
  'function',
  'output',
  'item',
  'response',
  'candidates',
  'content_block',
  'error',
  'generationConfig',
  'stream_options',
  'thinking',
  'reasoning',
]);
/** Names that anybody could have chosen for a field. */
const NAME = /^[A-Za-z_]{1,40}$/;
/** How many items of a list are shown. */
const SHOWN = 5;

function outlineText(text: string, field: string): string {
  return WORDS.has(field) && WORD.test(text) ? text : `[${text.length} characters]`;
}

function outlineList(items: readonly unknown[], field: string): unknown {
  // `input` is a list of messages, a text, or the arguments of a tool.
  if (!OPENED.has(field) && field !== 'input') return `[${items.length} items]`;
  const shown = items.slice(0, SHOWN).map((item) => (isRecord(item) ? outlineFields(item) : outlineValue(item, field)));
  return items.length > SHOWN ? [...shown, `[${items.length - SHOWN} more]`] : shown;
}

const outlineFields = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [NAME.test(name) ? name : '[a name]', outlineValue(value, name)]),
  );

function outlineValue(value: unknown, field: string): unknown {
  if (typeof value === 'string') return outlineText(value, field);
  if (Array.isArray(value)) return outlineList(value, field);
  if (!isRecord(value)) return value;
  return OPENED.has(field) ? outlineFields(value) : `[${Object.keys(value).length} fields]`;
}

/** The shape of a request or an answer, without its content: `{"role":"user","content":"[12 characters]"}`. */
export const outline = (value: unknown): unknown => (isRecord(value) ? outlineFields(value) : outlineValue(value, ''));
