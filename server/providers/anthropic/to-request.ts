import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import type { DialectRequest } from '../dialect.ts';
import { checkedAway, checkFields } from './check-fields.ts';
import { toThinking } from './to-thinking.ts';
import { toCalledTools, toTools } from './to-tools.ts';
import { toTurns } from './to-turns.ts';

/**
 * The `max_tokens` of requests that name none, which Anthropic would refuse: every model that it serves can generate
 * this many.
 */
export const DEFAULT_MAX_TOKENS = 32_000;

/** Fields that are translated below, and hints to caches and schedulers that do not change the answer. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  ...checkedAway,
  ...['model', 'messages', 'max_tokens', 'max_completion_tokens', 'temperature', 'top_p', 'stop', 'user'],
  ...['safety_identifier', 'metadata', 'tools', 'tool_choice', 'parallel_tool_calls', 'reasoning_effort', 'thinking'],
  ...['response_format', 'output_config', 'service_tier', 'stream', 'stream_options'],
  ...['prompt_cache_key', 'prompt_cache_retention', 'cache_salt', 'prediction'],
]);

/** All other fields, such as `top_k`, `cache_control` and `container`. Anthropic refuses unknown fields by name. */
const vendorFields = (request: ChatCompletionRequest) =>
  Object.fromEntries(Object.entries(request).filter(([field, value]) => value != null && !OWN_FIELDS.has(field)));

/**
 * Leaves out the value 1: it is the default of both fields, and newer models refuse the fields even with this value.
 */
const sampling = (field: 'temperature' | 'top_p', value: number | null | undefined) =>
  value == null || value === 1 ? {} : { [field]: value };

function toStop(stop: ChatCompletionRequest['stop']): { stop_sequences?: string[] } {
  const sequences = typeof stop === 'string' ? [stop] : (stop ?? []);
  return sequences.length > 0 ? { stop_sequences: sequences } : {};
}

function toMetadata(request: ChatCompletionRequest): { metadata?: object } {
  const { metadata, user, safety_identifier: identifier } = request;
  const given = typeof metadata === 'object' && metadata !== null ? metadata : {};
  const strange = Object.keys(given).find((key) => key !== 'user_id');
  if (strange !== undefined) throw invalidField(`metadata.${strange}`, 'Anthropic accepts only `user_id`.');
  const userId = user ?? identifier;
  if (userId != null) return { metadata: { user_id: userId } };
  return Object.keys(given).length > 0 ? { metadata: given } : {};
}

/** At OpenAI, `default` is the tier without priority. */
function toServiceTier({ service_tier: tier }: ChatCompletionRequest): { service_tier?: string } {
  if (tier == null) return {};
  if (tier === 'default') return { service_tier: 'standard_only' };
  if (tier === 'auto' || tier === 'standard_only') return { service_tier: tier };
  throw invalidField('service_tier', 'Anthropic accepts auto and default.');
}

/** At Anthropic every schema is strict, and schemas have no name. */
function toFormat(format: ChatCompletionRequest['response_format']): { format?: object } {
  if (format == null || format.type === 'text') return {};
  if (format.type !== 'json_schema') {
    throw invalidField(
      'response_format.type',
      'Anthropic accepts text and json_schema: it does not support JSON without a schema.',
    );
  }
  const schema = format.json_schema?.schema;
  if (!schema) throw invalidField('response_format.json_schema.schema', 'Anthropic needs the schema.');
  return { format: { type: 'json_schema', schema } };
}

function toOutputConfig(request: ChatCompletionRequest, effort: string | undefined): { output_config?: object } {
  const own = typeof request.output_config === 'object' ? request.output_config : {};
  const config = { ...(effort ? { effort } : {}), ...toFormat(request.response_format), ...own };
  return Object.keys(config).length > 0 ? { output_config: config } : {};
}

/** The body of `POST /messages`. Throws `invalid_field` with `param` for a field that would be lost. */
export function toRequest(request: ChatCompletionRequest, model: string, stream: boolean): DialectRequest {
  checkFields(request);
  const maxTokens = request.max_completion_tokens ?? request.max_tokens ?? DEFAULT_MAX_TOKENS;
  const { effort, ignored, ...thinking } = toThinking(request, model, maxTokens);
  const { system, turns } = toTurns(request.messages, model);
  const offered = toTools(request);
  const body = {
    ...vendorFields(request),
    model,
    max_tokens: maxTokens,
    ...(system.length > 0 ? { system } : {}),
    messages: turns,
    ...(offered.tools ? offered : toCalledTools(turns)),
    ...sampling('temperature', request.temperature),
    ...sampling('top_p', request.top_p),
    ...toStop(request.stop),
    ...toMetadata(request),
    ...toServiceTier(request),
    ...thinking,
    ...toOutputConfig(request, effort),
    ...(stream ? { stream } : {}),
  };
  return { path: '/messages', body, ...(ignored ? { applied: ['reasoning_ignored'] } : {}) };
}
