import { type Answer, callId, finishOf, usageOf } from '../answer.ts';
import { type Asked, readAsked } from '../asked.ts';
import type { JsonObject } from '../json.ts';
import { checkAnthropicRequest } from './anthropic-check.ts';
import type { Dialect, Refusal, RefusalKind, StreamEvent } from './dialect.ts';

/** A script's words are OpenAI's; any other is Anthropic's own and sent as it is. */
const STOP_REASONS = new Map([
  ['stop', 'end_turn'],
  ['length', 'max_tokens'],
  ['tool_calls', 'tool_use'],
  ['content_filter', 'refusal'],
]);

const SIGNATURE = 'EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pk';

function stopOf(answer: Answer): JsonObject {
  const reason = answer.refusal === undefined ? finishOf(answer) : 'content_filter';
  const details =
    answer.refusal === undefined ? null : { type: 'refusal', category: null, explanation: answer.refusal };
  return { stop_reason: STOP_REASONS.get(reason) ?? reason, stop_sequence: null, stop_details: details };
}

/** The cached part is not in `input_tokens`. */
function usage(answer: Answer): JsonObject {
  const { prompt, completion, cached = 0, reasoning } = usageOf(answer);
  return {
    input_tokens: prompt - cached,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cached,
    output_tokens: completion,
    output_tokens_details: reasoning === undefined ? null : { thinking_tokens: reasoning },
    server_tool_use: null,
  };
}

const head = (asked: Asked) => ({
  id: 'msg_013Zva2CMHLNnXjNJJKqJ2EF',
  type: 'message',
  role: 'assistant',
  model: asked.model,
  container: null,
  diagnostics: null,
});

const wholeUsage = (told: JsonObject) => ({
  ...told,
  cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
  inference_geo: 'global',
  service_tier: 'standard',
  speed: 'standard',
});

/** A block as it starts in a stream, the deltas that fill it, and what it is when whole. */
interface ScriptedBlock {
  readonly start: JsonObject;
  readonly deltas: readonly { readonly delta: JsonObject; readonly token: boolean }[];
  readonly whole: JsonObject;
}

function thinkingBlock(pieces: readonly string[], signature = SIGNATURE): ScriptedBlock {
  const deltas = pieces.map((thinking) => ({ delta: { type: 'thinking_delta', thinking }, token: true }));
  return {
    start: { type: 'thinking', thinking: '', signature: '' },
    deltas: [...deltas, { delta: { type: 'signature_delta', signature }, token: false }],
    whole: { type: 'thinking', thinking: pieces.join(''), signature },
  };
}

const textBlock = (pieces: readonly string[]): ScriptedBlock => ({
  start: { type: 'text', text: '', citations: null },
  deltas: pieces.map((text) => ({ delta: { type: 'text_delta', text }, token: true })),
  whole: { type: 'text', text: pieces.join(''), citations: null },
});

function blocks(answer: Answer): ScriptedBlock[] {
  const list: ScriptedBlock[] = [];
  if (answer.reasoning || answer.signature) list.push(thinkingBlock(answer.reasoning ?? [], answer.signature));
  if (answer.text) list.push(textBlock(answer.text));
  for (const [position, call] of (answer.calls ?? []).entries()) {
    const named = {
      type: 'tool_use',
      id: callId(call, position, 'toolu_01A09q90qw90lq91778'),
      name: call.name,
      caller: { type: 'direct' },
    };
    // Its streams give every input an empty piece first.
    const deltas = ['', ...call.pieces].map((piece) => ({
      delta: { type: 'input_json_delta', partial_json: piece },
      token: piece !== '',
    }));
    const input: unknown = JSON.parse(call.pieces.join('') || '{}');
    list.push({ start: { ...named, input: {} }, deltas, whole: { ...named, input } });
  }
  return list;
}

const event = (data: JsonObject & { type: string }, token = false): StreamEvent => ({ name: data.type, data, token });

function events(answer: Answer, asked: Asked): StreamEvent[] {
  const told = usage(answer);
  const started = { ...head(asked), content: [], stop_reason: null, stop_sequence: null, stop_details: null };
  const counted = wholeUsage({ ...told, output_tokens: 1, output_tokens_details: null });
  const list = [event({ type: 'message_start', message: { ...started, usage: counted }, ...answer.extra })];
  for (const [index, block] of blocks(answer).entries()) {
    list.push(event({ type: 'content_block_start', index, content_block: block.start }));
    if (index === 0) list.push(event({ type: 'ping' }));
    for (const { delta, token } of block.deltas) {
      list.push(event({ type: 'content_block_delta', index, delta, ...answer.extra }, token));
    }
    list.push(event({ type: 'content_block_stop', index }));
  }
  const stop = { ...stopOf(answer), container: null };
  return [...list, event({ type: 'message_delta', delta: stop, usage: told }), event({ type: 'message_stop' })];
}

const body = (answer: Answer, asked: Asked): JsonObject => ({
  ...head(asked),
  content: blocks(answer).map(({ whole }) => whole),
  ...stopOf(answer),
  usage: wholeUsage(usage(answer)),
  ...answer.extra,
});

const error = (status: number, type: string, message: string, headers?: Record<string, string>): Refusal => ({
  status,
  ...(headers ? { headers } : {}),
  body: { type: 'error', error: { type, message }, request_id: 'req_011CSHoEeqs5C35K2UUqR7Fy' },
});

function refusal(kind: RefusalKind, asked: Asked): Refusal {
  switch (kind) {
    case 'bad-request':
      return error(400, 'invalid_request_error', 'messages: Field required');
    case 'context-overflow':
      return error(400, 'invalid_request_error', 'prompt is too long: 208310 tokens > 200000 maximum');
    case 'unauthorized':
      return error(401, 'authentication_error', 'invalid x-api-key');
    case 'unknown-model':
      return error(404, 'not_found_error', `model: ${asked.model}`);
    case 'rate-limited':
      return error(429, 'rate_limit_error', "This request would exceed your organization's rate limit.", {
        'retry-after': '7',
      });
    case 'server-error':
      return error(500, 'api_error', 'Internal server error');
    case 'unavailable':
      return error(529, 'overloaded_error', 'Overloaded');
  }
}

/** Anthropic's Messages API, version 2023-06-01. */
export const anthropic: Dialect = {
  name: 'anthropic',
  basePath: '/v1',
  keyHeader: 'x-api-key',
  endMark: null,
  headers: { server: 'cloudflare', 'request-id': 'req_011CSHoEeqs5C35K2UUqR7Fy' },
  jsonType: 'application/json',
  streamType: 'text/event-stream; charset=utf-8',
  read: ({ method, path, json }) => (method === 'POST' && path === '/v1/messages' ? readAsked(json) : null),
  check(request) {
    const fault = checkAnthropicRequest(request.headers, request.json);
    return fault === null ? null : error(400, 'invalid_request_error', fault);
  },
  body,
  events,
  refusal,
  midStream: () => ({
    event: { name: 'error', data: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } } },
    done: false,
  }),
  models: (names) => ({
    data: names.map((id) => ({ type: 'model', id, display_name: id, created_at: '2026-02-04T00:00:00Z' })),
    has_more: false,
    first_id: names[0] ?? null,
    last_id: names.at(-1) ?? null,
  }),
  paths: {},
};
