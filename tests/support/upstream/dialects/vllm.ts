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
import { imageDeltas, imageEvents, imagesBody, withImages } from './openai-images.ts';

const head = (asked: Asked, object: string) => ({
  id: 'chatcmpl-5f3c9a0e7b1d4c62',
  object,
  created: createdAt,
  model: asked.model,
});

function usage(answer: Answer): JsonObject {
  const { prompt, completion, cached } = usageOf(answer);
  return {
    prompt_tokens: prompt,
    total_tokens: prompt + completion,
    completion_tokens: completion,
    ...(cached === undefined ? {} : { prompt_tokens_details: { cached_tokens: cached } }),
  };
}

const reasoningField = (answer: Answer) => answer.reasoningField ?? 'reasoning';

/** The deltas of one choice, each with the token that its logprobs speak of. */
function deltas(answer: Answer): { delta: JsonObject; token?: string }[] {
  const list: { delta: JsonObject; token?: string }[] = [];
  for (const piece of answer.reasoning ?? []) list.push({ delta: { [reasoningField(answer)]: piece }, token: piece });
  for (const piece of answer.text ?? []) list.push({ delta: { content: piece }, token: piece });
  for (const delta of imageDeltas(answer)) list.push({ delta });
  for (const [position, call] of (answer.calls ?? []).entries()) {
    const index = answer.callIndex === 'zero' ? 0 : position;
    const named = { id: callId(call, position, 'chatcmpl-tool-'), type: 'function', index };
    const [first, ...rest] = call.pieces;
    // Two entries with one index in one chunk, and a name without `arguments`: what real builds send.
    const entries: JsonObject[] = [{ ...named, function: { name: call.name } }];
    if (first !== undefined) entries.push({ index, function: { arguments: first } });
    list.push({ delta: { content: null, tool_calls: entries } });
    for (const piece of rest) list.push({ delta: { tool_calls: [{ index, function: { arguments: piece } }] } });
  }
  return list;
}

function events(answer: Answer, asked: Asked): StreamEvent[] {
  if (asked.images) return imageEvents(answer, asked.images);
  const list: StreamEvent[] = [];
  const each = answer.tellUsage === 'each' ? { usage: usage(answer) } : {};
  const push = (choices: JsonObject[], rest: JsonObject, token: boolean) =>
    list.push({
      data: { ...head(asked, 'chat.completion.chunk'), choices, ...rest, ...each, ...answer.extra },
      token,
    });
  for (let index = 0; index < asked.n; index += 1) {
    const delta = { role: 'assistant', content: '' };
    push([{ index, delta, logprobs: null, finish_reason: null }], { prompt_token_ids: null }, false);
  }
  const said = deltas(answer);
  for (const [position, { delta, token }] of said.entries()) {
    const last = position === said.length - 1;
    for (let index = 0; index < asked.n; index += 1) {
      const logprobs = asked.logprobs && token !== undefined ? { content: [logprobOf(token)] } : null;
      const finish = last ? { finish_reason: finishOf(answer), stop_reason: null } : { finish_reason: null };
      push([{ index, delta, logprobs, ...finish, token_ids: null }], {}, true);
    }
  }
  const tell = answer.tellUsage ?? 'asked';
  if (tell === 'always' || tell === 'each' || (tell === 'asked' && asked.includeUsage)) {
    push([], { usage: usage(answer) }, false);
  }
  return list;
}

function body(answer: Answer, asked: Asked): JsonObject {
  if (asked.images) return imagesBody(answer);
  const message = {
    role: 'assistant',
    content: answer.text ? answer.text.join('') : null,
    refusal: null,
    annotations: null,
    audio: null,
    function_call: null,
    tool_calls: (answer.calls ?? []).map((call, position) => ({
      id: callId(call, position, 'chatcmpl-tool-'),
      type: 'function',
      function: { name: call.name, arguments: call.pieces.join('') },
    })),
    [reasoningField(answer)]: answer.reasoning ? answer.reasoning.join('') : null,
    ...withImages(answer),
  };
  const choices = Array.from({ length: asked.n }, (_, index) => ({
    index,
    message,
    logprobs: asked.logprobs ? { content: (answer.text ?? []).map(logprobOf) } : null,
    finish_reason: finishOf(answer),
    stop_reason: null,
    token_ids: null,
  }));
  const rest = { service_tier: null, system_fingerprint: null, prompt_logprobs: null, kv_transfer_params: null };
  const told = answer.tellUsage === 'never' ? {} : { usage: usage(answer) };
  return { ...head(asked, 'chat.completion'), choices, ...told, ...rest, ...answer.extra };
}

const error = (code: number, type: string, message: string, param: string | null = null): Refusal => ({
  status: code,
  body: { error: { message, type, param, code } },
});

function refusal(kind: RefusalKind, asked: Asked): Refusal {
  switch (kind) {
    case 'bad-request':
      return error(400, 'Bad Request', "[{'type': 'missing', 'loc': ('body', 'messages'), 'msg': 'Field required'}]");
    case 'context-overflow':
      return error(
        400,
        'BadRequestError',
        "This model's maximum context length is 8192 tokens. However, your request has 9001 input tokens. " +
          'Please reduce the length of the input messages.',
        'input_tokens',
      );
    case 'unauthorized':
      return { status: 401, body: { error: 'Unauthorized' } };
    case 'unknown-model':
      return error(404, 'NotFoundError', `The model \`${asked.model}\` does not exist.`, 'model');
    case 'rate-limited':
      return rateLimited;
    case 'server-error':
      return error(500, 'InternalServerError', 'EngineCore encountered an issue.');
    case 'unavailable':
      return error(503, 'ServiceUnavailableError', 'The engine is not ready.');
  }
}

/** vLLM's `vllm serve`. */
export const vllm: Dialect = {
  ...openAiRequests,
  name: 'vllm',
  headers: { server: 'uvicorn' },
  jsonType: 'application/json',
  streamType: 'text/event-stream; charset=utf-8',
  body,
  events,
  refusal,
  midStream: () => ({
    event: { data: { error: { message: 'EngineCore died.', type: 'InternalServerError', param: null, code: 500 } } },
    done: true,
  }),
  models: (names) => ({
    object: 'list',
    data: names.map((id) => ({
      id,
      object: 'model',
      created: createdAt,
      owned_by: 'vllm',
      root: id,
      parent: null,
      max_model_len: 8192,
      permission: [],
    })),
  }),
  paths: { '/health': { status: 200, body: undefined }, '/version': { status: 200, body: { version: '0.11.0' } } },
};
