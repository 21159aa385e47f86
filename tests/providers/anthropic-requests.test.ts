import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { startGateway } from '../support/start-gateway.ts';
import { type ScriptedGateway, startScripted, upstreamKey } from '../support/start-scripted.ts';

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const PDF = 'JVBERi0xLjQKJcOkw7zDtsOfCg==';
const image = (type = 'image/png', rest: object = {}) => ({
  type: 'image_url',
  image_url: { url: `data:${type};base64,${PNG}`, ...rest },
});
const pngSource = { type: 'base64', media_type: 'image/png', data: PNG };
const ephemeral = { type: 'ephemeral' };
const hi = [{ role: 'user', content: 'Hi' }];
const tool = {
  type: 'function',
  function: { name: 'weather', parameters: { properties: { city: { type: 'string' } } } },
};
const call = (id: string, name: string, args: string) => ({
  id,
  type: 'function',
  function: { name, arguments: args },
});

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted({ kind: 'anthropic', upstream: { dialect: 'anthropic' } });
});
afterAll(() => gateway.close());

const ask = (body: object) =>
  gateway.call('POST', '/v1/chat/completions', { model: 'scripted', messages: hi, ...body });

/** The request as Anthropic got it, and took it. */
async function sent(body: object) {
  const response = await ask(body);
  expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('Hello from upstream.')]);
  return JSON.parse(gateway.upstream.chats.at(-1)?.body.toString() ?? '');
}

/** The messages as Anthropic got them, of a history that was repaired and told so. */
async function repaired(messages: object[]) {
  const response = await ask({ messages });
  expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('Hello from upstream.')]);
  expect(response.headers.get('x-gateway-applied')).toBe('history_repaired');
  return JSON.parse(gateway.upstream.chats.at(-1)?.body.toString() ?? '').messages;
}

/** The refusal of a request that never went upstream. */
async function refused(body: object) {
  const before = gateway.upstream.chats.length;
  const { status, code, param } = await errorOf(await ask(body));
  expect(gateway.upstream.chats.length).toBe(before);
  return [status, code, param];
}

describe('the request as a whole', () => {
  test('goes to /messages with the key, the version, and the smallest body that Anthropic takes', async () => {
    expect(await sent({})).toEqual({
      model: 'test-model',
      max_tokens: 32_000,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
    });
    const request = gateway.upstream.chats.at(-1);
    expect(request?.path).toBe('/v1/messages');
    expect(request?.headers).toMatchObject({ 'x-api-key': upstreamKey, 'anthropic-version': '2023-06-01' });
    expect(request?.headers.authorization).toBeUndefined();
  });

  test('translates the fields that both vendors have', async () => {
    const body = await sent({
      max_tokens: 100,
      temperature: 0.3,
      top_p: 0.9,
      top_k: 40,
      stop: 'END',
      user: 'user-7',
      service_tier: 'default',
      cache_control: ephemeral,
    });
    expect(body).toMatchObject({
      max_tokens: 100,
      temperature: 0.3,
      top_p: 0.9,
      top_k: 40,
      stop_sequences: ['END'],
      metadata: { user_id: 'user-7' },
      service_tier: 'standard_only',
      cache_control: ephemeral,
    });
    expect(await sent({ max_tokens: 5, max_completion_tokens: 7, stop: ['a', 'b'] })).toMatchObject({
      max_tokens: 7,
      stop_sequences: ['a', 'b'],
    });
    expect((await sent({ safety_identifier: 'hash' })).metadata).toEqual({ user_id: 'hash' });
    expect((await sent({ metadata: { user_id: 'own' } })).metadata).toEqual({ user_id: 'own' });
  });

  test('leaves out what asks for nothing', async () => {
    const nothing = {
      ...{ n: 1, logprobs: false, top_logprobs: 0, presence_penalty: 0, frequency_penalty: 0, logit_bias: {} },
      ...{ seed: null, store: false, verbosity: 'medium', modalities: ['text'], functions: [], stop: [] },
      ...{ tools: [], tool_choice: 'auto', parallel_tool_calls: true, response_format: { type: 'text' } },
      ...{ temperature: 1, top_p: 1, metadata: {}, thinking: null, reasoning_effort: null, audio: null },
      ...{ prompt_cache_key: 'k', cache_salt: 's', prediction: { type: 'content', content: 'x' } },
    };
    expect(Object.keys(await sent(nothing)).toSorted()).toEqual(['max_tokens', 'messages', 'model']);
  });

  test('for a stream says so, and does not send stream_options', async () => {
    const response = await ask({ stream: true, stream_options: { include_usage: true } });
    await response.text();
    expect(Object.keys(Object(gateway.upstream.chats.at(-1)?.json)).toSorted()).toEqual([
      ...['max_tokens', 'messages', 'model', 'stream'],
    ]);
  });

  test.each([
    ['n', { n: 2 }],
    ['logprobs', { logprobs: true }],
    ['top_logprobs', { top_logprobs: 3 }],
    ['presence_penalty', { presence_penalty: 0.5 }],
    ['frequency_penalty', { frequency_penalty: -1 }],
    ['logit_bias', { logit_bias: { 50256: -100 } }],
    ['seed', { seed: 0 }],
    ['store', { store: true }],
    ['verbosity', { verbosity: 'low' }],
    ['modalities', { modalities: ['text', 'audio'] }],
    ['audio', { audio: { voice: 'alloy', format: 'wav' } }],
    ['functions', { functions: [{ name: 'f' }] }],
    ['function_call', { function_call: { name: 'f' } }],
    ['web_search_options', { web_search_options: {} }],
    ['temperature', { temperature: 1.1 }],
    ['service_tier', { service_tier: 'flex' }],
    ['metadata.ticket', { metadata: { ticket: '1' } }],
    ['system', { system: 'Be brief.' }],
    ['stop_sequences', { stop_sequences: ['x'] }],
    ['response_format.type', { response_format: { type: 'json_object' } }],
    ['response_format.json_schema.schema', { response_format: { type: 'json_schema', json_schema: { name: 'x' } } }],
    ['reasoning_effort', { reasoning_effort: 'enormous' }],
  ])('is refused where %s would be lost', async (param, body) => {
    expect(await refused(body)).toEqual([400, 'invalid_field', param]);
  });

  test('with a field that nobody knows is refused by Anthropic itself, by name', async () => {
    const { code, message } = await errorOf(await ask({ colour: 'blue' }));
    expect([code, message]).toEqual(['upstream_rejected', 'colour: Extra inputs are not permitted']);
  });

  test('asks for JSON by a schema', async () => {
    const schema = { type: 'object', properties: { a: { type: 'number' } }, additionalProperties: false };
    const format = { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } };
    expect((await sent({ response_format: format, reasoning_effort: 'low' })).output_config).toEqual({
      effort: 'low',
      format: { type: 'json_schema', schema },
    });
  });
});

describe('reasoning', () => {
  const adaptive = { type: 'adaptive', display: 'summarized' };

  test.each([
    ['minimal', 'low'],
    ['low', 'low'],
    ['medium', 'medium'],
    ['high', 'high'],
    ['xhigh', 'xhigh'],
    ['max', 'max'],
  ])('of the effort %s is adaptive, with its text', async (asked, effort) => {
    expect(await sent({ reasoning_effort: asked })).toMatchObject({ thinking: adaptive, output_config: { effort } });
  });

  test('is switched off, and left to the client', async () => {
    const off = await sent({ reasoning_effort: 'none' });
    expect([off.thinking, off.output_config]).toEqual([{ type: 'disabled' }, undefined]);
    const thinking = { type: 'enabled', budget_tokens: 2000 };
    expect((await sent({ thinking })).thinking).toEqual(thinking);
    const own = await sent({ thinking: { type: 'adaptive', display: 'omitted' }, reasoning_effort: 'high' });
    expect([own.thinking, own.output_config]).toEqual([{ type: 'adaptive', display: 'omitted' }, { effort: 'high' }]);
  });
});

describe('reasoning of older and newer models', () => {
  const names = ['claude-3-7-sonnet-20250219', 'claude-sonnet-4-20250514', 'claude-haiku-4-5-20251001'];
  const newer = ['claude-opus-4-6', 'claude-opus-4-7', 'claude-sonnet-5', 'claude-fable-5-2', 'claude-next'];

  test('is a share of max_tokens before Claude 4.6, and an effort since', async () => {
    const { upstream } = gateway;
    const aliases = [...names, ...newer];
    const entries = aliases.map((name) => `  - { alias: ${name}, backends: [{ provider: up, model: ${name} }] }`);
    const own = await startGateway({
      models: `providers:\n  up: { kind: anthropic, base_url: "${upstream.url}", api_key_env: UPSTREAM_KEY }\nmodels:\n${entries.join('\n')}\n`,
      env: { UPSTREAM_KEY: upstreamKey },
    });
    const thinkingOf = async (model: string, body: object) => {
      const asked = { model, messages: hi, reasoning_effort: 'medium', ...body };
      const response = await own.call('POST', '/v1/chat/completions', asked);
      if (response.status !== 200) return errorOf(response);
      // Not simply the last request: only this one is for this model.
      return Object(upstream.chats.findLast(({ json }) => Object(json).model === model)?.json);
    };
    try {
      for (const model of names) {
        const body = await thinkingOf(model, { max_tokens: 8000 });
        expect([model, body.thinking]).toEqual([model, { type: 'enabled', budget_tokens: 4000 }]);
        expect(body.output_config).toBeUndefined();
        const small = await thinkingOf(model, { max_tokens: 1500, reasoning_effort: 'low' });
        expect(small.thinking.budget_tokens).toBe(1024);
        const least = await thinkingOf(model, { max_completion_tokens: 1024 });
        expect([least.code, least.param]).toEqual(['invalid_field', 'max_completion_tokens']);
      }
      for (const model of newer) {
        const body = await thinkingOf(model, { max_tokens: 100 });
        expect([model, body.thinking.type, body.output_config]).toEqual([model, 'adaptive', { effort: 'medium' }]);
      }
    } finally {
      await own.close();
    }
  });
});

describe('instructions', () => {
  test('before the first turn are the system prompt, each a block of its own', async () => {
    const body = await sent({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'developer', content: [{ type: 'text', text: 'Be kind.', cache_control: ephemeral }] },
        { role: 'system', content: '' },
        ...hi,
      ],
    });
    expect(body.system).toEqual([
      { type: 'text', text: 'Be brief.' },
      { type: 'text', text: 'Be kind.', cache_control: ephemeral },
    ]);
    expect(body.messages).toHaveLength(1);
  });

  test('in the middle of the history become system turns after the turn of the user', async () => {
    const body = await sent({
      messages: [
        ...hi,
        { role: 'assistant', content: 'Hello.' },
        { role: 'developer', content: 'Now in French.' },
        { role: 'user', content: 'Bye' },
      ],
    });
    expect(body.messages.map(({ role }: { role: string }) => role)).toEqual(['user', 'assistant', 'user', 'system']);
    expect(body.messages.at(-1).content).toEqual([{ type: 'text', text: 'Now in French.' }]);
    expect(body.system).toBeUndefined();
  });

  test('in the middle of the history become text in the turn of the user before Claude 4.8', async () => {
    const old = await startScripted({
      kind: 'anthropic',
      model: 'claude-sonnet-4-5',
      upstream: { dialect: 'anthropic' },
    });
    try {
      const messages = [
        ...hi,
        { role: 'assistant', content: null, tool_calls: [call('a', 'weather', '{}')] },
        { role: 'system', content: 'Now in French.' },
        { role: 'tool', tool_call_id: 'a', content: 'Sunny' },
        { role: 'user', content: 'Bye' },
      ];
      const response = await old.call('POST', '/v1/chat/completions', { model: 'scripted', messages, tools: [tool] });
      expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('Hello')]);
      expect(JSON.parse(old.upstream.chats.at(-1)?.body.toString() ?? '').messages.at(-1)).toEqual({
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', content: 'Sunny' },
          { type: 'text', text: 'Bye' },
          { type: 'text', text: '<system-reminder>\nNow in French.\n</system-reminder>' },
        ],
      });
    } finally {
      await old.close();
    }
  });

  test('alone end with a turn of the user, and are refused when they say nothing', async () => {
    const [first, last] = ['Be brief.', 'Say hello.'].map((content) => ({ role: 'system', content }));
    const body = await sent({ messages: [first, last] });
    expect(body.system).toMatchObject([{ text: 'Be brief.' }]);
    expect(body.messages).toMatchObject([{ role: 'user', content: [{ text: 'Say hello.' }] }]);
    const empty = { messages: [{ role: 'system', content: '' }] };
    expect(await refused(empty)).toEqual([400, 'invalid_field', 'messages[0].content']);
  });

  test('with an image are refused', async () => {
    const pictured = [{ role: 'system', content: [{ type: 'text', text: 'x' }, image()] }, ...hi];
    expect(await refused({ messages: pictured })).toEqual([400, 'invalid_field', 'messages[0].content[1].type']);
  });
});

describe('parts of messages', () => {
  const parts = (...content: object[]) => ({ messages: [{ role: 'user', content }] });
  const file = (data: string, rest: object = {}) => ({ type: 'file', file: { file_data: data, ...rest } });

  test('are texts, images and documents, with their cache breakpoints', async () => {
    const body = await sent(
      parts(
        { type: 'text', text: 'Look:', cache_control: { ...ephemeral, ttl: '1h' } },
        { ...image('image/png', { detail: 'high' }), cache_control: ephemeral },
        image('image/jpg'),
        file(`data:application/pdf;base64,${PDF}`, { filename: 'a.pdf' }),
        file(`data:text/plain;base64,${Buffer.from('Grüße').toString('base64')}`),
        { type: 'text', text: '' },
      ),
    );
    expect(body.messages[0].content).toEqual([
      { type: 'text', text: 'Look:', cache_control: { ...ephemeral, ttl: '1h' } },
      { type: 'image', source: pngSource, cache_control: ephemeral },
      { type: 'image', source: { ...pngSource, media_type: 'image/jpeg' } },
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: PDF }, title: 'a.pdf' },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Grüße' } },
    ]);
  });

  test.each([
    ['messages[0].content[1].image_url.url', image('image/tiff')],
    ['messages[0].content[1].image_url.detail', image('image/png', { detail: 'low' })],
    ['messages[0].content[1].file.file_id', { type: 'file', file: { file_id: 'file-1' } }],
    ['messages[0].content[1].file.file_data', file('https://example.com/a.pdf')],
    ['messages[0].content[1].file.file_data', file(`data:application/zip;base64,${PDF}`)],
    ['messages[0].content[1].type', { type: 'search_result', source: 'https://example.com' }],
    ['messages[0].content[1].type', { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }],
  ])('are refused at %s', async (param, part) => {
    expect(await refused(parts({ type: 'text', text: 'x' }, part))).toEqual([400, 'invalid_field', param]);
  });

  test('are refused when nothing is left of them', async () => {
    expect(await refused({ messages: [{ role: 'user', content: '' }] })).toEqual([
      ...[400, 'invalid_field', 'messages[0].content'],
    ]);
  });

  test('become turns: neighbours of one role are joined, and an empty answer is left out', async () => {
    const messages = await repaired([
      ...hi,
      { role: 'assistant', content: '' },
      { role: 'user', content: 'Still there?', cache_control: ephemeral },
      { role: 'assistant', content: 'Yes.' },
      { role: 'assistant', content: null, refusal: 'But no.' },
      { role: 'user', content: 'Oh' },
    ]);
    expect(messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'Hi\n\nStill there?', cache_control: ephemeral }] },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Yes.' },
          { type: 'text', text: 'But no.' },
        ],
      },
      { role: 'user', content: [{ type: 'text', text: 'Oh' }] },
    ]);
  });

  test.each([
    ['messages[0].audio', { role: 'assistant', audio: { id: 'a' } }],
    ['messages[0].images', { role: 'assistant', content: 'x', images: [image()] }],
    ['messages[0].function_call', { role: 'assistant', function_call: { name: 'f', arguments: '{}' } }],
    ['messages[0].role', { role: 'function', name: undefined, content: '1' }],
  ])('are refused with %s', async (param, message) => {
    expect(await refused({ messages: [message, ...hi] })).toEqual([400, 'invalid_field', param]);
  });
});

describe('tools', () => {
  test('are declared with their schemas', async () => {
    const bare = { type: 'function', function: { name: 'now', description: 'The time', strict: true } };
    const search = { type: 'web_search_20250305', name: 'web_search', max_uses: 2 };
    const body = await sent({ tools: [tool, { ...bare, cache_control: ephemeral }, search] });
    expect(body.tools).toEqual([
      { name: 'weather', input_schema: { type: 'object', properties: { city: { type: 'string' } } } },
      {
        name: 'now',
        description: 'The time',
        strict: true,
        input_schema: { type: 'object', properties: {} },
        cache_control: ephemeral,
      },
      search,
    ]);
    expect(body.tool_choice).toBeUndefined();
  });

  test.each([
    ['auto', true, { type: 'auto' }],
    ['none', false, { type: 'none' }],
    ['required', true, { type: 'any' }],
    ['required', false, { type: 'any', disable_parallel_tool_use: true }],
    [undefined, false, { type: 'auto', disable_parallel_tool_use: true }],
    [{ type: 'function', function: { name: 'weather' } }, true, { type: 'tool', name: 'weather' }],
  ])('are chosen by %s with parallel calls %s', async (choice, parallel, expected) => {
    const body = await sent({ tools: [tool], tool_choice: choice, parallel_tool_calls: parallel });
    expect(body.tool_choice).toEqual(expected);
  });

  test.each([
    ['tools[1].type', { tools: [tool, { type: 'custom', custom: { name: 'x' } }] }],
    ['tool_choice', { tools: [tool], tool_choice: { type: 'allowed_tools', allowed_tools: {} } }],
    ['tool_choice', { tool_choice: 'required' }],
  ])('are refused at %s', async (param, body) => {
    expect(await refused(body)).toEqual([400, 'invalid_field', param]);
  });

  test('that were called together have their results first in one turn', async () => {
    const body = await sent({
      messages: [
        { role: 'user', content: 'Weather?' },
        {
          role: 'assistant',
          content: 'Let me look.',
          tool_calls: [call('toolu_1', 'weather', '{"city":"Rome"}'), call('functions.now:1', 'now', '')],
        },
        { role: 'tool', tool_call_id: 'toolu_1', content: 'Sunny', name: 'weather' },
        { role: 'user', content: 'And?' },
        {
          role: 'tool',
          tool_call_id: 'functions.now:1',
          content: [{ type: 'text', text: 'Noon' }, image()],
          is_error: true,
          cache_control: ephemeral,
        },
      ],
      tools: [tool],
    });
    expect(body.messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Let me look.' },
          { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Rome' } },
          { type: 'tool_use', id: 'functions_2enow_3a1', name: 'now', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'toolu_1', content: 'Sunny' },
          {
            type: 'tool_result',
            tool_use_id: 'functions_2enow_3a1',
            content: [
              { type: 'text', text: 'Noon' },
              { type: 'image', source: pngSource },
            ],
            is_error: true,
            cache_control: ephemeral,
          },
          { type: 'text', text: 'And?' },
        ],
      },
    ]);
  });

  test.each([
    ['invalid_field', 'messages[1].tool_calls[0].type', [{ id: 'a', type: 'custom', custom: {} }], 'a'],
    ['missing_field', 'messages[2].tool_call_id', [call('a', 'f', '{}')], undefined],
  ])('with a fault are refused: %s %s', async (code, param, calls, id) => {
    const messages = [
      ...hi,
      { role: 'assistant', content: '', tool_calls: calls },
      { role: 'tool', tool_call_id: id, content: '1' },
    ];
    expect(await refused({ messages })).toEqual([400, code, param]);
  });

  test.each(['{"city":', '[1]'])(
    'of the arguments %s, which are no object, go on with them as a text',
    async (text) => {
      const messages = await repaired([
        ...hi,
        { role: 'assistant', content: '', tool_calls: [call('a', 'f', text)] },
        { role: 'tool', tool_call_id: 'a', content: '1' },
      ]);
      expect(messages.slice(1)).toEqual([
        { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'f', input: { unparsed_arguments: text } }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: '1' }] },
      ]);
    },
  );

  test('whose results are missing get a text instead, before the message of the user', async () => {
    const messages = await repaired([...hi, { role: 'assistant', tool_calls: [call('a', 'f', '{}')] }, ...hi]);
    expect(messages.slice(1)).toEqual([
      { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'f', input: {} }] },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', content: '(no result)' },
          { type: 'text', text: 'Hi' },
        ],
      },
    ]);
  });
});

test('a history with calls declares their tools, where the request offers none, and lets the model call none', async () => {
  const messages = [
    ...hi,
    { role: 'assistant', tool_calls: [call('a', 'f', '{}'), call('b', 'f', '{}'), call('c', 'g', '{}')] },
    ...['a', 'b', 'c'].map((id) => ({ role: 'tool', tool_call_id: id, content: '1' })),
    ...hi,
  ];
  const declared = ['f', 'g'].map((name) => ({ name, input_schema: { type: 'object', properties: {} } }));
  for (const tools of [undefined, []]) {
    expect(await sent({ messages, tools })).toMatchObject({ tools: declared, tool_choice: { type: 'none' } });
  }
  const offered = await sent({ messages, tools: [tool] });
  expect([offered.tools.length, offered.tool_choice]).toEqual([1, undefined]);
  expect(await sent({})).not.toHaveProperty('tools');
});

describe('thinking in the middle of a turn, with a model that only thinks at its start', () => {
  const signed = [{ type: 'reasoning.text', text: 'Hm.', signature: 'c2ln', format: 'anthropic-claude-v1', index: 0 }];
  const asking = (id: string, rest: object = {}) => ({
    role: 'assistant',
    content: null,
    tool_calls: [call(id, 'weather', '{}')],
    ...rest,
  });
  const result = (id: string) => ({ role: 'tool', tool_call_id: id, content: 'Sunny' });

  test.each([
    ['without its thinking is answered without any', [...hi, asking('a'), result('a')], false],
    ['with its thinking goes on with it', [...hi, asking('a', { reasoning_details: signed }), result('a')], true],
    [
      'whose first call has its thinking goes on with it',
      [...hi, asking('a', { reasoning_details: signed }), result('a'), asking('b'), result('b')],
      true,
    ],
    [
      'that another vendor thought for is answered without any',
      [...hi, asking('a', { reasoning_content: 'Hm.' }), result('a')],
      false,
    ],
    [
      'that is over stops no new thinking',
      [...hi, asking('a'), result('a'), { role: 'assistant', content: 'Ok.' }, ...hi],
      true,
    ],
    ['that the user broke into is answered without any', [...hi, asking('a'), result('a'), ...hi], false],
  ])('a turn %s', async (_what, messages, thinks) => {
    const old = await startScripted({
      kind: 'anthropic',
      model: 'claude-sonnet-4-5',
      upstream: { dialect: 'anthropic' },
    });
    try {
      const body = { model: 'scripted', messages, tools: [tool], reasoning_effort: 'medium', max_tokens: 8_000 };
      const response = await old.call('POST', '/v1/chat/completions', body);
      expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('Hello')]);
      expect(response.headers.get('x-gateway-applied')).toBe(thinks ? null : 'reasoning_ignored');
      const { thinking } = JSON.parse(old.upstream.chats.at(-1)?.body.toString() ?? '');
      expect(thinking?.type).toBe(thinks ? 'enabled' : undefined);
    } finally {
      await old.close();
    }
  });
});

describe('reasoning that comes back', () => {
  const format = 'anthropic-claude-v1';

  test("becomes thinking again: with Anthropic's signature, in pieces or whole, and first in its turn", async () => {
    const body = await sent({
      messages: [
        ...hi,
        {
          role: 'assistant',
          content: 'Hello.',
          reasoning_content: 'Hm, well.',
          reasoning_details: [
            { type: 'reasoning.text', text: 'Hm,', format, index: 0 },
            { type: 'reasoning.text', text: ' well.', format, index: 0 },
            { type: 'reasoning.text', signature: 'c2ln', format, index: 0 },
            { type: 'reasoning.encrypted', data: 'c2VjcmV0', format, index: 1 },
            { type: 'reasoning.text', signature: 'b21pdHRlZA', format, index: 2 },
          ],
        },
        ...hi,
      ],
    });
    expect(body.messages[1].content).toEqual([
      { type: 'thinking', thinking: 'Hm, well.', signature: 'c2ln' },
      { type: 'redacted_thinking', data: 'c2VjcmV0' },
      { type: 'thinking', thinking: '', signature: 'b21pdHRlZA' },
      { type: 'text', text: 'Hello.' },
    ]);
  });

  test('is left out when Anthropic did not sign it', async () => {
    const details = [
      { type: 'reasoning.text', text: 'unsigned', format, index: 0 },
      { type: 'reasoning.text', text: 'x', signature: 's', format: 'google-gemini-v1', index: 1 },
      { type: 'reasoning.encrypted', data: 'x', format: 'openai-responses-v1', index: 2 },
      { type: 'reasoning.summary', summary: 'x', format, index: 3 },
      'no detail',
    ];
    const answer = { role: 'assistant', content: 'Hello.', reasoning_content: 'x', reasoning_details: details };
    const body = await sent({ messages: [...hi, answer, ...hi] });
    expect(body.messages[1].content).toEqual([{ type: 'text', text: 'Hello.' }]);
  });
});
