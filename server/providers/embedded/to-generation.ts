import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import { dropUnsupported, toApplied } from '../../canonical/drop-unsupported.ts';
import type { AppError } from '../../errors/app-error.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { asksForSomething, GATEWAY_FIELDS } from '../idle-fields.ts';
import type { ProviderCall } from '../provider.ts';
import { boundSchema } from './bound-schema.ts';
import type { EngineInfo, GenerationRequest } from './engine-protocol.ts';
import { toMessages } from './to-messages.ts';
import { SAMPLING_FIELDS, toSampling } from './to-sampling.ts';
import { toToolChoice } from './to-tool-choice.ts';

/** What this binding can do. */
const KNOWN: ReadonlySet<string> = new Set([
  ...GATEWAY_FIELDS,
  ...SAMPLING_FIELDS,
  ...'messages max_tokens max_completion_tokens n stop reasoning_effort tools tool_choice parallel_tool_calls'.split(
    ' ',
  ),
  ...'response_format modalities'.split(' '),
]);

/** Values with which a field that is not known asks for nothing. */
const isOff = (value: unknown): boolean => value === false || value === 0 || value === '';

/**
 * Translates a request for the engine. Throws `invalid_field` for an unsupported field, unless unsupported fields are
 * to be left out.
 */
export function toGeneration(call: ProviderCall, info: EngineInfo): Omit<GenerationRequest, 'id'> {
  const { request, changes, dropsUnsupported, onApplied } = call;
  const given: ChatCompletionRequest = { ...request.value, ...changes };
  const { translated, dropped } = dropUnsupported(given, dropsUnsupported, (asked) => translate(asked, info));
  for (const what of toApplied(dropped)) onApplied?.(what);
  return translated;
}

function translate(request: ChatCompletionRequest, info: EngineInfo): Omit<GenerationRequest, 'id'> {
  for (const [field, value] of Object.entries(request)) {
    if (!KNOWN.has(field) && asksForSomething(field, value) && !isOff(value)) throw unsupported(field);
  }
  const other = (request.modalities ?? []).findIndex((modality) => modality !== 'text');
  if (other >= 0) throw unsupported(`modalities[${other}]`);
  if ((request.n ?? 1) > 1) throw unsupported('n', 'The embedded engine makes one answer per request: `n` must be 1.');
  const schema = toSchema(request.response_format);
  return {
    messages: toMessages(request.messages),
    ...toToolChoice(request, info.takesTools),
    schema: schema && info.isDemo ? boundSchema(schema) : schema,
    thinking: request.reasoning_effort !== 'none' && !(schema && info.isDemo),
    maxTokens: request.max_completion_tokens ?? request.max_tokens ?? null,
    stop: typeof request.stop === 'string' ? [request.stop] : (request.stop ?? []),
    sampling: toSampling(request, info.temperature),
  };
}

function unsupported(param: string, message = `The embedded engine does not support \`${param}\`.`): AppError {
  return invalidField(param, message);
}

function toSchema(format: ChatCompletionRequest['response_format']): object | null {
  if (format === undefined || format === null || format.type === 'text') return null;
  if (format.type === 'json_object') return { type: 'object' };
  if (format.type === 'json_schema' && format.json_schema !== undefined) {
    // A json_schema without a schema asks for any JSON object, as at llama-server.
    return format.json_schema.schema ?? { type: 'object' };
  }
  throw unsupported('response_format', '`type` must be text, json_object, or json_schema with `json_schema.schema`.');
}
