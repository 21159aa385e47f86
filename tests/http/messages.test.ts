import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AnswerBlock, MessageEvent } from '../../contracts/messages/answer.ts';
import { png as pixel } from '../support/pictures.ts';
import { payloadsOf } from '../support/read-events.ts';
import { usageOf } from '../support/start-endpoints.ts';
import { type ScriptedGateway, startScripted, upstreamKey } from '../support/start-scripted.ts';
import type { Script } from '../support/upstream/exchange.ts';
import { answer, callTools, say, think } from '../support/upstream/scripts/answers.ts';
import { destroyAfter, endWithoutFinish, errorInStream } from '../support/upstream/scripts/failures.ts';
import { raw, refuse } from '../support/upstream/scripts/refusals.ts';

const kinds = {
  vllm: 'openai-compatible',
  'openai-responses': 'openai-responses',
  anthropic: 'anthropic',
  gemini: 'gemini',
} as const;

const start = (dialect: keyof typeof kinds) =>
  startScripted({
    kind: kinds[dialect],
    aliases: ['scripted', 'small'],
    fields: 'reasoning: true, context_window: 40000',
    // A client of this dialect writes requests that no gateway would, such as contents that are texts.
    upstream: { dialect, unchecked: dialect === 'anthropic' },
  });

let vllm: ScriptedGateway;
beforeAll(async () => {
  vllm = await start('vllm');
});
afterAll(() => vllm.close());

const hi = [{ role: 'user', content: 'Capital of Italy?' }];
const weather = { name: 'get_weather', description: 'Weather', input_schema: { type: 'object', properties: {} } };

const ask = (body: object = {}, { call } = vllm) =>
  call('POST', '/v1/messages?beta=true', { model: 'scripted', max_tokens: 100, messages: hi, ...body });

const eventsOf = (text: string): MessageEvent[] =>
  payloadsOf(text).map((payload) => MessageEvent.parse(JSON.parse(payload)));

/** What the stream adds up to, and the answer that was not streamed; they must be the same. */
async function bothOf(script: Script, body: object = {}, gateway = vllm) {
  gateway.upstream.reply(script, script);
  const whole = await (await ask(body, gateway)).json();
  const response = await ask({ ...body, stream: true }, gateway);
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const text = await response.text();
  const names = [...text.matchAll(/^event: (.*)$/gm)].map(([, name]) => name);
  const events = eventsOf(text);
  expect(names).toEqual(events.map(({ type }) => type));
  const content = foldBlocks(events);
  expect(content).toEqual(whole.content);
  const { delta, usage } = events.find(({ type }) => type === 'message_delta') ?? {};
  expect([delta?.stop_reason, usage?.output_tokens]).toEqual([whole.stop_reason, whole.usage.output_tokens]);
  expect(whole.usage).toMatchObject({ ...usage });
  return { whole, events };
}

const joined = (...pieces: unknown[]): string => z.array(z.string()).parse(pieces).join('');

/** Blocks of a stream; fails when two are open at once. */
function foldBlocks(events: readonly MessageEvent[]): AnswerBlock[] {
  const blocks: AnswerBlock[] = [];
  let open: number | null = null;
  let json = '';
  for (const { type, index, content_block: block, delta } of events) {
    if (type === 'content_block_start') {
      expect([open, index]).toEqual([null, blocks.length]);
      open = blocks.length;
      json = '';
      blocks.push(AnswerBlock.parse(block));
    }
    if (type !== 'content_block_delta' && type !== 'content_block_stop') continue;
    expect(index).toBe(open);
    const last = blocks.at(-1);
    if (!last) throw new Error('There is no block.');
    if (type === 'content_block_stop') {
      open = null;
      if (json) last.input = JSON.parse(json);
    } else if (delta?.type === 'text_delta') last.text = joined(last.text, delta.text);
    else if (delta?.type === 'thinking_delta') last.thinking = joined(last.thinking, delta.thinking);
    else if (delta?.type === 'signature_delta') last.signature = joined(last.signature, delta.signature);
    else json = joined(json, delta?.partial_json);
  }
  expect(open).toBeNull();
  return blocks;
}

/** A request as the upstream saw it, as far as the tests look inside. */
const SeenRequest = z.looseObject({
  messages: z.array(z.looseObject({ content: z.unknown() })),
  tools: z.array(z.looseObject({ function: z.looseObject({ name: z.string() }).optional() })).optional(),
});
const seenBy = (gateway = vllm) => SeenRequest.parse(gateway.upstream.chats.at(-1)?.json);
const toolsSeen = () => seenBy().tools?.map((tool) => tool.function?.name);

async function errorOf(response: Response) {
  const body = await response.json();
  expect(body).toEqual({ type: 'error', error: expect.any(Object), request_id: response.headers.get('request-id') });
  expect(body.request_id).toMatch(/^req_/);
  return { status: response.status, ...body.error };
}

describe('answers', () => {
  test('a text, whole and as events in the documented order', async () => {
    const { whole, events } = await bothOf(say('Rome it is.'));
    expect(whole).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: 'scripted',
      content: [{ type: 'text', text: 'Rome it is.' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 9, output_tokens: 3 },
    });
    expect(events.map(({ type }) => type)).toEqual([
      'message_start',
      'ping',
      'content_block_start',
      ...Array.from({ length: 3 }, () => 'content_block_delta'),
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
  });

  test('plain reasoning is thinking with an empty signature, and goes back as reasoning', async () => {
    const { whole } = await bothOf(think('Italy, so', 'Rome.'));
    expect(whole.content).toEqual([
      { type: 'thinking', thinking: 'Italy, so', signature: '' },
      { type: 'text', text: 'Rome.' },
    ]);
    vllm.upstream.reply(say('Yes.'));
    await ask({ messages: [...hi, { role: 'assistant', content: whole.content }, { role: 'user', content: 'Sure?' }] });
    expect(seenBy().messages[1]).toEqual({ role: 'assistant', content: 'Rome.', reasoning_content: 'Italy, so' });
  });

  test('parallel calls are blocks with their inputs, one after the other', async () => {
    const calls = [
      { name: 'get_weather', arguments: { city: 'Rome' }, id: 'a' },
      { name: 'get_weather', arguments: { city: 'Oslo' }, id: 'b' },
    ];
    const { whole } = await bothOf(callTools(calls, { text: ['Let me see.'] }), { tools: [weather] });
    expect(whole).toMatchObject({
      content: [
        { type: 'text', text: 'Let me see.' },
        { type: 'tool_use', id: 'a', name: 'get_weather', input: { city: 'Rome' } },
        { type: 'tool_use', id: 'b', name: 'get_weather', input: { city: 'Oslo' } },
      ],
      stop_reason: 'tool_use',
    });
  });

  test('calls whose pieces come mixed are put in order', async () => {
    const chunk = (delta: object, finish: string | null = null) =>
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
    const piece = (index: number, args: string, name?: string) =>
      chunk({ tool_calls: [{ index, ...(name ? { id: `id${index}` } : {}), function: { name, arguments: args } }] });
    const pieces = [piece(0, '{"a"', 'f'), piece(1, '{"b"', 'g'), piece(0, ':1}'), piece(1, ':2}'), chunk({}, 'stop')];
    const body = `${chunk({ role: 'assistant', content: '' })}${pieces.join('')}data: [DONE]\n\n`;
    vllm.upstream.reply(raw(200, { 'content-type': 'text/event-stream' }, body));
    const events = eventsOf(await (await ask({ stream: true })).text());
    expect(foldBlocks(events)).toEqual([
      { type: 'tool_use', id: 'id0', name: 'f', input: { a: 1 } },
      { type: 'tool_use', id: 'id1', name: 'g', input: { b: 2 } },
    ]);
    expect(events.at(-2)?.delta?.stop_reason).toBe('tool_use');
  });

  test.each([
    ['length', 'max_tokens'],
    ['content_filter', 'refusal'],
  ])('%s is %s', async (finish, reason) => {
    expect((await bothOf(say('Ro', { finish }))).whole.stop_reason).toBe(reason);
  });

  test('the cached part of the prompt is counted apart', async () => {
    const { whole } = await bothOf(say('Rome.', { usage: { prompt: 100, completion: 2, cached: 80 } }));
    expect(whole.usage).toMatchObject({ input_tokens: 20, cache_read_input_tokens: 80, output_tokens: 2 });
  });

  test('a call has an id that no call before it had', async () => {
    const again = [{ name: 'get_weather', arguments: { city: 'Oslo' }, id: 'call_0' }];
    const messages = [
      ...hi,
      { role: 'assistant', content: [{ type: 'tool_use', id: 'call_0', name: 'get_weather', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_0', content: 'Sun' }] },
    ];
    vllm.upstream.reply(callTools(again), callTools(again), callTools(again));
    const ids = [
      (await (await ask({ messages })).json()).content[0].id,
      foldBlocks(eventsOf(await (await ask({ messages, stream: true })).text()))[0]?.id,
      (await (await ask()).json()).content[0].id,
    ];
    expect(ids).toEqual([expect.stringMatching(/^toolu_/), expect.stringMatching(/^toolu_/), 'call_0']);
  });

  test('the use is recorded as a message', async () => {
    vllm.upstream.reply(say('Rome.'));
    const id = (await ask()).headers.get('request-id');
    expect(await usageOf(vllm, id)).toMatchObject({ operation: 'v1.messages', outcome: 'ok' });
  });
});

describe('requests', () => {
  test('system blocks, system turns, results, pictures and documents find their places', async () => {
    vllm.upstream.reply(say('Fine.'));
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: pixel } };
    const mark = { cache_control: { type: 'ephemeral' } };
    const response = await ask({
      system: [
        { type: 'text', text: 'Be brief.', ...mark },
        { type: 'text', text: 'Be kind.' },
      ],
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Look', ...mark }, image] },
        { role: 'system', content: 'It is late.' },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'One' },
            { type: 'tool_use', id: 't1', name: 'get_weather', input: { b: 1, a: 2 } },
            { type: 'tool_use', id: 't2', name: 'get_weather', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: 'A picture' }, image], ...mark },
            { type: 'tool_result', tool_use_id: 't2', content: 'No such city', is_error: true },
            { type: 'document', title: 'Notes', source: { type: 'text', media_type: 'text/plain', data: 'It rains.' } },
            { type: 'text', text: 'Well?' },
          ],
        },
      ],
      tools: [{ ...weather, ...mark }],
    });
    expect(response.status).toBe(200);
    const url = `data:image/png;base64,${pixel}`;
    const part = { type: 'image_url', image_url: { url } };
    const called = (id: string, json: string) => ({
      id,
      type: 'function',
      function: { name: 'get_weather', arguments: json },
    });
    expect(seenBy().messages).toEqual([
      { role: 'system', content: 'Be brief.\n\nBe kind.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look' },
          part,
          { type: 'text', text: '<system-reminder>\nIt is late.\n</system-reminder>' },
        ],
      },
      { role: 'assistant', content: 'One', tool_calls: [called('t1', '{"b":1,"a":2}'), called('t2', '{}')] },
      { role: 'tool', tool_call_id: 't1', content: 'A picture' },
      { role: 'tool', tool_call_id: 't2', content: 'Error: No such city' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Of the tool result t1:' },
          part,
          { type: 'text', text: 'Title: Notes' },
          { type: 'text', text: 'It rains.' },
          { type: 'text', text: 'Well?' },
        ],
      },
    ]);
    expect(seenBy().tools).toEqual([
      { type: 'function', function: { name: 'get_weather', description: 'Weather', parameters: weather.input_schema } },
    ]);
  });

  test('settings have their names, and hints to the service are left out', async () => {
    vllm.upstream.reply(say('{}'));
    const schema = { type: 'object' };
    await ask({
      tools: [weather],
      tool_choice: { type: 'tool', name: 'get_weather', disable_parallel_tool_use: true },
      stop_sequences: ['END'],
      temperature: 0.5,
      top_p: 0.9,
      top_k: 5,
      metadata: { user_id: 'x'.repeat(100) },
      thinking: { type: 'enabled', budget_tokens: 5000 },
      output_config: { format: { type: 'json_schema', schema } },
      context_management: { edits: [] },
      service_tier: 'auto',
    });
    const { model, messages, tools, ...fields } = seenBy();
    expect(fields).toEqual({
      max_tokens: 100,
      tool_choice: { type: 'function', function: { name: 'get_weather' } },
      parallel_tool_calls: false,
      stop: ['END'],
      temperature: 0.5,
      top_p: 0.9,
      top_k: 5,
      user: expect.stringMatching(/^[0-9a-f]{64}$/),
      reasoning_effort: 'medium',
      response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } },
    });
  });

  test('a deferred tool is shown once a result has named it', async () => {
    const tools = [weather, { ...weather, name: 'later', defer_loading: true }];
    vllm.upstream.reply(say('A'), say('B'));
    await ask({ tools });
    expect(toolsSeen()).toEqual(['get_weather']);
    const found = [{ type: 'tool_reference', tool_name: 'later' }];
    await ask({
      tools,
      messages: [
        ...hi,
        { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'get_weather', input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: found }] },
      ],
    });
    expect(toolsSeen()).toEqual(['get_weather', 'later']);
    expect(seenBy().messages.at(-1)?.content).toBe('The tool later can be called from now on.');
  });

  test('a system turn adds tools, also new ones, and takes some away', async () => {
    const named = (name: string) => ({ ...weather, name });
    const tools = [named('one'), named('two'), { ...named('later'), defer_loading: true }];
    const change = (type: string, tool: object) => ({ type, tool });
    const reference = (name: string) => ({ type: 'tool_reference', name });
    vllm.upstream.reply(say('Fine.'));
    const system = [
      change('tool_addition', reference('later')),
      change('tool_addition', { type: 'tool_definition', definition: named('new') }),
      change('tool_removal', reference('two')),
    ];
    expect((await ask({ tools, messages: [...hi, { role: 'system', content: system }] })).status).toBe(200);
    expect(toolsSeen()).toEqual(['one', 'later', 'new']);
    expect(seenBy().messages.at(-1)?.content).toMatch(/The tool new can be called from now on.*two can no longer/s);
  });

  test("Claude Code's note to Anthropic's billing is left out: it would spoil every prompt cache", async () => {
    vllm.upstream.reply(say('Fine.'));
    const system = ['x-anthropic-billing-header: cc_version=2.1.329.07c;', 'Be brief.'];
    await ask({ system: system.map((text) => ({ type: 'text', text })) });
    expect(seenBy().messages[0]).toEqual({ role: 'system', content: 'Be brief.' });
  });

  test('an answer that cannot fit the window is asked to be shorter', async () => {
    vllm.upstream.reply(say('Fine.'));
    const response = await ask({ model: 'small', max_tokens: 64_000 });
    expect(response.headers.get('x-gateway-applied')).toMatch(/^max_tokens_lowered=\d+$/);
    expect(seenBy().max_tokens).toBeLessThan(40_000);
    expect(seenBy().max_tokens).toBeGreaterThan(39_000);
    vllm.upstream.reply(say('Fine.'));
    await ask({ max_tokens: 8_000, system: 'word '.repeat(22_000) });
    expect(seenBy().max_tokens).toBeLessThan(6_000);
    expect(seenBy().max_tokens).toBeGreaterThan(4_000);
  });
});

describe('round trips keep what proves the reasoning', () => {
  test.each([
    ['openai-responses', false],
    ['openai-responses', true],
    ['gemini', false],
    ['gemini', true],
    ['anthropic', true],
  ] as const)('%s, streamed: %s', async (dialect, stream) => {
    const gateway = await start(dialect);
    try {
      const calls = [{ name: 'get_weather', pieces: ['{"city":"Rome"}'] }];
      gateway.upstream.reply(answer({ reasoning: ['Hm', 'm'], signature: 'c2lnbmVk', calls }), say('Sunny.'));
      const first = await ask({ tools: [weather], stream }, gateway);
      const content = stream ? foldBlocks(eventsOf(await first.text())) : (await first.json()).content;
      const { id } = content.find(({ type }: { type?: unknown }) => type === 'tool_use');
      const result = { type: 'tool_result', tool_use_id: id, content: 'Sun' };
      const messages = [...hi, { role: 'assistant', content }, { role: 'user', content: [result] }];
      expect((await ask({ tools: [weather], messages }, gateway)).status).toBe(200);
      expect(JSON.stringify(gateway.upstream.chats.at(-1)?.json)).toContain('c2lnbmVk');
    } finally {
      await gateway.close();
    }
  });
});

describe('an upstream of the same dialect', () => {
  let gateway: ScriptedGateway;
  beforeAll(async () => {
    gateway = await start('anthropic');
  });
  afterAll(() => gateway.close());

  test('gets the request as it came, with its beta headers and the model of the backend', async () => {
    gateway.upstream.reply(say('Fine.'));
    const body = {
      max_tokens: 100,
      system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'system', content: 'Late.' },
      ],
      tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 2 }],
      context_management: { edits: [{ type: 'clear_thinking_20251015' }] },
    };
    const headers = { 'anthropic-version': '2026-10-21', 'anthropic-beta': 'context-management-2025-06-27' };
    const response = await gateway.call('POST', '/v1/messages', { model: 'scripted', ...body }, headers);
    expect(response.status).toBe(200);
    expect(seenBy(gateway)).toEqual({ model: 'test-model', stream: false, ...body });
    const seen = gateway.upstream.chats.at(-1)?.headers;
    expect(seen).toMatchObject({ ...headers, 'x-api-key': upstreamKey });
    expect(seen?.authorization).toBeUndefined();
  });

  test('answers in its own words, under the name that was asked for', async () => {
    const { whole, events } = await bothOf(think('Hm', 'Rome.'), {}, gateway);
    expect(whole).toMatchObject({ model: 'scripted', container: null, usage: { service_tier: 'standard' } });
    expect(events[0]?.message).toMatchObject({ model: 'scripted', usage: { inference_geo: 'global' } });
    expect(events[2]).toEqual({ type: 'ping' });
  });

  test('is not shown the thinking of other models', async () => {
    gateway.upstream.reply(say('Fine.'));
    const thought = (signature: string) => ({ type: 'thinking', thinking: 'Hm', signature });
    const said = { type: 'text', text: 'Rome.' };
    const content = [thought(''), thought('duplex.W10'), thought('EqQB'), said];
    await ask({ messages: [...hi, { role: 'assistant', content }, ...hi] }, gateway);
    expect(seenBy(gateway).messages[1]?.content).toEqual([thought('EqQB'), said]);
  });
});

describe("errors are in Anthropic's envelope", () => {
  const post = (path: string, body?: unknown, headers?: Record<string, string>) =>
    vllm.call('POST', path, body, headers);

  test.each([
    [
      'a wrong key',
      () => post('/v1/messages', {}, { authorization: 'Bearer x' }),
      401,
      'authentication_error',
      'invalid_authorization',
    ],
    ['an unknown model', () => ask({ model: 'nobody' }), 404, 'not_found_error', 'model_not_in_allowlist'],
    ['a wrong method', () => vllm.call('PUT', '/v1/messages', {}), 405, 'invalid_request_error', 'method_not_allowed'],
    ['an unknown address', () => post('/v1/messages/batches', {}), 404, 'not_found_error', 'route_not_found'],
    ['no JSON', () => post('/v1/messages', '{"model":'), 400, 'invalid_request_error', 'invalid_json'],
    [
      'a wrong type',
      () => post('/v1/messages', 'x', { 'content-type': 'text/plain' }),
      415,
      'invalid_request_error',
      'unsupported_media_type',
    ],
    ['a missing field', () => ask({ max_tokens: undefined }), 400, 'invalid_request_error', 'missing_field'],
    [
      'a version header elsewhere',
      () => post('/v1/files', {}, { 'anthropic-version': '2023-06-01' }),
      404,
      'not_found_error',
      'route_not_found',
    ],
  ])('%s', async (_what, call, status, type, code) => {
    expect(await errorOf(await call())).toMatchObject({ status, type, code });
  });

  test('a body that is too large', async () => {
    const small = await startScripted({ env: { MAX_BODY_BYTES: '2000' } });
    const response = await ask({ messages: [{ role: 'user', content: 'x'.repeat(3000) }] }, small);
    expect(await errorOf(response)).toMatchObject({ status: 413, type: 'request_too_large', code: 'body_too_large' });
    await small.close();
  });

  test.each([
    [
      'an address of a picture',
      [{ role: 'user', content: [{ type: 'image', source: { type: 'url', url: 'http://x/y.png' } }] }],
      'image_url_not_supported',
      'messages[0].content[0].source.url',
    ],
    [
      'a block that nobody knows',
      [{ role: 'user', content: [{ type: 'hologram' }] }],
      'invalid_field',
      'messages[0].content[0].type',
    ],
    [
      'a block that is malformed',
      [{ role: 'user', content: [{ type: 'tool_result' }] }],
      'missing_field',
      'messages[0].content[0].tool_use_id',
    ],
  ])('%s', async (_what, messages, code, param) => {
    expect(await errorOf(await ask({ messages }))).toMatchObject({ status: 400, code, param });
  });

  test.each([
    ['thread', { type: 'create' }, { error_code: 'thread_unsupported_request' }],
    ['thread', { type: 'continue', previous_message_id: 'msg_1' }, { error_code: 'thread_unsupported_request' }],
    ['container', 'container_1', undefined],
    ['mcp_servers', [{ type: 'url', name: 'x', url: 'https://x.example' }], undefined],
    ['compaction', { type: 'summary' }, undefined],
    ['fallbacks', [{ model: 'other' }], undefined],
  ])("%s, which only Anthropic's service has, with the code that it documents", async (field, value, details) => {
    for (const stream of [false, true]) {
      const response = await ask({ [field]: value, stream });
      const { error } = await response.json();
      expect([response.status, error.type, error.param, error.details]).toEqual([
        ...[400, 'invalid_request_error', field, details],
      ]);
    }
  });

  test('a choice without tools', async () => {
    expect(await errorOf(await ask({ tool_choice: { type: 'any' } }))).toMatchObject({ param: 'tool_choice' });
  });

  test("a tool of Anthropic's servers", async () => {
    const tools = [weather, { type: 'web_search_20250305', name: 'web_search' }];
    expect(await errorOf(await ask({ tools }))).toMatchObject({ code: 'invalid_field', param: 'tools[1].type' });
  });

  test.each([
    ['vllm', 'prompt is too long: 9001 tokens > 8192 maximum'],
    ['gemini', 'prompt is too long: 1300000 tokens > 1048576 maximum'],
    ['anthropic', 'prompt is too long: 208310 tokens > 200000 maximum'],
    ['openai-responses', expect.stringMatching(/^prompt is too long: \D+$/)],
  ] as const)(
    'a prompt that is too long for %s is told in the words that agents compact on',
    async (dialect, message) => {
      const gateway = dialect === 'vllm' ? vllm : await start(dialect);
      for (const stream of [false, true]) {
        gateway.upstream.reply(refuse('context-overflow'));
        const error = await errorOf(await ask({ stream }, gateway));
        expect(error).toMatchObject({ status: 400, type: 'invalid_request_error', code: 'context_length_exceeded' });
        expect(error.message).toEqual(message);
      }
      if (gateway !== vllm) await gateway.close();
    },
  );

  test('a prompt that is too long for an upstream without counts has the estimate', async () => {
    const gateway = await start('openai-responses');
    gateway.upstream.reply(refuse('context-overflow'));
    const error = await errorOf(await ask({ system: 'word '.repeat(40_000) }, gateway));
    expect(error.message).toMatch(/^prompt is too long: 5\d{4} tokens > 40000 maximum$/);
    await gateway.close();
  });

  test('an answer that is too long beside its prompt is told in the words that agents shorten it on', async () => {
    const told = 'input length and `max_tokens` exceed context limit: 7000 + 2000 > 8192';
    for (const message of [
      "'max_tokens' or 'max_completion_tokens' is too large: 2000. This model's maximum context length is 8192 tokens and your request has 7000 input tokens (2000 > 8192 - 7000).",
      "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (7000 in the messages, 2000 in the completion). Please reduce the length.",
      "This model's maximum context length is 8192 tokens. However, you requested 2000 output tokens and your prompt contains 7000 input tokens, for a total of 9000 tokens.",
      "This endpoint's maximum context length is 8192 tokens. However, you requested about 9000 tokens (7000 of text input, 2000 in the output).",
    ]) {
      vllm.upstream.reply(raw(400, { 'content-type': 'application/json' }, JSON.stringify({ error: { message } })));
      const error = await errorOf(await ask());
      expect(error).toMatchObject({ status: 400, code: 'context_length_exceeded' });
      expect(error.message).toMatch(told);
    }
  });

  test('a picture for a model that sees none, at its place', async () => {
    const blind = await startScripted({ input: '[text]' });
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: pixel } };
    const result = { type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: 'Look' }, image] };
    const called = { type: 'tool_use', id: 't', name: 'get_weather', input: {} };
    const messages = [...hi, { role: 'assistant', content: [called] }, { role: 'user', content: [result] }];
    expect(await errorOf(await ask({ messages, tools: [weather] }, blind))).toMatchObject({
      code: 'modality_not_supported',
      param: 'messages[2].content[0].content[1]',
    });
    await blind.close();
  });

  test.each([
    ['a quota', 'rate-limited', 429, 'rate_limit_error'],
    ['an upstream that is starting', 'unavailable', 503, 'overloaded_error'],
    ['a failure', 'server-error', 502, 'api_error'],
  ] as const)('%s', async (_what, kind, status, type) => {
    vllm.upstream.reply(refuse(kind));
    expect(await errorOf(await ask({ stream: true }))).toMatchObject({ status, type });
  });

  test.each([
    ['an error', errorInStream()],
    ['a cut connection', destroyAfter(2)],
    ['an end without a reason', endWithoutFinish()],
  ])('%s amid the stream is an error event, and nothing follows', async (_what, script) => {
    vllm.upstream.reply(script);
    const text = await (await ask({ stream: true })).text();
    expect(text).toMatch(/\nevent: error\ndata: \{"type":"error","error":\{"type":"api_error".*\n\n$/);
    expect(text).not.toContain('message_stop');
  });
});

describe('around the messages', () => {
  test('the tokens of a prompt are estimated', async () => {
    const count = async (body: object) => {
      const response = await vllm.call('POST', '/v1/messages/count_tokens', {
        model: 'scripted',
        messages: hi,
        ...body,
      });
      expect(response.status).toBe(200);
      return (await response.json()).input_tokens;
    };
    const short = await count({});
    expect(short).toBeGreaterThan(3);
    expect(short).toBeLessThan(20);
    expect(await count({ system: 'word '.repeat(700) })).toBeGreaterThan(short + 700);
    expect(await count({ tools: [weather] })).toBeGreaterThan(short);
    expect(
      await errorOf(await vllm.call('POST', '/v1/messages/count_tokens', { model: 'x', messages: hi })),
    ).toMatchObject({ status: 404 });
  });

  test('probes are answered without a key', async () => {
    for (const path of ['/', '/api/hello', '/v1/messages', '/v1/messages?beta=true']) {
      const response = await fetch(vllm.url + path, { method: 'HEAD' });
      expect([path, response.status]).toEqual([path, 200]);
    }
  });

  test('the key comes as x-api-key, too', async () => {
    vllm.upstream.reply(say('Rome.'));
    const { headers } = { headers: { 'content-type': 'application/json', 'x-api-key': 'test-bearer-0123456789' } };
    const body = JSON.stringify({ model: 'scripted', max_tokens: 10, messages: hi });
    expect((await fetch(`${vllm.url}/v1/messages`, { method: 'POST', headers, body })).status).toBe(200);
  });

  test("models have Anthropic's shape for its clients, OpenAI's for all others", async () => {
    const version = { 'anthropic-version': '2023-06-01' };
    const list = await (await vllm.call('GET', '/v1/models?limit=1000', undefined, version)).json();
    expect(list).toMatchObject({ has_more: false, first_id: 'scripted', last_id: expect.any(String) });
    const shape = { type: 'model', id: 'scripted', display_name: 'scripted', max_input_tokens: 40_000 };
    expect(list.data[0]).toMatchObject({ ...shape, created_at: expect.stringMatching(/^\d{4}-.*Z$/) });
    expect(await (await vllm.call('GET', '/v1/models/scripted', undefined, version)).json()).toMatchObject(shape);
    expect(await errorOf(await vllm.call('GET', '/v1/models/x', undefined, version))).toMatchObject({ status: 404 });
    expect(await (await vllm.call('GET', '/v1/models')).json()).toMatchObject({ object: 'list' });
  });
});
