import { type Answer, callId, finishOf, logprobOf, usageOf } from '../answer.ts';
import type { Asked } from '../asked.ts';
import type { JsonObject } from '../json.ts';
import {
  createdAt,
  type Dialect,
  openAiRequests,
  type Refusal,
  type RefusalKind,
  rateLimited,
  type StreamEvent,
} from './dialect.ts';

const tail = (asked: Asked, object: string) => ({
  created: createdAt,
  id: 'chatcmpl-9rYbN3kLq0Zt7WxVf2HsJd5uMc8EaGpT',
  model: asked.model,
  system_fingerprint: 'b6800-7fa9d2c',
  object,
});

function usage(answer: Answer): JsonObject {
  const { prompt, completion, cached = 0 } = usageOf(answer);
  return {
    completion_tokens: completion,
    prompt_tokens: prompt,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached },
  };
}

function timings(answer: Answer): JsonObject {
  const { prompt, completion, cached = 0 } = usageOf(answer);
  return {
    cache_n: cached,
    prompt_n: prompt,
    prompt_ms: 12.5,
    prompt_per_second: 80 * prompt,
    predicted_n: completion,
    predicted_ms: 10 * completion,
    predicted_per_second: 100,
  };
}

const reasoningField = (answer: Answer) => answer.reasoningField ?? 'reasoning_content';
const logprob = (token: string) => ({ id: 259, ...logprobOf(token) });

function deltas(answer: Answer): { delta: JsonObject; token?: string }[] {
  const list: { delta: JsonObject; token?: string }[] = [];
  for (const piece of answer.reasoning ?? []) list.push({ delta: { [reasoningField(answer)]: piece }, token: piece });
  for (const piece of answer.text ?? []) list.push({ delta: { content: piece }, token: piece });
  for (const [position, call] of (answer.calls ?? []).entries()) {
    const index = answer.callIndex === 'zero' ? 0 : position;
    const [first = '', ...rest] = call.pieces;
    const id = callId(call, position, 'Qm4tR8vK1yXc6ZpB3nLs7HwJd0GfEa');
    const opened = { index, id, type: 'function', function: { name: call.name, arguments: first } };
    list.push({ delta: { tool_calls: [opened] } });
    for (const piece of rest) list.push({ delta: { tool_calls: [{ index, function: { arguments: piece } }] } });
  }
  return list;
}

function events(answer: Answer, asked: Asked): StreamEvent[] {
  const list: StreamEvent[] = [];
  const each = answer.tellUsage === 'each' ? { usage: usage(answer) } : {};
  const push = (choices: JsonObject[], rest: JsonObject, token: boolean) =>
    list.push({
      data: { choices, ...tail(asked, 'chat.completion.chunk'), ...rest, ...each, ...answer.extra },
      token,
    });
  const every = (delta: JsonObject, finish: string | null, rest: JsonObject = {}, token?: string) => {
    for (let index = 0; index < asked.n; index += 1) {
      const logprobs = asked.logprobs && token !== undefined ? { logprobs: { content: [logprob(token)] } } : {};
      push([{ finish_reason: finish, index, delta, ...logprobs }], rest, !('role' in delta) && finish === null);
    }
  };
  every({ role: 'assistant', content: null }, null);
  for (const { delta, token } of deltas(answer)) every(delta, null, {}, token);
  const tell = answer.tellUsage ?? 'asked';
  const told = tell === 'always' || tell === 'each' || (tell === 'asked' && asked.includeUsage);
  // `timings` is on the last chunk, whichever that is.
  every({}, finishOf(answer), told ? {} : { timings: timings(answer) });
  if (told) push([], { usage: usage(answer), timings: timings(answer) }, false);
  return list;
}

function body(answer: Answer, asked: Asked): JsonObject {
  const calls = (answer.calls ?? []).map((call, position) => ({
    type: 'function',
    function: { name: call.name, arguments: call.pieces.join('') },
    id: callId(call, position, 'Qm4tR8vK1yXc6ZpB3nLs7HwJd0GfEa'),
  }));
  const message = {
    role: 'assistant',
    content: answer.text ? answer.text.join('') : null,
    ...(answer.reasoning ? { [reasoningField(answer)]: answer.reasoning.join('') } : {}),
    ...(calls.length ? { tool_calls: calls } : {}),
  };
  const logprobs = asked.logprobs ? { logprobs: { content: (answer.text ?? []).map(logprob) } } : {};
  const choices = Array.from({ length: asked.n }, (_, index) => ({
    finish_reason: finishOf(answer),
    index,
    message,
    ...logprobs,
  }));
  const told = answer.tellUsage === 'never' ? {} : { usage: usage(answer) };
  return { choices, ...tail(asked, 'chat.completion'), ...told, timings: timings(answer), ...answer.extra };
}

const error = (code: number, type: string, message: string, rest: JsonObject = {}): Refusal => ({
  status: code,
  body: { error: { code, message, type, ...rest } },
});

function refusal(kind: RefusalKind): Refusal {
  switch (kind) {
    case 'bad-request':
      return error(400, 'invalid_request_error', "'messages' is required");
    case 'context-overflow':
      return error(
        400,
        'exceed_context_size_error',
        'request (9001 tokens) exceeds the available context size (8192 tokens), try increasing it',
        { n_prompt_tokens: 9001, n_ctx: 8192 },
      );
    case 'unauthorized':
      return error(401, 'authentication_error', 'Invalid API Key');
    case 'unknown-model':
      return error(404, 'not_found_error', 'File Not Found');
    case 'rate-limited':
      return rateLimited;
    case 'server-error':
      return error(500, 'server_error', 'Failed to parse input at position 0');
    case 'unavailable':
      return error(503, 'unavailable_error', 'Loading model');
  }
}

/** llama.cpp's `llama-server`. */
export const llamacpp: Dialect = {
  ...openAiRequests,
  name: 'llamacpp',
  headers: { server: 'llama.cpp' },
  jsonType: 'application/json; charset=utf-8',
  streamType: 'text/event-stream',
  body,
  events,
  refusal,
  midStream: () => ({
    event: { data: { error: { code: 500, message: 'Compute error.', type: 'server_error' } } },
    done: false,
  }),
  models: (names) => ({
    object: 'list',
    data: names.map((id) => ({
      id,
      object: 'model',
      created: createdAt,
      owned_by: 'llamacpp',
      meta: { n_vocab: 1536, n_ctx_train: 8192, n_embd: 160, n_params: 1_500_000, size: 1_600_000 },
    })),
  }),
  paths: {
    '/health': { status: 200, body: { status: 'ok' } },
    '/v1/health': { status: 200, body: { status: 'ok' } },
  },
};
