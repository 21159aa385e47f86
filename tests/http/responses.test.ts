import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectClient } from '../clients/support.ts';
import { errorOf } from '../support/error-of.ts';
import { faultsOf } from '../support/openai-schema.ts';
import { payloadsOf, readerOf } from '../support/read-events.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { answer, callTools, gated, say, think } from '../support/upstream/scripts/answers.ts';
import { errorInStream, hangAfter } from '../support/upstream/scripts/failures.ts';
import { refuse } from '../support/upstream/scripts/refusals.ts';

let gateway: ScriptedGateway;
beforeAll(async () => {
  // Reads the schemas, which takes seconds: long enough for idle connections to be given up.
  for (const name of ['Response', 'ResponseStreamEvent']) faultsOf(name, {});
  gateway = await startScripted({ aliases: ['scripted', 'other'], fields: 'reasoning: true' });
});
afterAll(() => gateway.close());

const post = (fields: object) => gateway.call('POST', '/v1/responses', { model: 'scripted', input: 'Hi', ...fields });
const get = (path: string) => gateway.call('GET', `/v1/responses/${path}`);
const asked = () => JSON.parse(gateway.upstream.chats.at(-1)?.body.toString() ?? '{}');

/** A response that is held to OpenAI's schema. */
async function respond(fields: object) {
  const response = await post(fields);
  const body = await response.json();
  expect([response.status, faultsOf('Response', body)]).toEqual([200, []]);
  return body;
}

/** The events of a stream, held to OpenAI's schemas, to their numbering and to their names. */
function eventsOf(text: string) {
  const events = payloadsOf(text).map((payload) => JSON.parse(payload));
  expect(events.flatMap((event) => faultsOf('ResponseStreamEvent', event).map((it) => [event.type, it]))).toEqual([]);
  expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, i) => i));
  expect([...text.matchAll(/^event: (.*)$/gm)].map(([, name]) => name)).toEqual(events.map(({ type }) => type));
  expect(text).not.toContain('[DONE]');
  return events;
}

const stream = async (fields: object) => eventsOf(await (await post({ stream: true, ...fields })).text());

const weather = {
  type: 'function',
  name: 'get_weather',
  description: 'Tells the weather.',
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
  strict: true,
};
const patch = {
  type: 'custom',
  name: 'apply_patch',
  description: 'Changes files.',
  format: { type: 'grammar', syntax: 'lark', definition: 'start: "*"' },
};
const callWeather = callTools([{ name: 'get_weather', arguments: { city: 'Rome' }, id: 'call_1' }]);

describe('a response as one answer', () => {
  test('has the text, the usage and the fields of its request', async () => {
    gateway.upstream.reply(say('Rome.', { usage: { prompt: 9, completion: 2, cached: 4 } }));
    const body = await respond({
      instructions: 'Be brief.',
      temperature: 0.5,
      metadata: { a: 'b' },
      max_output_tokens: 40,
    });
    expect(body).toMatchObject({
      object: 'response',
      status: 'completed',
      model: 'scripted',
      instructions: 'Be brief.',
      metadata: { a: 'b' },
      output: [
        { type: 'message', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: 'Rome.' }] },
      ],
      usage: { input_tokens: 9, input_tokens_details: { cached_tokens: 4 }, output_tokens: 2, total_tokens: 11 },
    });
    expect(body.id).toMatch(/^resp_[0-9a-f]{32}$/);
    expect(asked()).toEqual({
      model: 'test-model',
      max_tokens: 40,
      temperature: 0.5,
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hi' },
      ],
    });
  });

  test('that was cut says so', async () => {
    gateway.upstream.reply(say('On and', { finish: 'length' }));
    expect(await respond({})).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output: [{ status: 'incomplete' }],
    });
  });

  test('of an upstream that counts nothing has an estimate', async () => {
    gateway.upstream.reply(say('Rome is a city.', { tellUsage: 'never' }));
    const { usage } = await respond({});
    expect(usage.input_tokens).toBeGreaterThan(3);
    expect(usage.output_tokens).toBeGreaterThan(2);
  });

  test('maps its request: format, effort, verbosity, choice of tools', async () => {
    const schema = { type: 'object', properties: { a: { type: 'string' } } };
    await respond({
      text: { format: { type: 'json_schema', name: 'x', schema, strict: true }, verbosity: 'low' },
      reasoning: { effort: 'low' },
      tools: [weather, { ...weather, name: 'other' }],
      tool_choice: { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'get_weather' }] },
      parallel_tool_calls: false,
      user: 'ann',
      seed: 7,
      client_metadata: { session: 'x' },
    });
    const { type, ...nested } = weather;
    expect(asked()).toMatchObject({
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema, strict: true } },
      verbosity: 'low',
      reasoning_effort: 'low',
      tools: [{ type, function: nested }],
      tool_choice: 'required',
      parallel_tool_calls: false,
      user: 'ann',
      seed: 7,
    });
    expect(asked()).not.toHaveProperty('client_metadata');
  });
});

test('a model that cannot be told how much to think is told nothing, and the answer says so', async () => {
  const plain = await startScripted();
  try {
    const ask = (fields: object) => plain.call('POST', '/v1/responses', { model: 'scripted', input: 'Hi', ...fields });
    const response = await ask({ reasoning: { effort: 'high', summary: 'auto' } });
    expect([response.status, response.headers.get('x-gateway-applied')]).toEqual([
      ...[200, 'fields_ignored=reasoning.effort'],
    ]);
    expect(plain.upstream.chats.at(-1)?.json).not.toHaveProperty('reasoning_effort');
    expect((await ask({ reasoning: { effort: 'none' } })).headers.get('x-gateway-applied')).toBeNull();
  } finally {
    await plain.close();
  }
});

describe('the input', () => {
  test('of items becomes messages: what the model did in one go is one', async () => {
    await respond({
      instructions: 'Be brief.',
      tools: [weather, patch],
      input: [
        { role: 'developer', content: 'You are an agent.' },
        {
          type: 'message',
          role: 'user',
          content: [
            { type: 'input_text', text: 'Look.' },
            { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'low' },
            { type: 'input_file', filename: 'a.txt', file_data: 'data:text/plain;base64,AAAA' },
          ],
        },
        { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm.' }] },
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'I look.', annotations: [] }] },
        { type: 'function_call', call_id: 'call_1', name: 'get_weather', arguments: '{"city":"Rome"}' },
        { type: 'custom_tool_call', call_id: 'call_2', name: 'apply_patch', input: '*** Begin' },
        { type: 'function_call_output', call_id: 'call_1', output: 'Sunny' },
        { type: 'custom_tool_call_output', call_id: 'call_2', output: [{ type: 'input_text', text: 'Done' }] },
      ],
    });
    expect(asked().messages).toEqual([
      { role: 'system', content: 'Be brief.\n\nYou are an agent.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look.' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'low' } },
          { type: 'file', file: { filename: 'a.txt', file_data: 'data:text/plain;base64,AAAA' } },
        ],
      },
      {
        role: 'assistant',
        content: 'I look.',
        reasoning_content: 'Hm.',
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Rome"}' } },
          { id: 'call_2', type: 'function', function: { name: 'apply_patch', arguments: '{"input":"*** Begin"}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'Sunny' },
      { role: 'tool', tool_call_id: 'call_2', content: 'Done' },
    ]);
  });

  test.each([
    ['no input', { input: undefined }, 'missing_field', 'input'],
    ['a strange item', { input: [{ type: 'computer_call' }] }, 'invalid_field', 'input[0].type'],
    [
      'a strange part',
      { input: [{ role: 'user', content: [{ type: 'x' }] }] },
      'invalid_field',
      'input[0].content[0].type',
    ],
    [
      'the address of an image',
      { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'https://x.invalid/a.png' }] }] },
      'image_url_not_supported',
      'input[0].content[0].image_url',
    ],
    ['a strange tool', { tools: [{ type: 'file_search', vector_store_ids: ['x'] }] }, 'invalid_field', 'tools[0].type'],
    [
      'a choice of no tool',
      { tools: [weather], tool_choice: { type: 'function', name: 'x' } },
      'invalid_field',
      'tool_choice',
    ],
    ['a stored prompt', { prompt: { id: 'pmpt_1' } }, 'invalid_field', 'prompt'],
    ['both ways to go on', { previous_response_id: 'a', conversation: 'b' }, 'invalid_field', 'previous_response_id'],
    [
      'a response that was never stored',
      { previous_response_id: 'resp_1' },
      'response_not_found',
      'previous_response_id',
    ],
    [
      'an item that was never stored',
      { input: [{ type: 'item_reference', id: 'msg_1' }] },
      'response_not_found',
      'input[0].id',
    ],
    ['an unknown conversation', { conversation: 'conv_1' }, 'conversation_not_found', 'conversation'],
    ['a background that is not stored', { background: true, store: false }, 'invalid_field', 'store'],
    ['an unknown model', { model: 'nobody' }, 'model_not_in_allowlist', 'model'],
  ])('is refused with %s', async (_what, fields, code, param) => {
    const before = gateway.upstream.chats.length;
    expect(await errorOf(await post(fields))).toMatchObject({ code, param });
    expect(await errorOf(await post({ ...fields, stream: true }))).toMatchObject({ code, param });
    expect(gateway.upstream.chats).toHaveLength(before);
  });
});

describe('tools', () => {
  test('are called as functions, and their results reach the model', async () => {
    gateway.upstream.reply(callWeather, say('Sunny.'));
    const first = await respond({ tools: [weather] });
    expect(first.output).toMatchObject([
      {
        type: 'function_call',
        call_id: 'call_1',
        name: 'get_weather',
        arguments: '{"city":"Rome"}',
        status: 'completed',
      },
    ]);
    const result = { type: 'function_call_output', call_id: 'call_1', output: 'Sunny' };
    await respond({ tools: [weather], previous_response_id: first.id, input: [result] });
    expect(asked().messages.map(({ role }: { role: string }) => role)).toEqual(['user', 'assistant', 'tool']);
  });

  test('that take free text are functions upstream, and custom calls for the client', async () => {
    for (const streamed of [false, true]) {
      gateway.upstream.reply(
        callTools([{ name: 'apply_patch', arguments: { input: '*** Begin\n"x"' }, id: 'call_1' }]),
      );
      const fields = { tools: [patch], tool_choice: { type: 'custom', name: 'apply_patch' } };
      const { output } = streamed ? (await stream(fields)).at(-1).response : await respond(fields);
      expect(output).toMatchObject([
        { type: 'custom_tool_call', call_id: 'call_1', name: 'apply_patch', input: '*** Begin\n"x"' },
      ]);
      expect(asked().tool_choice).toEqual({ type: 'function', function: { name: 'apply_patch' } });
      const [{ function: sent }] = asked().tools;
      expect(sent.description).toBe('Changes files.\n\nThe `input` must follow this lark grammar:\nstart: "*"');
      expect(sent.parameters.required).toEqual(['input']);
    }
  });

  test('of a namespace come back under it; those that only OpenAI has are left out, and the answer says so', async () => {
    gateway.upstream.reply(callTools([{ name: 'mcp__files__read', arguments: {}, id: 'call_1' }]));
    const response = await post({
      tools: [
        { type: 'namespace', name: 'mcp__files', description: 'Files', tools: [{ ...weather, name: 'read' }] },
        { type: 'web_search' },
        { type: 'tool_search' },
      ],
    });
    expect(response.headers.get('x-gateway-applied')).toBe('tools_dropped=web_search+tool_search');
    expect((await response.json()).output).toMatchObject([{ name: 'read', namespace: 'mcp__files' }]);
    expect(asked().tools.map(({ function: { name } }: { function: { name: string } }) => name)).toEqual([
      'mcp__files__read',
    ]);
  });
});

test('tools of a namespace whose names are too long for vendors stay apart', async () => {
  const tools = ['first', 'second'].map((end) => ({ ...weather, name: `${'long_'.repeat(12)}${end}` }));
  const namespace = { type: 'namespace', name: 'mcp__files', description: 'Files', tools };
  await respond({ tools: [namespace] });
  const [first, second] = asked().tools.map(({ function: { name } }: { function: { name: string } }) => name);
  expect([first.length, second.length, first === second]).toEqual([64, 64, false]);
  gateway.upstream.reply(callTools([{ name: second, arguments: {}, id: 'call_1' }]));
  const { output } = await respond({ tools: [namespace] });
  expect(output).toMatchObject([{ name: tools[1]?.name, namespace: 'mcp__files' }]);
});

describe('the result of a call', () => {
  const result = { type: 'function_call_output', call_id: 'call_1', output: 'Sun' };
  const call = { type: 'function_call', call_id: 'call_1', name: 'get_weather', arguments: '{}' };
  const roles = () => asked().messages.map(({ role }: { role: string }) => role);

  test('goes right behind its call, wherever it stands', async () => {
    await respond({ input: [call, { role: 'user', content: 'Well?' }, result], store: false });
    expect(roles()).toEqual(['assistant', 'tool', 'user']);
    gateway.upstream.reply(callWeather);
    const one = await respond({ tools: [weather] });
    await respond({ previous_response_id: one.id, input: [{ role: 'user', content: 'Well?' }, result] });
    expect(roles()).toEqual(['user', 'assistant', 'tool', 'user']);
  });

  test('without a call, or with two results, is refused before anything is stored', async () => {
    const refusal = { status: 400, code: 'invalid_field', param: 'input' };
    const { id } = await (await gateway.call('POST', '/v1/conversations')).json();
    const before = gateway.upstream.chats.length;
    for (const fields of [
      { input: [result] },
      { input: [result], store: false },
      { input: [result], conversation: id },
      { input: [call, result, result] },
    ]) {
      expect(await errorOf(await post(fields))).toMatchObject(refusal);
    }
    expect(gateway.upstream.chats.length).toBe(before);
    expect((await (await gateway.call('GET', `/v1/conversations/${id}/items`)).json()).data).toEqual([]);
  });
});

describe('a response as a stream', () => {
  test('gives the events of a text in the documented order', async () => {
    gateway.upstream.reply(say(['Hel', 'lo']));
    const events = await stream({});
    expect(events.map(({ type }) => type.replace('response.', ''))).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
      'completed',
    ]);
    expect(events.at(-1).response).toMatchObject({
      output: [{ content: [{ text: 'Hello' }] }],
      usage: { output_tokens: 2 },
    });
  });

  test('gives reasoning, text and calls as items of their own', async () => {
    gateway.upstream.reply(
      answer({
        reasoning: ['Hm', '.'],
        text: ['I ', 'look.'],
        calls: [{ name: 'get_weather', pieces: ['{', '}'], id: 'c1' }],
      }),
    );
    const events = await stream({
      tools: [weather],
      reasoning: { summary: 'auto' },
      include: ['reasoning.encrypted_content'],
    });
    const { output } = events.at(-1).response;
    expect(output.map(({ type }: { type: string }) => type)).toEqual(['reasoning', 'message', 'function_call']);
    expect(output[0]).toMatchObject({
      summary: [{ type: 'summary_text', text: 'Hm.' }],
      encrypted_content: expect.any(String),
    });
    const done = events.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item);
    expect(done).toEqual(output);
    expect(events.filter(({ type }) => type === 'response.function_call_arguments.delta')).toHaveLength(2);
  });

  test('gives reasoning as what it is where no summary was asked for', async () => {
    gateway.upstream.reply(think('Hm.', 'Yes.'));
    const events = await stream({});
    expect(events.map(({ type }) => type)).toContain('response.reasoning_text.delta');
    expect(events.at(-1).response.output[0]).toMatchObject({ summary: [], content: [{ text: 'Hm.' }] });
    expect(events.at(-1).response.output[0]).not.toHaveProperty('encrypted_content');
  });

  test('a token reaches the client while the next one is still being made', async () => {
    const { script, gate } = gated('One two');
    gateway.upstream.reply(script);
    const pending = post({ stream: true });
    await gate.reached();
    gate.release();
    const reader = readerOf(await pending);
    expect(await reader.until('"delta":"One"')).not.toContain('two');
    gate.open();
    await reader.until('response.completed');
  });

  test('that breaks off ends with an error and response.failed, never completed', async () => {
    gateway.upstream.reply(errorInStream());
    const events = await stream({});
    expect(events.slice(-2)).toMatchObject([
      { type: 'error', code: 'server_error' },
      { type: 'response.failed', response: { status: 'failed', error: { code: 'server_error' } } },
    ]);
    const { id } = events[0].response;
    expect(await (await get(id)).json()).toMatchObject({ status: 'failed', error: { code: 'server_error' } });
  });

  test.each([
    ['context-overflow', 400, 'context_length_exceeded'],
    ['rate-limited', 429, 'model_quota_exhausted'],
    ['unavailable', 503, 'upstream_unavailable'],
  ] as const)('that fails before it began has the status of the failure: %s', async (kind, status, code) => {
    for (const streamed of [false, true]) {
      gateway.upstream.reply(refuse(kind));
      expect(await errorOf(await post({ stream: streamed }))).toMatchObject({ status, code });
    }
  });
});

describe('reasoning', () => {
  test('that a client sends back reaches the model with the calls that followed from it', async () => {
    gateway.upstream.reply(
      answer({ reasoning: ['I must look.'], calls: [{ name: 'get_weather', pieces: ['{}'], id: 'call_1' }] }),
    );
    const fields = { store: false, include: ['reasoning.encrypted_content'], tools: [weather] };
    const { output } = await respond(fields);
    const result = { type: 'function_call_output', call_id: 'call_1', output: 'Sunny' };
    await respond({ ...fields, input: [{ role: 'user', content: 'Hi' }, ...output, result] });
    expect(asked().messages[1]).toMatchObject({ role: 'assistant', content: null, reasoning_content: 'I must look.' });
  });

  test('is not encrypted for those who did not ask, and is found by its id', async () => {
    gateway.upstream.reply(
      answer({ reasoning: ['Look.'], calls: [{ name: 'get_weather', pieces: ['{}'], id: 'call_1' }] }),
    );
    const { output } = await respond({ tools: [weather] });
    const references = output.map(({ id }: { id: string }) => ({ type: 'item_reference', id }));
    const result = { type: 'function_call_output', call_id: 'call_1', output: 'Sunny' };
    await respond({ tools: [weather], input: [{ role: 'user', content: 'Hi' }, ...references, result] });
    expect(asked().messages[1]).toMatchObject({ reasoning_content: 'Look.', tool_calls: [{ id: 'call_1' }] });
  });
});

describe('a stored response', () => {
  test('can be read, followed and listed, until it is deleted', async () => {
    gateway.upstream.reply(say('Hello.'));
    const made = await respond({ instructions: 'Be brief.', tools: [weather] });
    expect(await (await get(made.id)).json()).toEqual(made);
    const events = eventsOf(await (await get(`${made.id}?stream=true`)).text());
    expect(events.at(-1)).toMatchObject({ type: 'response.completed', response: made });
    const rest = await (await get(`${made.id}?stream=true&starting_after=4`)).text();
    expect(payloadsOf(rest).map((payload) => JSON.parse(payload))).toEqual(events.slice(5));
    expect(await (await get(`${made.id}/input_items`)).json()).toMatchObject({
      object: 'list',
      data: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }],
      has_more: false,
    });
    expect(await (await gateway.call('DELETE', `/v1/responses/${made.id}`)).json()).toMatchObject({ deleted: true });
    expect((await errorOf(await get(made.id))).code).toBe('response_not_found');
    expect((await errorOf(await gateway.call('DELETE', `/v1/responses/${made.id}`))).code).toBe('response_not_found');
  });

  test('is not kept with store: false', async () => {
    const response = await post({ store: false });
    expect(response.headers.get('x-conversation-id')).toBeNull();
    expect((await errorOf(await get((await response.json()).id))).code).toBe('response_not_found');
  });

  test('can be gone on from in several ways', async () => {
    gateway.upstream.reply(say('One.'), say('Two.'), say('Other two.'), say('Three.'));
    const one = await respond({ input: 'First' });
    const two = await respond({ input: 'Second', previous_response_id: one.id });
    const other = await respond({ input: 'Other', previous_response_id: one.id });
    await respond({ input: 'Third', previous_response_id: other.id, store: false });
    expect(asked().messages.map(({ content }: { content: string }) => content)).toEqual([
      'First',
      'One.',
      'Other',
      'Other two.',
      'Third',
    ]);
    expect(two.previous_response_id).toBe(one.id);
    const items = (await (await get(`${other.id}/input_items`)).json()).data;
    expect(items).toMatchObject([{ content: [{ text: 'Other' }] }]);
    expect(items).toHaveLength(1);
  });

  test('does not hand on the instructions of the one before', async () => {
    const one = await respond({ instructions: 'Be brief.' });
    await respond({ previous_response_id: one.id });
    expect(asked().messages[0].role).toBe('user');
  });

  test('drops its oldest turns with truncation auto alone', async () => {
    const small = await startScripted({ fields: 'context_window: 300' });
    const long = 'word '.repeat(100);
    const input = Array.from({ length: 6 }, (_, i) => ({
      role: i % 2 ? 'assistant' : 'user',
      content: `${i} ${long}`,
    }));
    for (const [truncation, count] of [
      ['disabled', 7],
      ['auto', 1],
    ] as const) {
      const body = { model: 'scripted', truncation, input: [...input, { role: 'user', content: 'Last' }] };
      expect((await small.call('POST', '/v1/responses', body)).status).toBe(200);
      const { messages } = JSON.parse(small.upstream.chats.at(-1)?.body.toString() ?? '{}');
      if (truncation === 'disabled') expect(messages).toHaveLength(count);
      else expect(messages.length).toBeLessThan(7);
      expect(messages.at(-1).content).toBe('Last');
    }
    await small.close();
  });
});

describe('one conversation', () => {
  test('goes on from /v1/responses, from /c1/chat and from tRPC', async () => {
    gateway.upstream.reply(say('One.'), say('Two.'), say('Three.'), say('Four.'), say('Five.'));
    const made = await (await gateway.call('POST', '/v1/conversations', { metadata: { topic: 'x' } })).json();
    expect(made).toEqual({
      id: made.id,
      object: 'conversation',
      created_at: made.created_at,
      metadata: { topic: 'x' },
    });
    const first = await respond({ conversation: made.id, input: 'First' });
    expect(first.conversation).toEqual({ id: made.id });
    await gateway.call('POST', '/c1/chat', { model: 'other', message: 'Second', conversation_id: made.id });
    await respond({ conversation: { id: made.id }, input: 'Third' });
    expect(asked().messages.map(({ content }: { content: string }) => content)).toEqual([
      'First',
      'One.',
      'Second',
      'Two.',
      'Third',
    ]);
    const { client } = connectClient(gateway);
    await client.c1.chat.create.mutate({ model: 'other', message: 'Fourth', conversation_id: made.id });
    const fifth = await client.v1.responses.create.mutate({ model: 'scripted', input: 'Fifth', conversation: made.id });
    expect(fifth.output).toMatchObject([{ content: [{ text: 'Five.' }] }]);
    expect(
      asked()
        .messages.slice(4)
        .map(({ content }: { content: string }) => content),
    ).toEqual(['Third', 'Three.', 'Fourth', 'Four.', 'Fifth']);
    const page = await (await gateway.call('GET', `/v1/conversations/${made.id}/items?order=asc&limit=4`)).json();
    expect(page.data.map(({ content }: { content: { text: string }[] }) => content[0]?.text)).toEqual([
      'First',
      'One.',
      'Second',
      'Two.',
    ]);
    expect(page.has_more).toBe(true);
    const next = await (
      await gateway.call('GET', `/v1/conversations/${made.id}/items?order=asc&after=${page.last_id}`)
    ).json();
    expect(next.data).toHaveLength(6);
    expect(faultsOf('OutputMessage', page.data[1])).toEqual([]);
    const one = await (await gateway.call('GET', `/v1/conversations/${made.id}/items/${page.data[2].id}`)).json();
    expect(one).toEqual(page.data[2]);
    const seen = await (await gateway.call('GET', `/c1/conversations/${made.id}`)).json();
    expect(seen.messages).toHaveLength(10);
  });

  test('takes items without an answer, and its metadata can change', async () => {
    const items = [
      { role: 'developer', content: 'Be brief.' },
      { role: 'user', content: 'Mine is 7.' },
    ];
    const { id } = await (await gateway.call('POST', '/v1/conversations', { items })).json();
    const added = await gateway.call('POST', `/v1/conversations/${id}/items`, {
      items: [{ role: 'assistant', content: 'Ok.' }],
    });
    expect((await added.json()).data).toMatchObject([{ type: 'message', role: 'assistant' }]);
    await respond({ conversation: id, input: 'Which?' });
    expect(asked().messages.map(({ role }: { role: string }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
    const changed = await gateway.call('POST', `/v1/conversations/${id}`, { metadata: { a: '1' } });
    expect((await changed.json()).metadata).toEqual({ a: '1' });
    expect((await (await gateway.call('DELETE', `/v1/conversations/${id}`)).json()).deleted).toBe(true);
    expect((await errorOf(await gateway.call('GET', `/v1/conversations/${id}`))).code).toBe('conversation_not_found');
  });

  test('forgets an item that is deleted, and keeps the rest of its answer', async () => {
    const calls = [{ name: 'get_weather', pieces: ['{}'], id: 'call_1' }];
    gateway.upstream.reply(answer({ reasoning: ['Look.'], text: ['I look.'], calls }), say('Sunny.'), say('Bye.'));
    const { id } = await (await gateway.call('POST', '/v1/conversations')).json();
    const one = await respond({ conversation: id, input: 'First', tools: [weather] });
    const result = { type: 'function_call_output', call_id: 'call_1', output: 'Sun' };
    const two = await respond({ conversation: id, input: [result], tools: [weather] });
    const list = async () =>
      (await (await gateway.call('GET', `/v1/conversations/${id}/items?order=asc`)).json()).data.map(
        ({ type }: { type: string }) => type,
      );
    expect(await list()).toEqual([
      ...['message', 'reasoning', 'message', 'function_call', 'function_call_output', 'message'],
    ]);
    const remove = (item: string) => gateway.call('DELETE', `/v1/conversations/${id}/items/${item}`);
    // A part of an answer, then the whole question before it.
    expect(await (await remove(one.output[2].id)).json()).toMatchObject({ id, object: 'conversation' });
    const [question] = (await (await get(`${one.id}/input_items`)).json()).data;
    expect((await remove(question.id)).status).toBe(200);
    expect((await errorOf(await remove(question.id))).code).toBe('response_not_found');
    expect(await list()).toEqual(['reasoning', 'message', 'function_call_output', 'message']);
    expect((await (await get(one.id)).json()).output).toHaveLength(2);
    expect(await (await get(two.id)).json()).toEqual(two);
    expect((await (await get(`${two.id}/input_items`)).json()).data).toMatchObject([{ call_id: 'call_1' }]);
    await respond({ conversation: id, input: 'Last' });
    // A result whose call is gone would be refused.
    expect(asked().messages.map(({ content }: { content: string }) => content)).toEqual(['I look.', 'Sunny.', 'Last']);
    const seen = await (await gateway.call('GET', `/c1/conversations/${id}`)).json();
    expect(seen.messages.map(({ seq }: { seq: number }) => seq)).toEqual([1, 2, 3, 4, 5]);
    expect(seen.messages.map(({ parent_id: parent }: { parent_id: string | null }) => parent)).toEqual([
      null,
      ...seen.messages.slice(0, -1).map((message: { id: string }) => message.id),
    ]);
  });

  test('that is answering another turn is busy', async () => {
    const { script, gate } = gated('One two');
    gateway.upstream.reply(script);
    const { id } = await (await gateway.call('POST', '/v1/conversations')).json();
    const pending = post({ conversation: id, stream: true });
    await gate.reached();
    expect(await errorOf(await post({ conversation: id }))).toMatchObject({
      code: 'conversation_busy',
      param: 'conversation',
    });
    gate.open();
    eventsOf(await (await pending).text());
  });
});

describe('a response in the background', () => {
  test('is answered without its client, and can be followed', async () => {
    const { script, gate } = gated('One two three');
    gateway.upstream.reply(script);
    const started = await respond({ background: true });
    expect(started).toMatchObject({ status: 'in_progress', background: true, output: [] });
    await gate.reached();
    expect((await (await get(started.id)).json()).status).toBe('in_progress');
    const following = get(`${started.id}?stream=true&starting_after=1`);
    gate.open();
    const events = payloadsOf(await (await following).text()).map((payload) => JSON.parse(payload));
    expect(events[0].sequence_number).toBe(2);
    expect(events.at(-1)).toMatchObject({ type: 'response.completed', response: { status: 'completed' } });
    expect(await (await get(started.id)).json()).toMatchObject({
      status: 'completed',
      output: [{ content: [{ text: 'One two three' }] }],
    });
  });

  test('can be cancelled, which closes the upstream', async () => {
    gateway.upstream.reply(hangAfter(1));
    const before = gateway.upstream.chats.length;
    const { id } = await respond({ background: true });
    const request = await gateway.upstream.waitForChat((chat) => gateway.upstream.chats.indexOf(chat) >= before);
    const cancelled = await gateway.call('POST', `/v1/responses/${id}/cancel`);
    expect(await cancelled.json()).toMatchObject({ id, status: 'cancelled' });
    await request.aborted;
    expect((await (await gateway.call('POST', `/v1/responses/${id}/cancel`)).json()).status).toBe('cancelled');
  });

  test('that fails says why', async () => {
    gateway.upstream.reply(refuse('context-overflow'));
    const { id } = await respond({ background: true });
    const events = payloadsOf(await (await get(`${id}?stream=true`)).text());
    expect(JSON.parse(events.at(-1) ?? '')).toMatchObject({
      type: 'response.failed',
      response: { error: { code: 'context_length_exceeded' } },
    });
    expect(await (await get(id)).json()).toMatchObject({
      status: 'failed',
      error: { code: 'context_length_exceeded' },
    });
  });

  test('is the only one that can be cancelled', async () => {
    const { id } = await respond({});
    expect((await errorOf(await gateway.call('POST', `/v1/responses/${id}/cancel`))).code).toBe('invalid_field');
  });
});
