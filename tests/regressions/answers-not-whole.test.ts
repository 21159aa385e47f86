import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { chunksOf, payloadsOf } from '../support/read-events.ts';
import { type DialectGateway, startDialects } from '../support/start-dialects.ts';
import type { Script } from '../support/upstream/exchange.ts';
import { say } from '../support/upstream/scripts/answers.ts';
import { raw } from '../support/upstream/scripts/refusals.ts';

const dialects = ['vllm', 'openai-responses', 'anthropic', 'gemini'] as const;
type Name = (typeof dialects)[number];

let gateway: DialectGateway;
beforeAll(async () => {
  gateway = await startDialects(dialects);
});
afterAll(() => gateway.close());

const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const tools = [{ type: 'function', function: { name: 'get_weather', parameters } }];
const messages = [{ role: 'user', content: 'Hi' }];

const reply = (model: Name, ...scripts: Script[]) => gateway.upstreams[model]?.reply(...scripts);
const ask = (model: Name, stream: boolean, fields: object = {}) =>
  gateway.call('POST', '/v1/chat/completions', { model, messages, stream, tools, ...fields });

const json = (body: unknown): Script => raw(200, { 'content-type': 'application/json' }, JSON.stringify(body));
const events = (...chunks: readonly unknown[]): Script => {
  const frames = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`);
  return raw(200, { 'content-type': 'text/event-stream' }, `${frames.join('')}data: [DONE]\n\n`);
};
const chunk = (delta: unknown, finish_reason: unknown = null, rest: object = {}) => ({
  ...{ id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm' },
  choices: [{ index: 0, delta, finish_reason }],
  ...rest,
});
const call = (fields: object, index: unknown = 0) => chunk({ tool_calls: [{ index, ...fields }] });

/** A chunk of a server that does not know finish reasons. */
const withoutReasons = (delta: object) => ({ ...chunk(null), choices: [{ index: 0, delta }] });

/** What a stream of `vllm` says in all. */
async function read(...chunks: readonly unknown[]) {
  reply('vllm', events(...chunks));
  const seen = chunksOf(await (await ask('vllm', true)).text());
  const calls: { name: string; arguments: string }[] = [];
  for (const { index, function: piece } of seen.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])) {
    calls[index] ??= { name: '', arguments: '' };
    calls[index].name += piece?.name ?? '';
    calls[index].arguments += piece?.arguments ?? '';
  }
  const reasons = seen.flatMap(({ choices }) => choices[0]?.finish_reason ?? []);
  const text = seen.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
  const last = seen.findLastIndex(({ choices }) => choices[0]?.delta.content || choices[0]?.delta.tool_calls);
  const end = seen.findIndex(({ choices }) => choices[0]?.finish_reason);
  expect(end).toBeGreaterThanOrEqual(last);
  return { text, calls, reasons };
}

/** The code of the error that a stream ends with. */
async function failure(...chunks: readonly unknown[]): Promise<string> {
  reply('vllm', events(...chunks));
  const response = await ask('vllm', true);
  if (response.status !== 200) return (await errorOf(response)).code;
  const payloads = payloadsOf(await response.text());
  expect(payloads).not.toContain('[DONE]');
  return JSON.parse(payloads.at(-1) ?? '').error.code;
}

const rome = { name: 'get_weather', arguments: '{"city":"Rome"}' };
const named = { id: 'a', type: 'function', function: { name: 'get_weather', arguments: '' } };
const piece = (text: unknown, more: object = {}) => ({ function: { arguments: text }, ...more });

describe('a streamed call', () => {
  test.each([
    ['with its name in every piece', [call(named), call({ ...named, function: rome })]],
    ['with arguments as an object', [call({ ...named, function: { ...rome, arguments: { city: 'Rome' } } })]],
    [
      'whose name comes late',
      [call({ id: 'a' }), call(piece('{"city"')), call({ function: { name: 'get_weather' } }), call(piece(':"Rome"}'))],
    ],
    [
      'whose name comes in two pieces',
      [
        call({ id: 'a', function: { name: 'get_' } }),
        call({ function: { name: 'weather' } }),
        call(piece(rome.arguments)),
      ],
    ],
    ['without numbers', [call(named, undefined), call(piece('{"city":'), null), call(piece('"Rome"}'), undefined)]],
    [
      'with another id in each piece',
      [call(named), call(piece('{"city":', { id: 'b' })), call(piece('"Rome"}', { id: 'c' }))],
    ],
    [
      'whose name grows from piece to piece',
      [
        call({ id: 'a', function: { name: 'get_' } }),
        call({ function: { name: 'get_weather' } }),
        call(piece(rome.arguments)),
      ],
    ],
    [
      'with another id and its name in each piece',
      [
        call(named),
        call({ ...named, id: 'b', ...piece('{"city":') }),
        call({ ...named, id: 'c', ...piece('"Rome"}') }),
      ],
    ],
    ['that is said again at the end', [call({ ...named, function: rome }), call({ ...named, function: rome })]],
    ['that is not in a list', [chunk({ tool_calls: { ...named, function: rome } })]],
  ])('%s is one call, with one name and its arguments', async (_what, chunks) => {
    const { calls, reasons } = await read(...chunks, chunk({}, 'stop'));
    expect(calls).toEqual([rome]);
    expect(reasons).toEqual(['tool_calls']);
  });

  test.each([
    ['without a name', [call({ id: 'a' }), call(piece(rome.arguments))]],
    ['without arguments', [call({ id: 'a', function: { name: 'get_weather' } })]],
    ['with half of its arguments', [call(named), call(piece('{"city":"Ro'))]],
    ['that was only announced', [chunk({ content: 'I call.' })]],
    ['of another type', [call(7 as never)]],
  ])('%s is an error, and never a call of nothing', async (_what, chunks) => {
    expect(await failure(...chunks, chunk({}, 'tool_calls'))).toBe('upstream_broken');
  });

  test('that was cut off by the length is handed on as it is', async () => {
    const { calls, reasons } = await read(call(named), call(piece('{"city":"Ro')), chunk({}, 'length'));
    expect([calls, reasons]).toEqual([[{ name: 'get_weather', arguments: '{"city":"Ro' }], ['length']]);
  });

  test('two calls under one number, or under one id, are two', async () => {
    const two = [rome, { name: 'get_weather', arguments: '{"city":"Oslo"}' }];
    const whole = (id: string, i: number, at: number) => call({ id, type: 'function', function: two[i] }, at);
    for (const chunks of [
      [whole('a', 0, 0), whole('b', 1, 0)],
      [whole('a', 0, 0), whole('a', 1, 1)],
    ]) {
      expect((await read(...chunks, chunk({}, 'tool_calls'))).calls).toEqual(two);
    }
  });
});

describe('a stream', () => {
  test('that says why it finished in every event has one reason, at the end', async () => {
    const { text, reasons } = await read(chunk({ content: 'Hel' }, 'stop'), chunk({ content: 'lo' }, 'stop'));
    expect([text, reasons]).toEqual(['Hello', ['stop']]);
  });

  test.each([
    ['without a delta', [chunk({ content: 'Hi' }), chunk(undefined, 'stop')]],
    ['with a delta that is null', [chunk({ content: 'Hi' }), chunk(null), chunk({}, 'stop')]],
    ['without choices', [chunk({ content: 'Hi' }), { type: 'ping' }, { id: 'x', choices: null }, chunk({}, 'stop')]],
    [
      'with notices between its chunks',
      [
        { type: 'status', message: 'searching the web' },
        { message: 'queued' },
        chunk({ content: 'Hi' }, null, { code: 0, message: 'ok' }),
        { detail: 'done' },
        chunk({}, 'stop'),
        { usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }, code: 0, message: 'success' },
      ],
    ],
    ['of a server that has no finish reasons', [withoutReasons({ content: 'H' }), withoutReasons({ content: 'i' })]],
    ['with usage of no use', [chunk({ content: 'Hi' }), chunk({}, 'stop', { usage: { prompt_tokens: null } })]],
  ])('%s is read', async (_what, chunks) => {
    expect(await read(...chunks)).toEqual({ text: 'Hi', calls: [], reasons: ['stop'] });
  });

  test('that has finish reasons, and ends without one, is incomplete', async () => {
    expect(await failure(chunk({ content: 'Hi' }))).toBe('upstream_broken');
  });

  test('that ends after words alone has failed with these words', async () => {
    expect(await failure({ message: 'Rate limit reached for this key', status: 'queued' })).toBe('upstream_broken');
    expect(await failure({ type: 'notice', message: "This model's maximum context length is 8 tokens." })).toBe(
      'context_length_exceeded',
    );
  });

  test('gives clients no chunk for a notice or a ping', async () => {
    reply('vllm', events({ type: 'ping' }, { message: 'queued' }, chunk({ content: 'Hi' }), chunk({}, 'stop')));
    const seen = chunksOf(await (await ask('vllm', true)).text());
    expect(seen.every(({ choices }) => choices.length === 1)).toBe(true);
  });

  test('that is nested endlessly, or has endless calls, is aborted', async () => {
    const deep = JSON.parse(`${'['.repeat(2_000)}${']'.repeat(2_000)}`);
    expect(await failure(chunk({ content: 'Hi', more: deep }))).toBe('upstream_broken');
    const many = Array.from({ length: 5_000 }, (_, index) => ({ index, id: `c${index}`, function: rome }));
    expect(await failure(chunk({ tool_calls: many }))).toBe('upstream_broken');
    expect((await read(call({ ...named, function: rome }, 1_000_000_000), chunk({}, 'tool_calls'))).calls).toEqual([
      rome,
    ]);
  });
});

describe.each(dialects)('an upstream of %s', (model) => {
  test('that streams when it was not asked to, or does not when it was, is read as what it is', async () => {
    const script = say('Hello you');
    const other: Script = (exchange) => {
      const { dialect, request } = exchange;
      if (request.asked.stream) exchange.sendJson(200, dialect.body({ text: ['Hello', ' you'] }, request.asked));
      else {
        const { asked } = request;
        const frames = dialect
          .events({ text: ['Hello', ' you'] }, asked)
          .map(({ data }) => `data: ${JSON.stringify(data)}\n\n`);
        exchange.send(
          200,
          { 'content-type': dialect.streamType },
          frames.join('') + (dialect.endMark ? 'data: [DONE]\n\n' : ''),
        );
      }
    };
    for (const one of [script, other]) {
      reply(model, one, one);
      const whole = await (await ask(model, false)).json();
      expect(whole.choices[0]).toMatchObject({ message: { content: 'Hello you' }, finish_reason: 'stop' });
      const seen = chunksOf(await (await ask(model, true)).text());
      expect(seen.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('Hello you');
    }
  });

  test('gives integers beyond 2^53 with all of their digits, on every surface', async () => {
    const given = '{"id":2512292042121000001}';
    // The scripts write numbers of JavaScript: the digits are put in on the wire.
    const exact: Script = (exchange) => {
      const { dialect, request } = exchange;
      const answer = { calls: [{ name: 'get_weather', pieces: ['{"id":12345}'] }] };
      const body = JSON.stringify(dialect.body(answer, request.asked)).replaceAll('12345', '2512292042121000001');
      exchange.send(200, { 'content-type': dialect.jsonType }, body);
    };
    reply(model, exact, exact);
    const chat = await (await ask(model, false)).json();
    expect(chat.choices[0].message.tool_calls[0].function.arguments).toBe(given);
    const blocks = [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }];
    const request = {
      model,
      max_tokens: 100,
      messages: blocks,
      tools: [{ name: 'get_weather', input_schema: parameters }],
    };
    expect(await (await gateway.call('POST', '/v1/messages', request)).text()).toContain(`"input":${given}`);
  });
});

test('an answer that does not say why it finished did, and its conversation goes on', async () => {
  reply('vllm', json({ choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' } }] }), say('Again.'));
  const first = await gateway.call('POST', '/c1/chat', { model: 'vllm', message: 'Hi' });
  expect((await first.json()).choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'Hi' } });
  const conversation_id = first.headers.get('x-conversation-id');
  expect((await gateway.call('POST', '/c1/chat', { model: 'vllm', message: 'On', conversation_id })).status).toBe(200);
});

const optional = { type: 'object', properties: { city: { type: 'string' } } };
const toolsWith = (schema: object) => [{ type: 'function', function: { name: 'get_weather', parameters: schema } }];

/** How each dialect sends a call with these arguments, in JSON and in a stream. Undefined: without the field. */
const sends: Readonly<Record<Name, (args: unknown) => readonly [json: unknown, ...events: unknown[]]>> = {
  vllm: (args) => {
    const calls = [{ id: 'a', type: 'function', function: { name: 'get_weather', arguments: args } }];
    const message = { role: 'assistant', content: null, tool_calls: calls };
    const whole = { choices: [{ index: 0, message, finish_reason: 'tool_calls' }] };
    return [whole, chunk({ tool_calls: [{ index: 0, ...calls[0] }] }), chunk({}, 'tool_calls')];
  },
  'openai-responses': (args) => {
    const item = { type: 'function_call', id: 'fc_1', call_id: 'a', name: 'get_weather', arguments: args };
    const response = { id: 'resp_1', object: 'response', status: 'completed', output: [item] };
    const at = { output_index: 0, item };
    const done = { type: 'response.completed', response };
    return [
      response,
      { type: 'response.output_item.added', ...at },
      { type: 'response.output_item.done', ...at },
      done,
    ];
  },
  anthropic: (args) => {
    const block = { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: args };
    const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', usage: {} };
    return [
      { ...message, content: [block], stop_reason: 'tool_use' },
      { type: 'message_start', message: { ...message, content: [] } },
      { type: 'content_block_start', index: 0, content_block: block },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: {} },
      { type: 'message_stop' },
    ];
  },
  gemini: (args) => {
    const parts = [{ functionCall: { name: 'get_weather', args } }];
    const whole = { candidates: [{ index: 0, content: { role: 'model', parts }, finishReason: 'STOP' }] };
    return [whole, whole];
  },
};

describe.each(dialects)('a call of %s without arguments', (model) => {
  const nothing: readonly (readonly [string, unknown])[] = [
    ['absent', undefined],
    ['null', null],
    ['an empty text', ''],
    ['null in JSON', 'null'],
  ];

  test.each(nothing)('(%s) has an empty object, where its tool demands none', async (_what, args) => {
    const [whole, ...chunks] = sends[model](args);
    reply(model, json(whole), events(...chunks));
    const answer = await (await ask(model, false, { tools: toolsWith(optional) })).json();
    expect(answer.choices[0].message.tool_calls[0].function.arguments).toBe('{}');
    const seen = chunksOf(await (await ask(model, true, { tools: toolsWith(optional) })).text());
    const pieces = seen.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
    expect(pieces.map((one) => one.function?.arguments ?? '').join('')).toBe('{}');
  });

  test.each(nothing)('(%s) is an error, where its tool demands one', async (_what, args) => {
    const [whole, ...chunks] = sends[model](args);
    reply(model, json(whole), events(...chunks));
    expect((await errorOf(await ask(model, false))).code).toBe('upstream_broken');
    const response = await ask(model, true);
    expect(response.status === 200 ? await response.text() : (await errorOf(response)).code).toContain(
      'upstream_broken',
    );
  });
});

test.each([
  ['anthropic', { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } }],
  ['gemini', { candidates: [{ index: 0, content: { role: 'model', parts: [{ text: 'Hi' }] } }] }],
  ['openai-responses', { type: 'response.output_text.delta', item_id: 'a', output_index: 0, delta: 'Hi' }],
  ['vllm', chunk({ content: 'Hi' })],
] as const)('a stream of %s that ends without its end was cut', async (model, event) => {
  reply(model, events(event));
  const text = await (await ask(model, true)).text();
  expect(text).toContain('Hi');
  expect(JSON.parse(payloadsOf(text).at(-1) ?? '').error.code).toBe('upstream_broken');
});

test('a client that asks in the older way gets a function_call, in JSON and in a stream', async () => {
  const functions = [{ name: 'get_weather', parameters: optional }];
  const older = { function_call: rome };
  const whole = { choices: [{ index: 0, message: { role: 'assistant', ...older }, finish_reason: 'function_call' }] };
  reply('vllm', json(whole), events(chunk(older), chunk({}, 'function_call')));
  const fields = { tools: undefined, functions };
  const { choices } = await (await ask('vllm', false, fields)).json();
  expect(choices[0]).toMatchObject({ message: older, finish_reason: 'function_call' });
  const seen = chunksOf(await (await ask('vllm', true, fields)).text());
  expect(seen.find((one) => one.choices[0]?.delta.function_call)?.choices[0]?.delta).toMatchObject(older);
});

describe('what a Responses upstream says about a failure', () => {
  const said = 'The picture shows nothing at all.';
  const failed = (error: object) => ({ id: 'resp_1', object: 'response', status: 'failed', error, output: [] });

  test.each([
    ['invalid_prompt', 'upstream_rejected', 'messages'],
    ['invalid_image', 'upstream_rejected', null],
    ['image_file_not_found', 'upstream_rejected', null],
    ['content_policy_violation', 'upstream_rejected', null],
  ])('(%s) reaches the client', async (code, ours, param) => {
    const error = { code, message: said };
    const scripts = [
      events({ type: 'response.failed', response: failed(error) }),
      events({ type: 'error', ...error, param: null, sequence_number: 0 }),
      events({ type: 'error', error, sequence_number: 0 }),
    ];
    reply('openai-responses', json(failed(error)), ...scripts);
    for (const stream of [false, true, true, true]) {
      const told = await errorOf(await ask('openai-responses', stream));
      expect([told.code, told.param, told.message]).toEqual([ours, param, said]);
    }
  });

  test('is the code, where it has no words, and never holds a key or half of a pair', async () => {
    reply(
      'openai-responses',
      json(failed({ code: 'invalid_image' })),
      json(failed({ code: 'invalid_image', message: `Not sk-abcdefghijklmnop123456 \ud83d` })),
    );
    expect((await errorOf(await ask('openai-responses', false))).message).toContain('invalid_image');
    expect((await errorOf(await ask('openai-responses', false))).message).toBe('Not [redacted] \ufffd');
  });
});
