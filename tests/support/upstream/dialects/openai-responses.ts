import { type Answer, usageOf } from '../answer.ts';
import { type Asked, readAsked } from '../asked.ts';
import { isObject, type JsonObject } from '../json.ts';
import { createdAt, type Dialect, type Refusal, type RefusalKind, type StreamEvent } from './dialect.ts';
import { checkRequest, refused } from './openai-responses-check.ts';
import { eventsOf, type TypedEvent } from './openai-responses-events.ts';
import { itemsOf } from './openai-responses-items.ts';

function usage(answer: Answer): JsonObject {
  const { prompt, completion, cached = 0, reasoning = 0 } = usageOf(answer);
  return {
    input_tokens: prompt,
    input_tokens_details: { cached_tokens: cached, cache_write_tokens: 0 },
    output_tokens: completion,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: prompt + completion,
  };
}

/** The fields of the request that a response repeats, with the vendor's defaults. */
function echo({ body = {} }: Asked): JsonObject {
  return {
    instructions: null,
    max_output_tokens: body.max_output_tokens ?? null,
    metadata: body.metadata ?? {},
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: null,
    reasoning: body.reasoning ?? { effort: null, summary: null },
    service_tier: body.service_tier ?? 'default',
    store: body.store ?? true,
    temperature: body.temperature ?? 1,
    text: body.text ?? { format: { type: 'text' } },
    tool_choice: body.tool_choice ?? 'auto',
    tools: body.tools ?? [],
    top_p: body.top_p ?? 1,
    truncation: 'disabled',
  };
}

const head = (asked: Asked, rest: JsonObject): JsonObject => ({
  id: 'resp_68f1a2b3c4d5e6f7',
  object: 'response',
  created_at: createdAt,
  status: 'in_progress',
  background: false,
  error: null,
  incomplete_details: null,
  model: asked.model,
  output: [],
  ...echo(asked),
  ...rest,
});

/** The vendor's words for why an answer was cut, by the word of chat completions. */
const CUTS: Readonly<Record<string, string>> = { length: 'max_output_tokens', content_filter: 'content_filter' };

function body(answer: Answer, asked: Asked): JsonObject {
  const reason = CUTS[answer.finish ?? ''];
  return head(asked, {
    status: reason ? 'incomplete' : 'completed',
    incomplete_details: reason ? { reason } : null,
    output: itemsOf(answer, asked).map(({ item }) => item),
    ...(answer.tellUsage === 'never' ? {} : { usage: usage(answer) }),
    ...answer.extra,
  });
}

function events(answer: Answer, asked: Asked): StreamEvent[] {
  const last = body(answer, asked);
  const response = head(asked, {});
  const typed: TypedEvent[] = [
    { type: 'response.created', data: { response }, token: false },
    { type: 'response.in_progress', data: { response }, token: false },
    ...itemsOf(answer, asked).flatMap((scripted, index) => eventsOf(scripted, index, asked)),
    { type: `response.${last.status}`, data: { response: last }, token: false },
  ];
  return typed.map(({ type, data, token }, position) => ({
    name: type,
    data: { type, sequence_number: position, ...data, ...answer.extra },
    token,
  }));
}

function refusal(kind: RefusalKind, asked: Asked): Refusal {
  switch (kind) {
    case 'bad-request':
      return refused("Missing required parameter: 'input'.", 'input', 'missing_required_parameter');
    case 'context-overflow':
      return refused(
        'Your input exceeds the context window of this model. Please adjust your input and try again.',
        'input',
        'context_length_exceeded',
      );
    case 'unauthorized':
      return refused('Incorrect API key provided.', null, 'invalid_api_key', 401);
    case 'unknown-model':
      return refused(`The requested model '${asked.model}' does not exist.`, 'model', 'model_not_found');
    case 'rate-limited':
      return {
        status: 429,
        headers: { 'retry-after': '7' },
        body: {
          error: {
            message: `Rate limit reached for ${asked.model} on tokens per min (TPM): Limit 30000, Used 29000, Requested 5000.`,
            type: 'tokens',
            param: null,
            code: 'rate_limit_exceeded',
          },
        },
      };
    case 'server-error':
      return refused('The server had an error while processing your request. Sorry about that!', null, null, 500);
    case 'unavailable':
      return refused('The server is currently overloaded. Please try again later.', null, null, 503);
  }
}

/** OpenAI's Responses API. Source: its API reference and OpenAPI document. */
export const openAiResponses: Dialect = {
  name: 'openai-responses',
  basePath: '/v1',
  keyHeader: 'authorization',
  endMark: null,
  headers: { 'openai-version': '2020-10-01', 'x-request-id': 'req_upstream' },
  jsonType: 'application/json',
  streamType: 'text/event-stream; charset=utf-8',
  read({ method, path, json }) {
    if (method !== 'POST' || path !== '/v1/responses') return null;
    const request = isObject(json) ? json : {};
    const { include } = request;
    const logprobs = Array.isArray(include) && include.includes('message.output_text.logprobs');
    return { ...readAsked(json), n: 1, logprobs, body: request };
  },
  check: ({ json }) => checkRequest(isObject(json) ? json : {}),
  body,
  events,
  refusal,
  midStream: (asked) => ({
    event: {
      name: 'response.failed',
      data: {
        type: 'response.failed',
        // Higher than that of any event that a test cuts off before.
        sequence_number: 10_000,
        response: head(asked, {
          status: 'failed',
          error: { code: 'server_error', message: 'The model produced invalid content.' },
        }),
      },
    },
    done: false,
  }),
  models: (names) => ({
    object: 'list',
    data: names.map((id) => ({ id, object: 'model', created: createdAt, owned_by: 'openai' })),
  }),
  paths: {},
};
