import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PresetName, presetNames } from '../../server/providers/presets.ts';
import { parseModelsFile } from '../../server/setup/models-file.ts';
import { errorOf } from '../support/error-of.ts';
import { chunksOf, payloadsOf } from '../support/read-events.ts';
import { type Gateway, startGateway } from '../support/start-gateway.ts';
import { raw } from '../support/upstream/scripts/refusals.ts';
import { type ScriptedUpstream, startUpstream } from '../support/upstream/start-upstream.ts';

const user = { role: 'user', content: 'Hi' };
const tool = (name: string) => ({ type: 'function', function: { name, parameters: { type: 'object' } } });
const named = (name: string) => ({ type: 'function', function: { name } });

let upstream: ScriptedUpstream;
let gateway: Gateway;

beforeAll(async () => {
  upstream = await startUpstream();
  const base = `base_url: "${upstream.url}"`;
  const plain = `  plain: { kind: openai-compatible, ${base} }\n`;
  const entries = presetNames.map((name) => `  ${name}: { preset: ${name}, ${base} }\n`);
  const titled = `  titled: { preset: openrouter, ${base}, api_key_env: MINE, headers: { HTTP-Referer: "https://example.org", X-Title: Mine } }\n`;
  const aliases = ['plain', 'titled', ...presetNames].map(
    (name) => `  - { alias: ${name}, input: [text, image], backends: [{ provider: ${name}, model: test-model }] }\n`,
  );
  gateway = await startGateway({
    models: `providers:\n${plain}${titled}${entries.join('')}models:\n${aliases.join('')}`,
    env: { MINE: 'key-of-the-operator', OPENROUTER_API_KEY: 'key-of-the-vendor' },
  });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const ask = (model: PresetName | 'plain' | 'titled', fields: object = {}) =>
  gateway.call('POST', '/v1/chat/completions', { model, messages: [user], ...fields });

/** What the upstream got. */
async function sent(model: PresetName | 'plain', fields: object): Promise<unknown> {
  const response = await ask(model, fields);
  expect([response.status, response.status === 200 ? '' : await response.text()]).toEqual([200, '']);
  await response.text();
  return upstream.chats.at(-1)?.json;
}

/** What a client gets of an answer with this choice, in JSON and in a stream. */
async function answered(model: PresetName | 'plain', choice: object, rest: object = {}) {
  const head = { id: 'x', created: 1, model: 'test-model', ...rest };
  const message = { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hi' }, ...choice };
  upstream.reply(
    raw(
      200,
      { 'content-type': 'application/json' },
      JSON.stringify({ ...head, object: 'chat.completion', choices: [message] }),
    ),
  );
  return ask(model);
}

const event = (choices: object[], rest: object = {}) =>
  `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', choices, ...rest })}\n\n`;

async function streamed(model: PresetName | 'plain', ...events: string[]): Promise<string> {
  upstream.reply(raw(200, { 'content-type': 'text/event-stream' }, `${events.join('')}data: [DONE]\n\n`));
  return (await ask(model, { stream: true, stream_options: { include_usage: true } })).text();
}

/** Of a stream that broke off, or of the answer instead of it when all of it came at once. */
const failureOf = (text: string): string => JSON.parse(payloadsOf(text).at(-1) ?? text).error.code;

/** What OpenAI takes. */
const everything = {
  seed: 7,
  max_tokens: 5,
  n: 2,
  tools: [tool('f'), tool('g')],
  tool_choice: named('f'),
  parallel_tool_calls: false,
  messages: [
    { role: 'developer', content: 'Be brief.' },
    { role: 'assistant', content: 'Yes.', reasoning_content: 'Hm.' },
    user,
  ],
};

describe('what a request becomes', () => {
  test.each(['xai', 'openrouter', 'litellm'] as const)('with %s: nothing else', async (model) => {
    expect(await sent(model, everything)).toEqual({ ...everything, model: 'test-model' });
  });

  test.each(['plain', 'vllm'] as const)('with %s: the role system for developer, and nothing else', async (model) => {
    const [instruction, ...messages] = everything.messages;
    expect(await sent(model, everything)).toEqual({
      ...everything,
      model: 'test-model',
      messages: [{ ...instruction, role: 'system' }, ...messages],
    });
  });

  test.each(['ollama', 'llamacpp', 'mistral', 'deepseek'] as const)(
    'with %s max_completion_tokens is max_tokens, and both at once must be the same',
    async (model) => {
      const body = await sent(model, { max_completion_tokens: 9 });
      expect(body).toMatchObject({ model: 'test-model', messages: [user], max_tokens: 9 });
      expect(body).not.toHaveProperty('max_completion_tokens');
      expect(await sent(model, { max_completion_tokens: 9, max_tokens: 9 })).toEqual(body);
      const error = await errorOf(await ask(model, { max_completion_tokens: 9, max_tokens: 8 }));
      expect(error).toMatchObject({ code: 'invalid_field', param: 'max_completion_tokens' });
    },
  );

  test('with openai max_tokens is max_completion_tokens', async () => {
    expect(await sent('openai', { max_tokens: 9 })).toEqual({
      model: 'test-model',
      messages: [user],
      max_completion_tokens: 9,
    });
  });

  test('with mistral seed becomes random_seed, a null seed is left out, and stream_options are not sent', async () => {
    const body = await sent('mistral', { seed: 7, stream: true, stream_options: { include_usage: true } });
    expect(body).toEqual({ model: 'test-model', messages: [user], random_seed: 7, stream: true });
    expect(await sent('mistral', { seed: null })).toEqual({ model: 'test-model', messages: [user] });
  });

  test.each(['mistral', 'deepseek'] as const)('with %s a developer is the system', async (model) => {
    const messages = [{ role: 'developer', content: 'Be brief.' }, user];
    expect(await sent(model, { messages })).toMatchObject({ messages: [{ ...messages[0], role: 'system' }, user] });
  });

  test('with mistral ids of tool calls are nine letters or digits, the same for a call and its result, every time', async () => {
    const call = (id: string) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } });
    const messages = [
      user,
      { role: 'assistant', content: null, tool_calls: [call('call_0fypS1hVX'), call('D681PevKs')] },
      { role: 'tool', tool_call_id: 'call_0fypS1hVX', content: '1' },
      { role: 'tool', tool_call_id: 'D681PevKs', content: '2' },
    ];
    const body = JSON.stringify(await sent('mistral', { messages }));
    const ids = [...body.matchAll(/"(?:id|tool_call_id)":"([^"]*)"/g)].map(([, id]) => id);
    expect(ids[0]).toMatch(/^[A-Za-z0-9]{9}$/);
    expect(ids).toEqual([ids[0], 'D681PevKs', ids[0], 'D681PevKs']);
    expect(JSON.stringify(await sent('mistral', { messages }))).toBe(body);
  });

  test.each([
    [{ content: null, refusal: 'No.' }, 'No.'],
    [{ content: 'Hm.', refusal: 'No.' }, 'Hm.\n\nNo.'],
    [{ content: [{ type: 'refusal', refusal: 'No.' }] }, [{ type: 'text', text: 'No.' }]],
  ])('a refusal is text to local servers and stays what it is to OpenAI: %j', async (said, text) => {
    const messages = [user, { role: 'assistant', ...said }, user];
    for (const model of ['vllm', 'llamacpp', 'mistral'] as const) {
      expect(await sent(model, { messages })).toMatchObject({
        messages: [user, { role: 'assistant', content: text }, user],
      });
      expect(JSON.stringify(await sent(model, { messages }))).not.toContain('refusal');
    }
    expect(await sent('openai', { messages })).toMatchObject({ messages });
  });

  test('with openai ids of tool calls have at most 40 characters, the same for a call and its result', async () => {
    const call = (id: string) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } });
    const [long, right] = ['x'.repeat(41), 'y'.repeat(40)] as const;
    const messages = [
      user,
      { role: 'assistant', content: null, tool_calls: [call(long), call(right)] },
      { role: 'tool', tool_call_id: long, content: '1' },
      { role: 'tool', tool_call_id: right, content: '2' },
    ];
    const body = JSON.stringify(await sent('openai', { messages }));
    const ids = [...body.matchAll(/"(?:id|tool_call_id)":"([^"]*)"/g)].map(([, id]) => id);
    expect(ids[0]).toMatch(/^call_[0-9a-f]{32}$/);
    expect(ids).toEqual([ids[0], right, ids[0], right]);
  });

  const told = {
    role: 'assistant',
    content: 'Yes.',
    reasoning: 'Hm.',
    reasoning_content: 'Hm.',
    reasoning_details: [],
  };
  test.each([
    ['ollama', { role: 'assistant', content: 'Yes.', reasoning: 'Hm.' }],
    ['deepseek', { role: 'assistant', content: 'Yes.', reasoning_content: 'Hm.' }],
    ['groq', { role: 'assistant', content: 'Yes.' }],
    [
      'mistral',
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] },
          { type: 'text', text: 'Yes.' },
        ],
      },
    ],
  ] as const)('with %s the reasoning of an earlier answer stands where it is read', async (model, expected) => {
    expect(await sent(model, { messages: [user, told, user] })).toMatchObject({ messages: [user, expected, user] });
    const { messages } = JSON.parse(upstream.chats.at(-1)?.body.toString() ?? '');
    expect(messages[1]).toEqual(expected);
    const untold = [user, { role: 'assistant', content: 'Yes.' }, user];
    expect(await sent(model, { messages: untold })).toEqual({ model: 'test-model', messages: untold });
  });

  test.each(['llamacpp', 'lmstudio'] as const)('with %s a named tool is the only one, and required', async (model) => {
    const body = await sent(model, { tools: [tool('f'), tool('g')], tool_choice: named('g') });
    expect(body).toMatchObject({ tools: [tool('g')], tool_choice: 'required' });
    expect(await sent(model, { tools: [tool('f')], tool_choice: 'required' })).toMatchObject({
      tool_choice: 'required',
    });
    const error = await errorOf(await ask(model, { tools: [tool('f')], tool_choice: named('h') }));
    expect(error).toMatchObject({ code: 'invalid_field', param: 'tool_choice.function.name' });
  });

  test('with ollama no tool is offered when none may be called', async () => {
    const fields = { tools: [tool('f')], tool_choice: 'none', temperature: 0.5 };
    expect(await sent('ollama', fields)).toEqual({ model: 'test-model', messages: [user], temperature: 0.5 });
    const auto = { tools: [tool('f')], tool_choice: 'auto' };
    expect(await sent('ollama', auto)).toEqual({ model: 'test-model', messages: [user], ...auto });
  });

  test.each([
    ['tool_choice', { tools: [tool('f')], tool_choice: 'required' }],
    ['tool_choice', { tools: [tool('f')], tool_choice: named('f') }],
    ['n', { n: 2 }],
    ['logit_bias', { logit_bias: { 50: -100 } }],
    ['parallel_tool_calls', { tools: [tool('f')], parallel_tool_calls: false }],
  ])('with ollama a %s that it would ignore is refused, and nothing is sent', async (param, fields) => {
    const before = upstream.chats.length;
    for (const stream of [false, true]) {
      const error = await errorOf(await ask('ollama', { ...fields, stream }));
      expect(error).toMatchObject({ code: 'invalid_field', param });
    }
    expect(upstream.chats).toHaveLength(before);
  });

  test('without a configured key no key is sent to another address than that of the vendor of a preset', async () => {
    expect((await ask('openrouter')).status).toBe(200);
    expect(upstream.chats.at(-1)?.headers.authorization).toBeUndefined();
  });

  test('with ollama the values that change nothing pass', async () => {
    const fields = { n: 1, parallel_tool_calls: true, logit_bias: null, tools: [tool('f')] };
    expect(await sent('ollama', fields)).toEqual({ model: 'test-model', messages: [user], ...fields });
  });

  test('headers of the models file go with it, beside the key that it names', async () => {
    expect((await ask('titled')).status).toBe(200);
    expect(upstream.chats.at(-1)?.headers).toMatchObject({
      'http-referer': 'https://example.org',
      'x-title': 'Mine',
      authorization: 'Bearer key-of-the-operator',
    });
  });

  test('on /c1 the quirks hold as well', async () => {
    await (await gateway.call('POST', '/c1/chat', { model: 'mistral', message: 'Hi', seed: 3 })).text();
    expect(upstream.chats.at(-1)?.json).toEqual({ model: 'test-model', messages: [user], random_seed: 3 });
  });
});

describe('what an answer becomes', () => {
  const thinking = (text: string) => ({ type: 'thinking', thinking: [{ type: 'text', text }] });

  test('with mistral thinking parts are reasoning', async () => {
    const content = [thinking('Let me see.'), { type: 'text', text: 'Yes.' }];
    const response = await answered('mistral', { message: { role: 'assistant', content } });
    expect((await response.json()).choices[0].message).toEqual({
      role: 'assistant',
      content: 'Yes.',
      reasoning_content: 'Let me see.',
      reasoning: 'Let me see.',
    });
    const text = await streamed(
      'mistral',
      event([{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }]),
      event([{ index: 0, delta: { content: [thinking('Let me')] }, finish_reason: null }]),
      event([{ index: 0, delta: { content: [thinking(' see.')] }, finish_reason: null }]),
      event([{ index: 0, delta: { content: [{ type: 'text', text: 'Yes' }] }, finish_reason: null }]),
      event([{ index: 0, delta: { content: '.' }, finish_reason: 'stop' }]),
    );
    const deltas = chunksOf(text).flatMap(({ choices }) =>
      choices.map((choice: { delta: Record<string, unknown> }) => choice.delta),
    );
    expect(deltas.map(({ content }) => content).join('')).toBe('Yes.');
    expect(deltas.map(({ reasoning_content: piece }) => piece ?? '').join('')).toBe('Let me see.');
    expect(deltas.map(({ reasoning }) => reasoning ?? '').join('')).toBe('Let me see.');
  });

  test.each([
    ['mistral', 'model_length', 'length'],
    ['together', 'eos', 'stop'],
  ] as const)('with %s the finish reason %s is %s', async (model, native, reason) => {
    const { choices } = await (await answered(model, { finish_reason: native })).json();
    expect(choices[0]).toMatchObject({ finish_reason: reason, native_finish_reason: native });
    const text = await streamed(model, event([{ index: 0, delta: { content: 'Hi' }, finish_reason: native }]));
    expect(chunksOf(text)[0].choices[0]).toMatchObject({ finish_reason: reason, native_finish_reason: native });
  });

  test.each([
    ['mistral', 'error', 'upstream_broken'],
    ['openrouter', 'error', 'upstream_broken'],
    ['deepseek', 'insufficient_system_resource', 'model_busy'],
  ] as const)('with %s the finish reason %s is a failure', async (model, reason, code) => {
    expect(await errorOf(await answered(model, { finish_reason: reason }))).toMatchObject({ code });
    const half = event([{ index: 0, delta: { content: 'Ha' }, finish_reason: null }]);
    const text = await streamed(model, half, event([{ index: 0, delta: {}, finish_reason: reason }]));
    expect(failureOf(text)).toBe(code);
    expect(text).not.toContain('[DONE]');
  });

  test('with openrouter an error inside a choice is one', async () => {
    const error = { code: 429, message: 'The provider is busy' };
    expect(await errorOf(await answered('openrouter', { error, finish_reason: 'error' }))).toMatchObject({
      code: 'model_quota_exhausted',
    });
    const text = await streamed(
      'openrouter',
      ': OPENROUTER PROCESSING\n\n',
      event([{ index: 0, delta: { content: 'Ha' }, finish_reason: null }]),
      event([{ index: 0, delta: { content: '' }, finish_reason: 'error', error }]),
    );
    expect(failureOf(text)).toBe('model_quota_exhausted');
  });

  test('with deepseek the tokens of its cache are counted as cached', async () => {
    const usage = { prompt_tokens: 20, completion_tokens: 1, total_tokens: 21, prompt_cache_hit_tokens: 16 };
    const counted = { ...usage, prompt_tokens_details: { cached_tokens: 16 } };
    expect((await (await answered('deepseek', {}, { usage })).json()).usage).toEqual(counted);
    const last = event([{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }], { usage });
    expect(chunksOf(await streamed('deepseek', last)).at(-1).usage).toEqual(counted);
  });

  test("with mistral a refused field is named in OpenAI's way", async () => {
    const detail = [
      { type: 'extra_forbidden', loc: ['body', 'messages', 0, 'name'], msg: 'Extra inputs are not permitted' },
    ];
    upstream.reply(
      raw(
        422,
        { 'content-type': 'application/json' },
        JSON.stringify({
          object: 'error',
          message: { detail },
          type: 'invalid_request_error',
          param: null,
          code: null,
        }),
      ),
    );
    expect(await errorOf(await ask('mistral'))).toMatchObject({
      code: 'upstream_rejected',
      param: 'messages[0].name',
      message: 'messages[0].name: Extra inputs are not permitted',
    });
    const said = 'Tool call id was x but must be a-z, A-Z, 0-9, with a length of 9.';
    upstream.reply(
      raw(
        400,
        { 'content-type': 'application/json' },
        JSON.stringify({ object: 'error', message: said, code: '3280' }),
      ),
    );
    expect(await errorOf(await ask('mistral'))).toMatchObject({ code: 'upstream_rejected', message: said });
  });
});

describe('a preset in the models file', () => {
  const entryOf = (yaml: string) =>
    parseModelsFile(`providers:\n  p: ${yaml}\nmodels: []\n`, 'models.yaml').providers.p;

  test('brings the address and the variable of the key; fields of the entry override it', () => {
    expect(entryOf('{ preset: groq }')).toEqual({
      kind: 'openai-compatible',
      preset: 'groq',
      base_url: 'https://api.groq.com/openai/v1',
      api_key_env: 'GROQ_API_KEY',
    });
    expect(entryOf('{ preset: groq, base_url: "http://10.0.0.1/v1", api_key_env: MINE }')).toMatchObject({
      base_url: 'http://10.0.0.1/v1',
      api_key_env: 'MINE',
    });
  });

  test("a vendor's key is for the vendor alone, the key of a local server for wherever it is", () => {
    expect(entryOf('{ preset: groq, base_url: "http://10.0.0.1/v1" }')).toMatchObject({ api_key_env: undefined });
    expect(entryOf('{ preset: vllm, base_url: "http://10.0.0.1/v1" }')).toMatchObject({ api_key_env: 'VLLM_API_KEY' });
  });

  test.each([
    ['{ preset: grok }', /^models\.yaml:2: providers\.p\.preset: /],
    ['{ kind: openai-compatible }', /^models\.yaml:2: providers\.p\.base_url: give a base_url, or a preset$/],
    ['{ kind: embedded, preset: groq }', /^models\.yaml:2: providers\.p: /],
    ['{ base_url: "http://10.0.0.1/v1" }', /^models\.yaml:2: providers\.p\.kind: /],
    ['{ preset: groq, headers: { "X-A": "a\\nb" } }', /^models\.yaml:2: providers\.p\.headers\.X-A: /],
  ])('%s is a mistake', (yaml, message) => {
    expect(() => entryOf(yaml)).toThrow(message);
  });
});
