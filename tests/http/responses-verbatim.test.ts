import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { faultsOf } from '../support/openai-schema.ts';
import { payloadsOf } from '../support/read-events.ts';
import { type Gateway, startGateway } from '../support/start-gateway.ts';
import { answer, callTools, say } from '../support/upstream/scripts/answers.ts';
import { destroyAfter, errorInStream } from '../support/upstream/scripts/failures.ts';
import { raw, refuse } from '../support/upstream/scripts/refusals.ts';
import { type ScriptedUpstream, startUpstream } from '../support/upstream/start-upstream.ts';

let gateway: Gateway;
let openAi: ScriptedUpstream;
let local: ScriptedUpstream;
beforeAll(async () => {
  // Reads the schemas, which takes seconds: long enough for idle connections to be given up.
  for (const name of ['Response', 'ResponseStreamEvent']) faultsOf(name, {});
  openAi = await startUpstream({ dialect: 'openai-responses' });
  local = await startUpstream();
  gateway = await startGateway({
    models: `providers:
  openai: { kind: openai-responses, base_url: "${openAi.url}" }
  local: { kind: openai-compatible, base_url: "${local.url}" }
models:
  - { alias: pure, constraints: { min_max_tokens: 32 }, backends: [{ provider: openai, model: gpt-5.5 }] }
  - { alias: mixed, backends: [{ provider: local, model: m }, { provider: openai, model: gpt-5.5 }] }
  - { alias: back, backends: [{ provider: openai, model: gpt-5.5 }, { provider: local, model: m }] }
`,
  });
});
afterAll(async () => {
  await gateway.close();
  await openAi.close();
  await local.close();
});

const post = (fields: object) =>
  gateway.call('POST', '/v1/responses', { model: 'pure', input: 'Hi', store: false, ...fields });
const sent = (upstream: ScriptedUpstream) => JSON.parse(upstream.chats.at(-1)?.body.toString() ?? '{}');

async function stream(fields: object) {
  const response = await post({ stream: true, ...fields });
  const events = payloadsOf(await response.text()).map((payload) => JSON.parse(payload));
  expect(events.flatMap((event) => faultsOf('ResponseStreamEvent', event).map((it) => [event.type, it]))).toEqual([]);
  expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, i) => i));
  return events;
}

const mcp = { type: 'mcp', server_label: 'files', server_url: 'https://example.com/mcp', require_approval: 'never' };
const everything = {
  input: [
    { role: 'user', content: 'Hi' },
    { role: 'user', content: [{ type: 'input_image', file_id: 'file-1', detail: 'auto' }] },
    { type: 'function_call', call_id: 'call_1', name: 'read', namespace: 'files', arguments: '{}' },
    { type: 'function_call_output', call_id: 'call_1', output: [{ type: 'input_text', text: 'Read.' }] },
  ],
  tools: [mcp, { type: 'custom', name: 'apply_patch', format: { type: 'text' } }, { type: 'web_search' }],
  reasoning: { effort: 'high', summary: 'auto' },
  text: { verbosity: 'low' },
  prompt_cache_key: 'key',
  client_metadata: { session: 's' },
  max_tool_calls: 3,
  truncation: 'auto',
};

describe('an upstream of the same dialect', () => {
  test('gets the request as it was, under its own name of the model', async () => {
    for (const streamed of [false, true]) {
      const response = await post({ ...everything, stream: streamed });
      expect(response.status).toBe(200);
      expect(response.headers.get('x-gateway-applied')).toBeNull();
      await response.text();
      expect(sent(openAi)).toEqual({ ...everything, store: false, model: 'gpt-5.5', stream: streamed });
    }
  });

  test('is given on word by word, under the alias', async () => {
    openAi.reply(say('Rome.', { extra: { something_new: { x: 1 } } }), say('Rome.'));
    const body = await (await post({})).json();
    expect(body).toMatchObject({ id: 'resp_68f1a2b3c4d5e6f7', model: 'pure', something_new: { x: 1 } });
    const events = await stream({});
    expect(events[0]).toMatchObject({
      type: 'response.created',
      response: { id: 'resp_68f1a2b3c4d5e6f7', model: 'pure' },
    });
    expect(events.at(-1)).toMatchObject({ type: 'response.completed', response: { model: 'pure' } });
    expect(events.filter(({ type }) => type === 'response.created')).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'response.output_text.delta').length).toBeGreaterThan(0);
  });

  test('sees no parsed fields that the SDK of OpenAI adds, and as many tokens as its model needs', async () => {
    const call = { type: 'function_call', call_id: 'call_1', name: 'read', arguments: '{}' };
    const input = [
      { ...call, parsed_arguments: null },
      { type: 'function_call_output', call_id: 'call_1', output: 'Read.' },
    ];
    const response = await post({ input, max_output_tokens: 16 });
    expect(response.headers.get('x-gateway-applied')).toBe('max_tokens_floored=32');
    expect(sent(openAi)).toMatchObject({ input: [call, {}], max_output_tokens: 32 });
    expect(sent(openAi).input[0]).toEqual(call);
  });

  test('gets back its own reasoning, and never that of another model', async () => {
    const signed = { reasoning: ['I must look.'], signature: 'c2lnbmVk' };
    const weather = { type: 'function', name: 'get_weather', parameters: { type: 'object', properties: {} } };
    const fields = { tools: [weather], include: ['reasoning.encrypted_content'] };
    const result = { type: 'function_call_output', call_id: 'call_1', output: 'Sunny' };
    // Stored, so that it came by way of the canonical form.
    openAi.reply(callTools([{ name: 'get_weather', arguments: {}, id: 'call_1' }], signed));
    const own = await (await post({ ...fields, store: true })).json();
    await post({ ...fields, input: [{ role: 'user', content: 'Hi' }, ...own.output, result] });
    expect(sent(openAi).input[1]).toMatchObject({ type: 'reasoning', encrypted_content: 'c2lnbmVk' });

    local.reply(callTools([{ name: 'get_weather', arguments: {}, id: 'call_1' }], signed));
    const other = await (await post({ ...fields, model: 'mixed' })).json();
    expect(other.output[0]).toMatchObject({ type: 'reasoning', encrypted_content: expect.any(String) });
    await post({ ...fields, input: [{ role: 'user', content: 'Hi' }, ...other.output, result] });
    expect(sent(openAi).input.map(({ type }: { type?: string }) => type)).toEqual([
      undefined,
      'function_call',
      'function_call_output',
    ]);
  });

  test('that breaks off only ends its own response', async () => {
    for (const script of [destroyAfter(), errorInStream()]) {
      openAi.reply(script);
      const events = await stream({});
      expect(events.slice(-2)).toMatchObject([
        { type: 'error', code: 'server_error' },
        { type: 'response.failed', response: { id: 'resp_68f1a2b3c4d5e6f7', model: 'pure', status: 'failed' } },
      ]);
    }
  });

  test('keeps its own words for a request that it refuses', async () => {
    const message = 'Invalid value';
    const error = { message, type: 'invalid_request_error', param: 'tools[0].server_url', code: 'invalid_value' };
    openAi.reply(raw(400, { 'content-type': 'application/json' }, JSON.stringify({ error })));
    const refused = await errorOf(await post({ tools: [mcp] }));
    expect(refused).toMatchObject({ status: 400, message: expect.stringContaining(message), param: error.param });
    openAi.reply(refuse('context-overflow'));
    expect(await errorOf(await post({}))).toMatchObject({ status: 400, code: 'context_length_exceeded' });
  });

  test('never sees a request that needs what the gateway remembers as it was', async () => {
    openAi.reply(say('One.'), say('Two.'));
    const one = await (await post({ store: true, input: 'First' })).json();
    expect(one.id).not.toBe('resp_68f1a2b3c4d5e6f7');
    expect(sent(openAi)).toMatchObject({ store: false });
    await post({ previous_response_id: one.id, input: 'Second' });
    expect(sent(openAi)).not.toHaveProperty('previous_response_id');
    expect(JSON.stringify(sent(openAi).input)).toMatch(/First.*One\..*Second/);
  });
});

describe('a chain of several dialects', () => {
  beforeEach(() => {
    local.setUnavailable(false);
  });

  test('does what all can do with the first of them', async () => {
    local.reply(say('Local.'));
    const body = await (await post({ model: 'mixed' })).json();
    expect(body).toMatchObject({ model: 'mixed', output: [{ content: [{ text: 'Local.' }] }] });
    expect(faultsOf('Response', body)).toEqual([]);
  });

  test('does what one alone can do with that one', async () => {
    const before = local.chats.length;
    openAi.reply(answer({ text: ['Remote.'] }));
    const body = await (
      await post({ model: 'mixed', tools: [mcp], tool_choice: { type: 'mcp', server_label: 'files' } })
    ).json();
    expect(body).toMatchObject({ model: 'mixed', output: [{ content: [{ text: 'Remote.' }] }] });
    expect(local.chats.length).toBe(before);
    expect(await errorOf(await post({ model: 'mixed', store: true, tools: [mcp] }))).toMatchObject({
      status: 400,
      code: 'invalid_field',
      param: 'tools[0].type',
    });
  });

  test('falls over from one dialect to the other, before the first token', async () => {
    for (const streamed of [false, true]) {
      openAi.reply(refuse('unavailable'));
      local.reply(say('Local.'));
      const fields = { model: 'back', tools: [{ type: 'web_search' }] };
      const response = await post({ ...fields, stream: streamed });
      expect(response.headers.get('x-gateway-applied')).toBe('tools_dropped=web_search');
      const text = await response.text();
      expect(text).toContain('Local.');
      expect(text).not.toContain('resp_68f1a2b3c4d5e6f7');
    }
  });
});

test('items and events that the upstream numbers twice have places and numbers of their own', async () => {
  const response = { id: 'resp_1', object: 'response', created_at: 1, model: 'm', output: [] };
  const items = ['x', 'y'].map((id) => {
    const item = { type: 'function_call', id: `fc_${id}`, call_id: id, name: 'get', status: 'completed' };
    return { ...item, arguments: `{"${id}":1}` };
  });
  const sent = [
    { type: 'response.created', response: { ...response, status: 'in_progress' } },
    ...items.flatMap((item) => [
      { type: 'response.output_item.added', item: { ...item, arguments: '', status: 'in_progress' } },
      { type: 'response.function_call_arguments.delta', item_id: item.id, delta: item.arguments },
      { type: 'response.function_call_arguments.done', item_id: item.id, name: 'get', arguments: item.arguments },
      { type: 'response.output_item.done', item },
    ]),
    { type: 'response.completed', response: { ...response, status: 'completed', output: items } },
  ].map((event) => `data: ${JSON.stringify({ ...event, output_index: 0, sequence_number: 0 })}\n\n`);
  openAi.reply(raw(200, { 'content-type': 'text/event-stream' }, sent.join('')));
  const events = payloadsOf(await (await post({ stream: true })).text()).map((payload) => JSON.parse(payload));
  expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, i) => i));
  expect(events.slice(1, -1).map((event) => event.output_index)).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
  expect(events.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item)).toEqual(items);
  expect(events.at(-1)).toMatchObject({ response: { status: 'completed', output: items } });
});

test('all events have the id of the response where the upstream leaves out the first event', async () => {
  const response = { id: 'resp_1', object: 'response', created_at: 1, model: 'm', output: [] };
  const item = { type: 'message', id: 'msg_1', role: 'assistant', status: 'completed' };
  const sent = [
    { type: 'response.in_progress', response: { ...response, status: 'in_progress' } },
    { type: 'response.output_text.delta', item_id: item.id, output_index: 0, content_index: 0, delta: 'Hi.' },
    {
      type: 'response.completed',
      response: {
        ...response,
        status: 'completed',
        output: [{ ...item, content: [{ type: 'output_text', text: 'Hi.' }] }],
      },
    },
  ].map((event) => `data: ${JSON.stringify(event)}\n\n`);
  openAi.reply(raw(200, { 'content-type': 'text/event-stream' }, sent.join('')));
  const events = payloadsOf(await (await post({ stream: true })).text()).map((payload) => JSON.parse(payload));
  expect(events.flatMap((event) => event.response?.id ?? [])).toEqual(['resp_1', 'resp_1']);
});

describe('where a stream leaves out what its other events say', () => {
  const response = { id: 'resp_1', object: 'response', created_at: 1, model: 'm', output: [] as object[] };
  const part = { type: 'output_text', text: 'Hello you', annotations: [] };
  const message = { type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content: [part] };
  const call = { type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'get', arguments: '{}', status: 'completed' };
  const place = { item_id: 'msg_1', output_index: 0, content_index: 0 };
  const end = (output: readonly unknown[]) => ({
    type: 'response.completed',
    response: { ...response, status: 'completed', output },
  });
  const said = (delta: string) => ({ type: 'response.output_text.delta', ...place, delta });
  const begin = [
    { type: 'response.created', response: { ...response, status: 'in_progress' } },
    { type: 'response.output_item.added', output_index: 0, item: { ...message, status: 'in_progress', content: [] } },
  ];
  const stop = { type: 'response.output_item.done', output_index: 0, item: message };

  /** The events that the client gets, without their sequence numbers. */
  async function passed(...sent: readonly object[]) {
    const frames = sent.map((event) => `data: ${JSON.stringify(event)}\n\n`);
    openAi.reply(raw(200, { 'content-type': 'text/event-stream' }, frames.join('')));
    return payloadsOf(await (await post({ stream: true })).text()).map((payload) => JSON.parse(payload));
  }
  type Passed = Awaited<ReturnType<typeof passed>>;
  const streamed = (events: Passed) =>
    events.flatMap(({ type, delta }) => (type === 'response.output_text.delta' ? delta : [])).join('');
  const final = (events: Passed) => events.at(-1).response;

  test.each([
    ['an empty piece', [said('Hello'), said('')]],
    ['no pieces', []],
    [
      'no pieces, and the text in the end of the part',
      [{ type: 'response.output_text.done', ...place, text: 'Hello you' }],
    ],
  ])('with %s, the pieces make the whole text', async (_what, pieces) => {
    const events = await passed(...begin, ...pieces, stop, end([message]));
    expect(streamed(events)).toBe('Hello you');
    expect(final(events).output).toEqual([message]);
  });

  test.each([
    ['no content', { ...message, content: null }],
    ['no text', { ...message, content: [{ ...part, text: undefined }] }],
    ['an empty text', { ...message, content: [{ ...part, text: '' }] }],
    ['half of the text', { ...message, content: [{ ...part, text: 'Hello' }] }],
  ])('with %s in the final response, it has the text that was streamed', async (_what, last) => {
    const events = await passed(...begin, said('Hello'), said(' you'), stop, end([last]));
    expect(final(events).output).toMatchObject([{ content: [{ text: 'Hello you' }] }]);
  });

  test('the final response has the name of each call', async () => {
    const added = { type: 'response.output_item.added', output_index: 0, item: { ...call, arguments: '' } };
    const done = { type: 'response.output_item.done', output_index: 0, item: call };
    const events = await passed(begin[0] ?? {}, added, done, end([{ ...call, name: '' }]));
    expect(final(events).output).toEqual([call]);
  });

  test('the last event has a response in any case', async () => {
    const events = await passed(...begin, said('Hello you'), stop, { type: 'response.completed' });
    expect(final(events)).toMatchObject({ id: 'resp_1', object: 'response', status: 'completed', output: [message] });
  });

  test.each([{ content_index: 'x' }, { output_index: 'seven' }])(
    'the start of a part with %o has numbers',
    async (odd) => {
      const start = { type: 'response.content_part.added', ...place, part: { ...part, text: '' }, ...odd };
      const events = await passed(...begin, start, said('Hello you'), stop, end([message]));
      expect(events[2]).toMatchObject({ type: 'response.content_part.added', output_index: 0, content_index: 0 });
    },
  );
});
