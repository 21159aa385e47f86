import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { chunksOf, payloadsOf } from '../support/read-events.ts';
import { bearer } from '../support/start-gateway.ts';
import { type ScriptedGateway, startScripted, upstreamKey } from '../support/start-scripted.ts';
import type { Answer } from '../support/upstream/answer.ts';
import type { Script } from '../support/upstream/exchange.ts';
import { answer, callTools, gated, say, think } from '../support/upstream/scripts/answers.ts';
import { endWithoutFinish, errorInStream } from '../support/upstream/scripts/failures.ts';
import { empty200, errorBodyWith200, raw, refuse } from '../support/upstream/scripts/refusals.ts';

const format = 'anthropic-claude-v1';
const hi = [{ role: 'user', content: 'Hi' }];
const json = { 'content-type': 'application/json' };

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted({
    kind: 'anthropic',
    upstream: { dialect: 'anthropic' },
    env: { MODEL_WAIT_SECONDS: '0' },
  });
});
afterAll(() => gateway.close());

const ask = (body: object = {}) =>
  gateway.call('POST', '/v1/chat/completions', { model: 'scripted', messages: hi, ...body });

async function wholeOf(script: Script) {
  gateway.upstream.reply(script);
  const response = await ask();
  expect(response.status).toBe(200);
  return response.json();
}

async function streamOf(script: Script) {
  gateway.upstream.reply(script);
  return chunksOf(await (await ask({ stream: true, stream_options: { include_usage: true } })).text());
}

/** The answer, whole or as its stream adds up for OpenAI's own client. */
const ways: [string, (script: Script) => Promise<OpenAI.ChatCompletion>][] = [
  ['JSON', wholeOf],
  [
    'SSE',
    async (script) => {
      gateway.upstream.reply(script);
      const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: bearer, maxRetries: 0 });
      const stream = client.chat.completions.stream({
        model: 'scripted',
        messages: [{ role: 'user', content: 'Hi' }],
        stream_options: { include_usage: true },
      });
      return stream.finalChatCompletion();
    },
  ],
];

/** What Anthropic sends, word for word. */
const events = (...list: { type: string; [field: string]: unknown }[]): Script =>
  raw(
    200,
    { 'content-type': 'text/event-stream' },
    list.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''),
  );
const message = (content: object[], rest: object = {}) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content,
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 3, output_tokens: 2 },
  ...rest,
});
const start = { type: 'message_start', message: message([], { stop_reason: null }) };
const stop = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } };

describe.each(ways)('an answer as %s', (_way, get) => {
  test('has the id, the alias, the text and the usage', async () => {
    const completion = await get(say('Hello there, you.'));
    expect(completion).toMatchObject({
      id: 'msg_013Zva2CMHLNnXjNJJKqJ2EF',
      object: 'chat.completion',
      model: 'scripted',
    });
    expect(completion.choices[0]).toMatchObject({
      index: 0,
      finish_reason: 'stop',
      native_finish_reason: 'end_turn',
      message: { role: 'assistant', content: 'Hello there, you.', refusal: null },
    });
    expect(completion.usage).toMatchObject({ prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 });
  });

  test('counts the cached part of the prompt in, and the thinking of the answer', async () => {
    const { usage } = await get(say('Yes.', { usage: { prompt: 100, completion: 20, cached: 64, reasoning: 15 } }));
    expect(usage).toEqual({
      prompt_tokens: 100,
      completion_tokens: 20,
      total_tokens: 120,
      prompt_tokens_details: expect.objectContaining({ cached_tokens: 64, cache_write_tokens: 0 }),
      completion_tokens_details: { reasoning_tokens: 15 },
    });
  });

  test.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['pause_turn', 'length'],
    ['refusal', 'content_filter'],
    ['something_new', 'stop'],
  ])('that ended with %s ended with %s', async (native, finish) => {
    const { choices } = await get(say('Well', { finish: native }));
    expect(choices[0]).toMatchObject({ finish_reason: finish, native_finish_reason: native });
  });

  test('that is refused says why', async () => {
    const { choices } = await get(answer({ refusal: 'This could do harm.' }));
    expect(choices[0]).toMatchObject({
      finish_reason: 'content_filter',
      message: { refusal: 'This could do harm.' },
    });
  });

  test('calls tools in parallel, with their ids, also without arguments', async () => {
    const { choices } = await get(
      callTools(
        [
          { name: 'weather', arguments: { city: 'Rome', days: [1, 2] }, id: 'toolu_A' },
          { name: 'now', arguments: {}, id: 'toolu_B' },
        ],
        { text: ['Let me', ' look.'] },
      ),
    );
    expect(choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { content: 'Let me look.' } });
    expect(choices[0]?.message.tool_calls).toMatchObject([
      { id: 'toolu_A', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome","days":[1,2]}' } },
      { id: 'toolu_B', type: 'function', function: { name: 'now', arguments: '{}' } },
    ]);
  });
});

describe('a call without any piece of arguments', () => {
  const block = { type: 'tool_use', id: 'toolu_1', name: 'now', input: {} };

  test('gets an empty object, whole and streamed', async () => {
    const stopped = { stop_reason: 'tool_use' };
    const whole = await wholeOf(raw(200, json, JSON.stringify(message([block], stopped))));
    expect(whole.choices[0].message).toMatchObject({ content: null, tool_calls: [{ function: { arguments: '{}' } }] });
    const chunks = await streamOf(
      events(
        start,
        { type: 'content_block_start', index: 0, content_block: block },
        { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '' } },
        { type: 'content_block_stop', index: 0 },
        { ...stop, delta: stopped },
      ),
    );
    const pieces = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
    expect(pieces).toEqual([
      { index: 0, id: 'toolu_1', type: 'function', function: { name: 'now', arguments: '' } },
      { index: 0, function: { arguments: '{}' } },
    ]);
  });
});

describe('reasoning', () => {
  const details = [{ type: 'reasoning.text', text: 'Hm, well.', signature: 'c2lnbmVk', format, index: 0 }];
  const script = think('Hm, well.', 'Yes.', { signature: 'c2lnbmVk' });

  test('of a whole answer has both names, and its signature', async () => {
    const { choices } = await wholeOf(script);
    expect(choices[0].message).toEqual({
      role: 'assistant',
      content: 'Yes.',
      refusal: null,
      reasoning_content: 'Hm, well.',
      reasoning: 'Hm, well.',
      reasoning_details: details,
    });
  });

  test('of a stream comes in pieces that share their index', async () => {
    const deltas = (await streamOf(script)).flatMap(({ choices }) => (choices[0] ? [choices[0].delta] : []));
    expect(deltas).toEqual([
      { role: 'assistant', content: '' },
      ...['Hm,', ' well.'].map((text) => ({
        reasoning_content: text,
        reasoning: text,
        reasoning_details: [{ type: 'reasoning.text', text, format, index: 0 }],
      })),
      { reasoning_details: [{ type: 'reasoning.text', signature: 'c2lnbmVk', format, index: 0 }] },
      { content: 'Yes.' },
      {},
    ]);
  });

  test('that Anthropic redacted or keeps to itself stays, with an index of its own', async () => {
    const blocks = [
      { type: 'thinking', thinking: '', signature: 'b25l' },
      { type: 'redacted_thinking', data: 'c2VjcmV0' },
      { type: 'text', text: 'Yes.', citations: null },
      { type: 'thinking', thinking: 'More.', signature: 'dHdv' },
    ];
    const expected = [
      { type: 'reasoning.text', signature: 'b25l', format, index: 0 },
      { type: 'reasoning.encrypted', data: 'c2VjcmV0', format, index: 1 },
      {
        ...{ type: 'reasoning.text', text: 'More.', signature: 'dHdv', format, index: 2 },
        after: { content: 4, tool_calls: 0 },
      },
    ];
    const whole = await wholeOf(raw(200, json, JSON.stringify(message(blocks))));
    expect(whole.choices[0].message).toMatchObject({ content: 'Yes.', reasoning_details: expected });
    const [signed, redacted] = blocks;
    const chunks = await streamOf(
      events(
        start,
        { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
        {
          type: 'content_block_delta',
          index: 0,
          delta: { type: 'signature_delta', signature: signed?.signature },
        },
        { type: 'content_block_stop', index: 0 },
        { type: 'content_block_start', index: 1, content_block: redacted },
        { type: 'content_block_stop', index: 1 },
        stop,
      ),
    );
    const pieces = chunks.flatMap(({ choices }) => choices[0]?.delta.reasoning_details ?? []);
    expect(pieces).toEqual(expected.slice(0, 2));
  });

  test('is sent back with tool calls: it returns to Anthropic unchanged', async () => {
    const what: Answer = {
      reasoning: ['I must', ' look.'],
      signature: 'c2lnbmVk',
      text: ['Wait.'],
      calls: [
        { id: 'toolu_A', name: 'weather', pieces: ['{"city":', '"Rome"}'] },
        { id: 'toolu_B', name: 'now', pieces: ['{}'] },
      ],
    };
    const expected = [
      { type: 'thinking', thinking: 'I must look.', signature: 'c2lnbmVk' },
      { type: 'text', text: 'Wait.' },
      { type: 'tool_use', id: 'toolu_A', name: 'weather', input: { city: 'Rome' } },
      { type: 'tool_use', id: 'toolu_B', name: 'now', input: {} },
    ];
    const { choices } = await wholeOf(answer(what));
    const results = ['toolu_A', 'toolu_B'].map((id) => ({ role: 'tool', tool_call_id: id, content: 'ok' }));
    expect((await ask({ messages: [...hi, choices[0].message, ...results] })).status).toBe(200);
    expect(gateway.upstream.chats.at(-1)?.json).toMatchObject({ messages: [{}, { content: expected }, {}] });
  });

  test('in the middle of an answer comes back to Anthropic in its place', async () => {
    const content = [
      { type: 'thinking', thinking: 'First.', signature: 'b25l' },
      { type: 'text', text: 'Let me look.' },
      { type: 'thinking', thinking: 'Second.', signature: 'dHdv' },
      { type: 'text', text: ' Here.' },
      { type: 'tool_use', id: 'toolu_A', name: 'weather', input: { city: 'Rome' } },
      { type: 'redacted_thinking', data: 'dGhyZWU' },
      { type: 'tool_use', id: 'toolu_B', name: 'now', input: {} },
    ];
    const { choices } = await wholeOf(raw(200, json, JSON.stringify(message(content, { stop_reason: 'tool_use' }))));
    expect(choices[0].message.content).toBe('Let me look. Here.');
    const results = ['toolu_A', 'toolu_B'].map((id) => ({ role: 'tool', tool_call_id: id, content: 'ok' }));
    expect((await ask({ messages: [...hi, choices[0].message, ...results] })).status).toBe(200);
    expect(gateway.upstream.chats.at(-1)?.json).toMatchObject({ messages: [{}, { content }, {}] });
  });

  test.each([false, true])('is sent back in a conversation that the gateway remembers (stream: %s)', async (stream) => {
    gateway.upstream.reply(
      think('I must look.', 'Wait.', { signature: 'c2ln', calls: [{ name: 'now', pieces: ['{}'] }] }),
    );
    const first = await gateway.call('POST', '/c1/chat', { model: 'scripted', message: 'Time?', stream });
    const said = await first.text();
    const id = /"id":"(toolu_[^"]+)"/.exec(said)?.[1];
    const turn = {
      model: 'scripted',
      conversation_id: first.headers.get('x-conversation-id'),
      tool_results: [{ tool_call_id: id, content: 'Noon' }],
    };
    expect((await gateway.call('POST', '/c1/chat', turn)).status).toBe(200);
    expect(gateway.upstream.chats.at(-1)?.json).toMatchObject({
      messages: [
        { role: 'user' },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'I must look.', signature: 'c2ln' },
            { type: 'text', text: 'Wait.' },
            { type: 'tool_use', id, name: 'now', input: {} },
          ],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'Noon' }] },
      ],
    });
  });
});

describe('what Anthropic adds', () => {
  const search = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'x' } };
  const found = { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [] };
  const citation = { type: 'web_search_result_location', url: 'https://a.example', title: 'A', cited_text: 'x' };

  test('about its own tools is not a call; the source of a text is reported', async () => {
    const text = { type: 'text', text: 'Found.', citations: [citation] };
    const whole = await wholeOf(raw(200, json, JSON.stringify(message([search, found, text]))));
    expect(whole.choices[0].message).toEqual({
      ...{ role: 'assistant', content: 'Found.', refusal: null, citations: [citation] },
    });
    const chunks = await streamOf(
      events(
        start,
        { type: 'content_block_start', index: 0, content_block: { ...search, input: {} } },
        { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{"query":"x"}' } },
        { type: 'content_block_stop', index: 0 },
        { type: 'content_block_start', index: 1, content_block: found },
        { type: 'content_block_stop', index: 1 },
        { type: 'content_block_start', index: 2, content_block: { type: 'text', text: '' } },
        { type: 'content_block_delta', index: 2, delta: { type: 'citations_delta', citation } },
        { type: 'content_block_delta', index: 2, delta: { type: 'text_delta', text: 'Found.' } },
        { type: 'content_block_delta', index: 2, delta: { type: 'novel_delta', novelty: 1 } },
        { type: 'content_block_stop', index: 2 },
        { type: 'novel_event', novelty: 1 },
        stop,
      ),
    );
    const deltas = chunks.flatMap(({ choices }) => (choices[0] ? [choices[0].delta] : []));
    expect(deltas).toEqual([{ role: 'assistant', content: '' }, { citations: [citation] }, { content: 'Found.' }, {}]);
  });

  test('to the usage on the way counts: later figures replace, missing ones stay', async () => {
    const usage = { input_tokens: 10, cache_read_input_tokens: 5, cache_creation_input_tokens: 7, output_tokens: 1 };
    const begin = { ...start, message: message([], { stop_reason: null, usage }) };
    const later = { output_tokens: 42, input_tokens: 12, cache_read_input_tokens: null };
    const chunks = await streamOf(events(begin, { ...stop, usage: later }, { type: 'message_stop' }));
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: {
        prompt_tokens: 24,
        completion_tokens: 42,
        total_tokens: 66,
        prompt_tokens_details: { cached_tokens: 5, cache_write_tokens: 7 },
      },
    });
  });
});

describe.each([false, true])('a failure before the answer (stream: %s)', (stream) => {
  const refusal = (status: number, type: string, text: string) =>
    raw(status, json, JSON.stringify({ type: 'error', error: { type, message: text }, request_id: 'req_1' }));

  test.each([
    ['a fault of the request', refuse('bad-request'), 'upstream_rejected'],
    ['an overlong prompt', refuse('context-overflow'), 'context_length_exceeded'],
    [
      'a prompt that leaves no room',
      refusal(
        400,
        'invalid_request_error',
        'input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000',
      ),
      'context_length_exceeded',
    ],
    ['our key', refuse('unauthorized'), 'upstream_refused'],
    ['an unknown model', refuse('unknown-model'), 'upstream_refused'],
    ['a rate limit', refuse('rate-limited'), 'model_quota_exhausted'],
    ['a bill', refusal(402, 'billing_error', 'Payment required'), 'model_quota_exhausted'],
    [
      'an empty account',
      refusal(400, 'invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'),
      'model_quota_exhausted',
    ],
    ['too large a request', refusal(413, 'request_too_large', 'Request exceeds the maximum size'), 'upstream_rejected'],
    ['a failure', refuse('server-error'), 'upstream_broken'],
    ['an overload', refuse('unavailable'), 'model_busy'],
    ['a time-out', refusal(504, 'timeout_error', 'Timed out'), 'upstream_timeout'],
    ['an empty 200', empty200, 'upstream_broken'],
  ])('of %s', async (_what, script, code) => {
    gateway.upstream.reply(script);
    const response = await ask({ stream });
    if (code === 'model_quota_exhausted') expect(response.headers.get('retry-after')).toMatch(/^(7|10)$/);
    expect((await errorOf(response)).code).toBe(code);
  });
});

describe('a response that is not an answer', () => {
  test.each([
    ['an error', errorBodyWith200('unavailable'), 'model_busy'],
    ['no message', raw(200, json, '{"type":"completion","completion":"Hi"}'), 'upstream_broken'],
    ['no stop reason', raw(200, json, JSON.stringify(message([], { stop_reason: null }))), 'upstream_broken'],
    ['no JSON', raw(200, json, '<html>'), 'upstream_broken'],
  ])('%s', async (_what, script, code) => {
    gateway.upstream.reply(script);
    expect((await errorOf(await ask())).code).toBe(code);
  });
});

describe('a failure inside a stream', () => {
  const error = (type: string) => ({ type: 'error', error: { type, message: `${type} ${upstreamKey}` } });

  test.each([
    ['overloaded_error', 'model_busy'],
    ['rate_limit_error', 'model_quota_exhausted'],
    ['timeout_error', 'upstream_timeout'],
    ['api_error', 'upstream_broken'],
  ])('of the type %s is %s after what came before it', async (type, code) => {
    gateway.upstream.reply(errorInStream({ tokens: 2, event: error(type) }));
    const text = await (await ask({ stream: true })).text();
    const payloads = payloadsOf(text).map((payload) => JSON.parse(payload));
    expect(payloads.map((chunk) => chunk.choices?.[0]?.delta.content ?? '').join('')).toBe('One two');
    expect(payloads.at(-1)).toMatchObject({ error: { code } });
    expect(text).not.toContain(upstreamKey);
    expect(text).not.toContain('[DONE]');
  });

  test.each([
    ['an end without a stop reason', endWithoutFinish(2)],
    ['a known event that is malformed', events(start, { type: 'content_block_delta', index: 'none' }, stop)],
    ['an event without a type', raw(200, { 'content-type': 'text/event-stream' }, 'data: {"content":"x"}\n\n')],
  ])('is %s', async (_what, script) => {
    gateway.upstream.reply(script);
    const text = await (await ask({ stream: true })).text();
    expect(text).toContain('"code":"upstream_broken"');
    expect(text).not.toContain('[DONE]');
  });
});

test('each token passes at once, and a client that disconnects ends the upstream request', async () => {
  const { script, gate } = gated(['one', ' two', ' three']);
  gateway.upstream.reply(script);
  const leaving = new AbortController();
  const before = gateway.upstream.chats.length;
  // The headers come with the first token.
  gate.release();
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, ...json },
    body: JSON.stringify({ model: 'scripted', messages: hi, stream: true }),
    signal: leaving.signal,
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let seen = '';
  while (!seen.includes('"one"')) seen += (await reader?.read())?.value ?? '';
  expect(seen).not.toContain('two');
  leaving.abort();
  await gateway.upstream.chats[before]?.aborted;
  await gateway.upstream.waitFor(({ open }) => open === 0);
});

test('its health is asked with the key, and without a token', async () => {
  const chats = gateway.upstream.chats.length;
  const { backends } = await (await gateway.call('GET', '/readyz')).json();
  expect(backends).toMatchObject([{ provider: 'up', kind: 'anthropic', status: 'up' }]);
  const probe = gateway.upstream.requests.find(({ path }) => path === '/v1/models');
  expect(probe?.headers).toMatchObject({ 'x-api-key': upstreamKey, 'anthropic-version': '2023-06-01' });
  expect(gateway.upstream.chats.length).toBe(chats);
});
