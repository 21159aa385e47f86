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

const head = (asked: Asked, object: string) => ({
  // Ollama draws ids from 0 to 998: two answers may share one.
  id: 'chatcmpl-417',
  object,
  created: createdAt,
  model: asked.model,
  system_fingerprint: 'fp_ollama',
});

function usage(answer: Answer): JsonObject {
  const { prompt, completion } = usageOf(answer);
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

const reasoningField = (answer: Answer) => answer.reasoningField ?? 'reasoning';

/** Calls come whole, one per chunk. */
function toolCalls(answer: Answer): JsonObject[] {
  return (answer.calls ?? []).map((call, position) => ({
    id: callId(call, position, 'call_'),
    index: answer.callIndex === 'zero' ? 0 : position,
    type: 'function',
    function: { name: call.name, arguments: call.pieces.join('') },
  }));
}

function events(answer: Answer, asked: Asked): StreamEvent[] {
  const list: StreamEvent[] = [];
  const each = answer.tellUsage === 'each' ? { usage: usage(answer) } : {};
  const push = (choices: JsonObject[], rest: JsonObject, token: boolean) =>
    list.push({
      data: { ...head(asked, 'chat.completion.chunk'), choices, ...rest, ...each, ...answer.extra },
      token,
    });
  const say = (delta: JsonObject, token?: string) => {
    // No chunk of its own for the role: it rides on the first delta.
    const role = list.length === 0 ? { role: 'assistant' } : {};
    const logprobs = asked.logprobs && token !== undefined ? { logprobs: { content: [logprobOf(token)] } } : {};
    push([{ index: 0, delta: { ...role, ...delta }, finish_reason: null, ...logprobs }], {}, true);
  };
  for (const piece of answer.reasoning ?? []) say({ content: '', [reasoningField(answer)]: piece }, piece);
  for (const piece of answer.text ?? []) say({ content: piece }, piece);
  for (const call of toolCalls(answer)) say({ content: '', tool_calls: [call] });
  push([{ index: 0, delta: {}, finish_reason: finishOf(answer) }], {}, false);
  const tell = answer.tellUsage ?? 'asked';
  if (tell === 'always' || tell === 'each' || (tell === 'asked' && asked.includeUsage)) {
    push([], { usage: usage(answer) }, false);
  }
  return list;
}

/** `n` is not supported: there is always one choice. */
function body(answer: Answer, asked: Asked): JsonObject {
  const calls = toolCalls(answer);
  const message = {
    role: 'assistant',
    content: (answer.text ?? []).join(''),
    ...(answer.reasoning ? { [reasoningField(answer)]: answer.reasoning.join('') } : {}),
    ...(calls.length ? { tool_calls: calls } : {}),
  };
  const logprobs = asked.logprobs ? { logprobs: { content: (answer.text ?? []).map(logprobOf) } } : {};
  const choices = [{ index: 0, message, finish_reason: finishOf(answer), ...logprobs }];
  const told = answer.tellUsage === 'never' ? {} : { usage: usage(answer) };
  return { ...head(asked, 'chat.completion'), choices, ...told, ...answer.extra };
}

const error = (status: number, type: string, message: string): Refusal => ({
  status,
  body: { error: { message, type, param: null, code: null } },
});

function refusal(kind: RefusalKind, asked: Asked): Refusal {
  switch (kind) {
    case 'bad-request':
      return error(400, 'invalid_request_error', '[] is too short - messages');
    case 'context-overflow':
      return error(400, 'invalid_request_error', 'the input length exceeds the context length');
    case 'unauthorized':
      return error(401, 'authentication_error', 'unauthorized');
    case 'unknown-model':
      return error(404, 'not_found_error', `model '${asked.model}' not found`);
    case 'rate-limited':
      return rateLimited;
    case 'server-error':
      return error(500, 'api_error', 'llama runner process has terminated: exit status 2');
    case 'unavailable':
      return error(503, 'api_error', 'server busy, please try again. maximum pending requests exceeded');
  }
}

/** Ollama's OpenAI-compatible half. */
export const ollama: Dialect = {
  ...openAiRequests,
  name: 'ollama',
  headers: {},
  jsonType: 'application/json',
  streamType: 'text/event-stream',
  body,
  events,
  refusal,
  // A failure on the way is swallowed: an empty delta, then the end without a finish reason.
  midStream: (asked) => ({
    event: {
      data: {
        ...head(asked, 'chat.completion.chunk'),
        choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }],
      },
    },
    done: false,
  }),
  models: (names) => ({
    object: 'list',
    data: names.map((id) => ({ id, object: 'model', created: createdAt, owned_by: 'library' })),
  }),
  paths: {
    '/': { status: 200, body: 'Ollama is running' },
    '/api/version': { status: 200, body: { version: '0.12.6' } },
  },
};
