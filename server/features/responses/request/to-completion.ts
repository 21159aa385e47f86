import type { ChatCompletionRequest } from '../../../../contracts/chat/completion.ts';
import type { ChatMessage } from '../../../../contracts/chat/message.ts';
import { ResponseRequest } from '../../../../contracts/responses/request.ts';
import { AppError } from '../../../errors/app-error.ts';
import { invalidField } from '../../../errors/invalid-field.ts';
import type { CatalogModel } from '../../models/catalog.ts';
import { toToolFields } from './to-tool-choice.ts';
import { ToolMap } from './tool-map.ts';
import type { Unsupported } from './unsupported.ts';

/** Fields of the request that are for the gateway or that say nothing to an upstream. */
const OWN: ReadonlySet<string> = new Set([
  ...Object.keys(ResponseRequest.shape),
  ...'client_metadata prompt_cache_retention prompt_cache_options lastEventId'.split(' '),
]);

/** Fields for things that only OpenAI can store or do. */
const REFUSED = ['prompt', 'context_management', 'moderation'] as const;

/** Fields of chat completions that upstreams with OpenAI's own interfaces take. */
const HINTS = ['user', 'safety_identifier', 'prompt_cache_key', 'service_tier'] as const;

/** Whom a request goes to, as far as its translation depends on it. */
export interface Target {
  /** Every backend speaks the Responses API. */
  readonly responses: boolean;
  /** Every backend speaks one of OpenAI's interfaces. */
  readonly openAi: boolean;
  /** Whether the model can be told how much to think. */
  readonly reasons: boolean;
  /** Whether the vendor's own tools may be used. */
  readonly hosted: boolean;
}

export function targetOf({ backends, reasoning }: CatalogModel): Omit<Target, 'hosted'> {
  const kinds = new Set(backends.map(({ provider }) => provider.kind));
  const responses = kinds.size === 1 && kinds.has('openai-responses');
  return { responses, openAi: [...kinds].every((kind) => kind.startsWith('openai-')), reasons: reasoning };
}

/** A request as a chat completion, still without its messages. */
export interface TranslatedRequest {
  readonly fields: Partial<ChatCompletionRequest> & Pick<ChatCompletionRequest, 'model'>;
  readonly tools: ToolMap;
  /** The fields that were left out, for `x-gateway-applied`. */
  readonly applied: readonly string[];
}

/** `json_schema` is flat here and nested there. */
function toFormat({ text }: ResponseRequest): ChatCompletionRequest['response_format'] {
  const format = text?.format;
  if (!format || format.type === 'text') return undefined;
  if (format.type !== 'json_schema') return { type: format.type };
  const { type, schema, ...named } = format;
  if (!schema) throw new AppError('missing_field', undefined, { param: 'text.format.schema' });
  return { type, json_schema: { name: 'answer', ...named, schema } };
}

/** Names of chat completions for what has another name, or none, here: let through, they would win over ours. */
const FOREIGN = ['max_tokens', 'max_completion_tokens', 'n', 'messages', 'stream_options', 'response_format'] as const;

function checkFields(request: ResponseRequest, unknown: Unsupported): void {
  for (const field of FOREIGN) {
    if (request[field] == null) continue;
    throw invalidField(field, `The Responses API has no field '${field}'.`);
  }
  for (const field of REFUSED) {
    if (request[field] == null || unknown === 'skip') continue;
    throw invalidField(field, `The gateway does not support '${field}'.`);
  }
  if (request.conversation != null && request.previous_response_id != null) {
    throw invalidField('previous_response_id', 'Send conversation or previous_response_id, not both.');
  }
}

/** A model that does not reason gets no effort: agents always send one, and most such models refuse it. */
function toReasoning({ reasoning }: ResponseRequest, target: Target): Record<string, unknown> {
  const { effort, summary } = reasoning ?? {};
  if (!target.reasons) return {};
  if (target.responses && summary) return { reasoning: { ...(effort ? { effort } : {}), summary } };
  return effort ? { reasoning_effort: effort } : {};
}

/** Everything but the messages. What the model cannot be told is refused by its dialect, by the name it has there. */
export function toCompletionFields(request: ResponseRequest, target: Target, unknown: Unsupported): TranslatedRequest {
  checkFields(request, unknown);
  // A stored request must make sense to every model, so a custom tool becomes a function there.
  const tools = new ToolMap(
    request.tools ?? [],
    { native: target.responses && request.store === false, hosted: target.hosted },
    unknown,
  );
  const { include, temperature, top_p, top_logprobs, max_output_tokens: max, text, reasoning } = request;
  const others = Object.entries(request).filter(([field, value]) => !OWN.has(field) && value != null);
  const hints = target.openAi ? HINTS : (['user'] as const);
  const logprobs = include?.includes('message.output_text.logprobs') || Boolean(top_logprobs);
  const fields = {
    ...Object.fromEntries(others),
    model: request.model,
    ...(max != null ? { max_tokens: max } : {}),
    ...(temperature != null ? { temperature } : {}),
    ...(top_p != null ? { top_p } : {}),
    ...(logprobs ? { logprobs, ...(top_logprobs ? { top_logprobs } : {}) } : {}),
    ...toReasoning(request, target),
    ...toToolFields(request, tools, unknown),
    ...Object.fromEntries(hints.flatMap((field) => (request[field] == null ? [] : [[field, request[field]]]))),
    ...(target.openAi && text?.verbosity ? { verbosity: text.verbosity } : {}),
    ...withFormat(toFormat(request)),
  };
  const ignored = [
    ...HINTS.filter((field) => request[field] != null && !hints.some((hint) => hint === field) && field !== 'user'),
    ...(!target.reasons && reasoning?.effort && reasoning.effort !== 'none' ? ['reasoning.effort'] : []),
    ...(!target.openAi && text?.verbosity && text.verbosity !== 'medium' ? ['text.verbosity'] : []),
  ];
  const applied = [
    ...(tools.dropped.size > 0 ? [`tools_dropped=${[...tools.dropped].join('+')}`] : []),
    ...(ignored.length > 0 ? [`fields_ignored=${ignored.join('+')}`] : []),
  ];
  return { fields, tools, applied };
}

const withFormat = (format: ChatCompletionRequest['response_format']) => (format ? { response_format: format } : {});

/** A content that is nothing but text; null for any other. */
function plainText(content: ChatMessage['content']): string | null {
  if (content == null || typeof content === 'string') return content ?? '';
  const texts = content.map((part) => (part.type === 'text' && typeof part.text === 'string' ? part.text : null));
  return texts.includes(null) ? null : texts.join('\n\n');
}

/** Text of both, as one: many chat templates take one system message, at the start. */
function joined(first: ChatMessage, second: ChatMessage): ChatMessage | null {
  const both = [plainText(first.content), plainText(second.content)];
  return both.includes(null) ? null : { role: 'system', content: both.join('\n\n') };
}

/**
 * The messages as models of every make take them: developer messages are system messages to all but OpenAI's own, and
 * those at the start are one.
 */
export function adaptInstructions(
  messages: readonly ChatMessage[],
  { responses }: Omit<Target, 'hosted'>,
): ChatMessage[] {
  if (responses) return [...messages];
  const adapted: ChatMessage[] = [];
  for (const message of messages) {
    const own: ChatMessage = message.role === 'developer' ? { ...message, role: 'system' } : message;
    const first = adapted.length === 1 && own.role === 'system' ? adapted[0] : undefined;
    const merged = first?.role === 'system' ? joined(first, own) : null;
    if (merged) adapted[0] = merged;
    else adapted.push(own);
  }
  return adapted;
}

const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^messages.*$/, 'input'],
  [/^max_(completion_)?tokens$/, 'max_output_tokens'],
  [/^reasoning_effort$/, 'reasoning.effort'],
  [/^response_format\b.*$/, 'text.format'],
  [/^verbosity$/, 'text.verbosity'],
  [/^conversation_id$/, 'conversation'],
];

/** Turns an error about the chat completion into one about the request that the client sent. */
export function inOwnTerms(error: unknown): unknown {
  if (!(error instanceof AppError) || error.param === null) return error;
  const renamed = NAMES.find(([pattern]) => pattern.test(error.param ?? ''));
  if (!renamed) return error;
  const { code, message, retryAfter } = error;
  const retry = retryAfter === undefined ? {} : { retryAfter };
  return new AppError(code, message, { param: renamed[1], cause: error.cause, ...retry });
}
