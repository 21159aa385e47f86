import { faultsOf, fieldsOf } from '../../openai-schema.ts';
import { isObject, type JsonObject } from '../json.ts';
import type { Refusal } from './dialect.ts';

/** What `POST /responses` takes. Source: OpenAI's API reference, "Create a model response". */
const PARAMETERS = new Set(
  (
    'background client_metadata context_management conversation include input instructions max_output_tokens max_tool_calls metadata ' +
    'model moderation parallel_tool_calls previous_response_id prompt prompt_cache_key prompt_cache_options ' +
    'prompt_cache_retention reasoning safety_identifier service_tier store stream stream_options temperature text ' +
    'tool_choice tools top_logprobs top_p truncation user'
  ).split(' '),
);

const INCLUDABLE = new Set(['reasoning.encrypted_content', 'message.output_text.logprobs']);

/** The schema of each kind of input item that the tests send; answers of the model are looked at in `checkAnswer`. */
const ITEMS: Readonly<Record<string, string>> = {
  message: 'EasyInputMessage',
  function_call: 'FunctionToolCall',
  function_call_output: 'FunctionCallOutputItemParam',
  custom_tool_call: 'CustomToolCall',
  custom_tool_call_output: 'CustomToolCallOutput',
  reasoning: 'ReasoningItem',
  image_generation_call: 'ImageGenToolCall',
};

const TOOLS: Readonly<Record<string, string>> = {
  function: 'FunctionTool',
  custom: 'CustomToolParam',
  image_generation: 'ImageGenTool',
  web_search: 'WebSearchTool',
  mcp: 'MCPTool',
  namespace: 'NamespaceToolParam',
  tool_search: 'ToolSearchToolParam',
};

/** Models that do not reason. */
const PLAIN = /^gpt-4/;

export const refused = (message: string, param: string | null, code: string | null, status = 400): Refusal => ({
  status,
  body: { error: { message, type: status < 500 ? 'invalid_request_error' : 'server_error', param, code } },
});

const unknown = (param: string) => refused(`Unknown parameter: '${param}'.`, param, 'unknown_parameter');
const invalid = (param: string, why: string) =>
  refused(`Invalid value for '${param}': ${why}.`, param, 'invalid_value');

/** What Codex sends to OpenAI itself, beyond what the document says. */
const BEYOND: Readonly<Record<string, readonly string[]>> = {
  EasyInputMessage: ['id', 'status'],
  CustomToolCall: ['status'],
  WebSearchTool: ['search_content_types', 'external_web_access'],
};

function checkShape(value: JsonObject, schema: string, at: string): Refusal | null {
  const known = new Set([...fieldsOf(schema), ...(BEYOND[schema] ?? [])]);
  const stranger = Object.keys(value).find((key) => !known.has(key));
  if (stranger) return unknown(`${at}.${stranger}`);
  const [fault] = faultsOf(schema, value);
  return fault ? invalid(at, fault) : null;
}

/** The schema wants an id for each message of the model; the API itself does not. */
function checkAnswer(item: JsonObject, at: string): Refusal | null {
  return Array.isArray(item.content)
    ? checkShape(
        { id: 'msg_1', status: 'completed', ...item, content: item.content.map(withLogprobs) },
        'OutputMessage',
        at,
      )
    : checkShape(item, 'EasyInputMessage', at);
}

const withLogprobs = (part: unknown) =>
  isObject(part) && part.type === 'output_text' ? { logprobs: [], ...part } : part;

/** An optional field that is null is as good as absent, whatever the document says: Codex sends such. */
const withoutNulls = (item: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(item).filter(([, value]) => value !== null));

function checkItem(given: unknown, at: string, stored: boolean): Refusal | null {
  if (!isObject(given)) return invalid(at, 'expected an object');
  const item = withoutNulls(given);
  // A message may leave its type out.
  const schema = ITEMS[String(item.type ?? 'message')];
  if (!schema) return invalid(`${at}.type`, `'${item.type}'`);
  if (item.type === 'reasoning' && !stored && typeof item.encrypted_content !== 'string') {
    const message = `Item with id '${item.id}' not found. Items are not persisted when \`store\` is set to false.`;
    return refused(message, 'input', null, 404);
  }
  return item.role === 'assistant' ? checkAnswer(item, at) : checkShape(item, schema, at);
}

/** Every result has its call before it, and every call its result after it. */
function checkCalls(input: readonly unknown[]): Refusal | null {
  const open = new Map<string, string>();
  for (const item of input) {
    if (!isObject(item)) continue;
    const { type, call_id: id } = item;
    if (type === 'function_call' || type === 'custom_tool_call') open.set(String(id), String(type));
    if (type !== 'function_call_output' && type !== 'custom_tool_call_output') continue;
    if (`${open.get(String(id))}_output` !== type) {
      return refused(`No tool call found for function call output with call_id ${id}.`, 'input', null);
    }
    open.delete(String(id));
  }
  const [id] = open.keys();
  return id === undefined ? null : refused(`No tool output found for function call ${id}.`, 'input', null);
}

function checkInput(input: unknown, stored: boolean): Refusal | null {
  if (input === undefined)
    return refused("Missing required parameter: 'input'.", 'input', 'missing_required_parameter');
  if (!Array.isArray(input))
    return typeof input === 'string' ? null : invalid('input', 'expected a string or an array');
  for (const [i, item] of input.entries()) {
    const fault = checkItem(item, `input[${i}]`, stored);
    if (fault) return fault;
  }
  return checkCalls(input);
}

function checkTools(tools: unknown): Refusal | null {
  if (tools === undefined) return null;
  if (!Array.isArray(tools)) return invalid('tools', 'expected an array');
  for (const [i, tool] of tools.entries()) {
    const schema = isObject(tool) ? TOOLS[String(tool.type)] : undefined;
    const fault = schema ? checkShape(tool, schema, `tools[${i}]`) : invalid(`tools[${i}].type`, 'is not supported');
    if (fault) return fault;
  }
  return null;
}

function checkLimits(body: JsonObject): Refusal | null {
  const { max_output_tokens: max, include, model } = body;
  if (typeof max === 'number' && max < 16) {
    const message = `Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got ${max} instead.`;
    return refused(message, 'max_output_tokens', 'integer_below_min_value');
  }
  const list: unknown[] = Array.isArray(include) ? include : [];
  const strange = list.find((value) => !INCLUDABLE.has(String(value)));
  if (strange !== undefined) return invalid('include', `'${strange}'`);
  if (!PLAIN.test(String(model))) return null;
  if (list.includes('reasoning.encrypted_content')) {
    return refused('Encrypted content is not supported with this model.', 'include', null);
  }
  return body.reasoning === undefined
    ? null
    : refused(
        "Unsupported parameter: 'reasoning' is not supported with this model.",
        'reasoning',
        'unsupported_parameter',
      );
}

const SHAPES: Readonly<Record<string, string>> = {
  text: 'ResponseTextParam',
  reasoning: 'Reasoning',
};

/** What the vendor refuses before the model sees it; null when the request is valid. */
export function checkRequest(body: JsonObject): Refusal | null {
  const stranger = Object.keys(body).find((key) => !PARAMETERS.has(key));
  if (stranger) return unknown(stranger);
  for (const [field, schema] of Object.entries(SHAPES)) {
    const value = body[field];
    const fault = isObject(value) ? checkShape(value, schema, field) : null;
    if (fault) return fault;
  }
  if (body.tool_choice !== undefined && faultsOf('ToolChoiceParam', body.tool_choice).length > 0) {
    return invalid('tool_choice', 'is not supported');
  }
  if (isObject(body.stream_options) && 'include_usage' in body.stream_options) {
    return unknown('stream_options.include_usage');
  }
  return checkLimits(body) ?? checkTools(body.tools) ?? checkInput(body.input, body.store !== false);
}
