import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type DialectGateway, startDialects } from '../support/start-dialects.ts';
import { type ScriptedGateway, type ScriptedOptions, startScripted } from '../support/start-scripted.ts';
import type { Answer } from '../support/upstream/answer.ts';
import type { DialectName } from '../support/upstream/dialects/dialect.ts';
import type { Script } from '../support/upstream/exchange.ts';
import { createGate } from '../support/upstream/gate.ts';
import { answer, gated, say, think } from '../support/upstream/scripts/answers.ts';
import { raw } from '../support/upstream/scripts/refusals.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function scripted(options: ScriptedOptions): Promise<ScriptedGateway> {
  const gateway = await startScripted(options);
  open.push(gateway);
  return gateway;
}

/** Ids that the gateway itself makes, because the vendor has none. */
const withoutIds = (value: unknown) =>
  JSON.parse(JSON.stringify(value, (key, one) => (/^(id|created)$/.test(key) ? undefined : one)));

/** What says nothing: null, an empty list of calls, an empty text beside calls, and where in their list calls stand (Ollama). */
function withoutNothing(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNothing);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(
    ([key, one]) =>
      one !== null &&
      !(key === 'content' && one === '' && 'tool_calls' in value) &&
      !(key === 'tool_calls' && Array.isArray(one) && one.length === 0) &&
      !(key === 'index' && 'function' in value),
  );
  return Object.fromEntries(entries.map(([key, one]) => [key, withoutNothing(one)]));
}

const tool = { type: 'function', function: { name: 'get_weather', parameters: { type: 'object', properties: {} } } };
const messages = [{ role: 'user', content: 'Hi' }];

const annotations = [{ type: 'url_citation', url_citation: { url: 'https://example.org', start_index: 0 } }];
const answers: readonly (readonly [string, Answer, object])[] = [
  ['a text', { text: ['Hel', 'lo', ' there.'] }, {}],
  ['a text that was cut', { text: ['Hel'], finish: 'length' }, { max_tokens: 1 }],
  ['reasoning and a text', { reasoning: ['Hm', ', so'], text: ['Yes', '.'] }, {}],
  [
    'two calls',
    { calls: [1, 2].map((n) => ({ name: 'get_weather', pieces: ['{"city":', `"Oslo ${n}"`, '}'] })) },
    { tools: [tool] },
  ],
  ['logprobs', { text: ['A', 'B'] }, { logprobs: true, top_logprobs: 1 }],
  ['two choices', { text: ['A', 'B'] }, { n: 2 }],
  ['usage with its details', { text: ['A'], usage: { prompt: 90, completion: 7, cached: 64, reasoning: 3 } }, {}],
  [
    "a vendor's own fields",
    {
      text: ['A'],
      extra: { service_tier: 'flex', citations: ['https://example.org'], x_own: { id: 1, list: [1, 2] } },
    },
    {},
  ],
];

const compatible = ['vllm', 'llamacpp', 'ollama'] as const;
const translated = ['openai-responses', 'anthropic', 'gemini'] as const;

describe('an answer collected from a stream', () => {
  let collecting: DialectGateway;
  let plain: DialectGateway;
  beforeAll(async () => {
    const dialects = [...compatible, ...translated];
    collecting = await startDialects(dialects, { provider: 'collect_streams: true' });
    plain = await startDialects(dialects, { provider: 'collect_streams: false' });
  });
  afterAll(() => Promise.all([collecting.close(), plain.close()]));

  /** The same answer, collected and as JSON. */
  async function both(dialect: DialectName, what: Answer, fields: object): Promise<[unknown, unknown]> {
    const bodyOf = async (gateway: DialectGateway) => {
      gateway.upstreams[dialect]?.reply(answer(what));
      const response = await gateway.call('POST', '/v1/chat/completions', { model: dialect, messages, ...fields });
      expect(response.status).toBe(200);
      return withoutNothing(await response.json());
    };
    const bodies: [unknown, unknown] = [await bodyOf(collecting), await bodyOf(plain)];
    expect(collecting.upstreams[dialect]?.chats.at(-1)?.asked.stream).toBe(true);
    expect(plain.upstreams[dialect]?.chats.at(-1)?.asked.stream).toBe(false);
    return bodies;
  }

  describe.each(compatible)('of %s', (dialect) => {
    test.each(answers.filter(([what]) => dialect !== 'ollama' || what !== 'two choices'))(
      'equals the JSON that it would have sent: %s',
      async (_what, what, fields) => {
        const [collected, whole] = await both(dialect, what, fields);
        expect(collected).toEqual(whole);
      },
    );
  });

  describe.each(translated)('of %s', (dialect) => {
    const expressible = ['a text', 'a text that was cut', 'reasoning and a text', 'two calls'];
    test.each(answers.filter(([what]) => expressible.includes(what)))(
      'says what its JSON would have said: %s',
      async (_what, what, fields) => {
        const [collected, whole] = await both(dialect, what, { ...fields, max_tokens: 99 });
        expect(withoutIds(collected)).toEqual(withoutIds(whole));
      },
    );
  });
});

const ask = (gateway: ScriptedGateway, fields: object = {}) =>
  gateway.call('POST', '/v1/chat/completions', { model: 'scripted', messages, ...fields });

const json = (body: object): Script => raw(200, { 'content-type': 'application/json' }, JSON.stringify(body));
const whole = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [
    { index: 0, message: { role: 'assistant', content: 'As one.', refusal: null, annotations }, finish_reason: 'stop' },
  ],
  usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
};

describe('an upstream that is asked for a stream', () => {
  test('and answers JSON is read as what it is, byte for byte', async () => {
    const gateway = await scripted({ provider: 'collect_streams: true' });
    gateway.upstream.reply(json({ ...whole, x_exact: 12345678901234567000 }));
    const response = await ask(gateway);
    expect(await response.json()).toEqual({ ...whole, x_exact: 12345678901234567000, model: 'scripted' });
  });

  test.each([
    [
      400,
      {
        message: 'Your organization must be verified to stream this model.',
        param: 'stream',
        code: 'unsupported_value',
      },
    ],
    [422, { message: 'streaming is not supported' }],
    [400, { message: 'The model is unsupported for streaming.', type: 'ValidationException' }],
    [400, { message: 'Unrecognized request argument supplied: stream_options', param: null }],
  ])('and refuses with %i %j is asked for JSON, and from then on at once', async (status, error) => {
    const gateway = await scripted({ provider: 'collect_streams: true' });
    const refuse: Script = (exchange) =>
      exchange.request.asked.stream ? exchange.sendJson(status, { error }) : json(whole)(exchange);
    gateway.upstream.on('test-model', refuse);
    for (let i = 0; i < 2; i++) expect((await (await ask(gateway)).json()).choices[0].message.content).toBe('As one.');
    expect(gateway.upstream.chats.map(({ asked }) => asked.stream)).toEqual([true, false, false]);
  });

  test('and counts only its JSON answers is asked for those from then on', async () => {
    const gateway = await scripted({ provider: 'collect_streams: true' });
    const counts: Script = (exchange) =>
      say('Hi.', { tellUsage: exchange.request.asked.stream ? 'never' : 'always' })(exchange);
    gateway.upstream.on('test-model', counts);
    await ask(gateway);
    expect((await (await ask(gateway)).json()).usage.completion_tokens).toBeGreaterThan(0);
    expect(gateway.upstream.chats.map(({ asked }) => asked.stream)).toEqual([true, false]);
  });

  test('and never counts is asked for a stream again', async () => {
    const gateway = await scripted({ provider: 'collect_streams: true' });
    gateway.upstream.on('test-model', say('Hi.', { tellUsage: 'never' }));
    for (let i = 0; i < 4; i++) await ask(gateway);
    expect(gateway.upstream.chats.map(({ asked }) => asked.stream)).toEqual([true, false, true, true]);
  });

  test('is asked for JSON where a stream could not hold the answer', async () => {
    const gateway = await scripted({ provider: 'collect_streams: true' });
    await ask(gateway, { prompt_logprobs: 1 });
    expect(gateway.upstream.chats[0]?.asked.stream).toBe(false);
  });

  test('and breaks off does not give half an answer', async () => {
    const gateway = await scripted({ provider: 'collect_streams: true' });
    gateway.upstream.reply(say('One two three.', { cut: { tokens: 2, how: 'end' } }));
    const response = await ask(gateway);
    expect(response.status).toBe(502);
    expect((await response.json()).error.code).toBe('upstream_broken');
  });

  test('for a legacy completion gives all of it', async () => {
    const gateway = await scripted({ provider: 'collect_streams: true' });
    const head = { id: 'cmpl-1', object: 'text_completion', created: 1, model: 'm', system_fingerprint: 'fp' };
    const piece = (text: string, at: number, reason: string | null) => ({
      ...head,
      choices: [
        {
          index: 0,
          text,
          finish_reason: reason,
          logprobs: { tokens: [text], text_offset: [at], token_logprobs: [-1] },
        },
      ],
    });
    const events = [
      piece('One', 0, null),
      piece(' two', 3, 'stop'),
      { ...head, choices: [], usage: { prompt_tokens: 2, completion_tokens: 2, total_tokens: 4 } },
    ];
    const wire = [...events.map((event) => JSON.stringify(event)), '[DONE]'].map((data) => `data: ${data}\n\n`);
    gateway.upstream.at('/v1/completions', raw(200, { 'content-type': 'text/event-stream' }, wire.join('')));
    const response = await gateway.call('POST', '/v1/completions', {
      model: 'scripted',
      prompt: 'Count.',
      logprobs: 1,
    });
    expect(await response.json()).toEqual({
      ...head,
      model: 'scripted',
      choices: [
        {
          index: 0,
          text: 'One two',
          finish_reason: 'stop',
          logprobs: { tokens: ['One', ' two'], text_offset: [0, 3], token_logprobs: [-1, -1] },
        },
      ],
      usage: { prompt_tokens: 2, completion_tokens: 2, total_tokens: 4 },
    });
  });
});

describe('the first token of a JSON answer', () => {
  const limited = 'timeouts: { first_token_seconds: 1 }';

  test('is what first_token_seconds measures: a long answer that began in time is whole', async () => {
    const gateway = await scripted({ fields: limited });
    const { script, gate } = gated(['One', ' two', ' three.']);
    gateway.upstream.reply(script);
    const response = ask(gateway);
    gate.release();
    await gate.reached();
    // Longer than the limit: it must not count for what comes after the first token.
    await new Promise((resolve) => setTimeout(resolve, 1600));
    gate.open();
    expect((await (await response).json()).choices[0].message.content).toBe('One two three.');
  });

  test.each(['vllm', 'anthropic', 'gemini', 'openai-responses'] as const)(
    'that does not come is upstream_timeout, whatever else %s sends',
    async (dialect) => {
      const kind = dialect === 'vllm' ? 'openai-compatible' : dialect;
      const gateway = await scripted({ kind, fields: limited, upstream: { dialect } });
      const gate = createGate();
      gateway.upstream.reply(think('Hm', 'Never.', { gate, comments: true }));
      const response = await ask(gateway);
      expect(response.status).toBe(504);
      expect((await response.json()).error.code).toBe('upstream_timeout');
      await gateway.upstream.waitFor(({ open }) => open === 0);
    },
  );

  test('has its time in the usage', async () => {
    const gateway = await scripted({ provider: 'collect_streams: true' });
    const { script, gate } = gated(['One', ' two.']);
    gateway.upstream.reply(script);
    const response = ask(gateway);
    gate.release();
    await gate.reached();
    await new Promise((resolve) => setTimeout(resolve, 300));
    gate.open();
    await response;
    const { items } = await (await gateway.call('GET', '/api/usage/requests')).json();
    expect(items[0].latency_ms - items[0].first_token_ms).toBeGreaterThanOrEqual(250);
  });
});

test('llama.cpp is asked for a stream, so that a JSON client that leaves frees its slot', async () => {
  const gateway = await scripted({ provider: 'preset: llamacpp', upstream: { dialect: 'llamacpp' } });
  const { script, gate } = gated(['One', ' two']);
  gateway.upstream.reply(script);
  const client = new AbortController();
  const response = fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer test-bearer-0123456789', 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'scripted', messages }),
    signal: client.signal,
  }).catch(() => null);
  gate.release();
  await gate.reached();
  expect(gateway.upstream.chats[0]?.asked.stream).toBe(true);
  client.abort();
  await response;
  await gateway.upstream.waitFor(({ open }) => open === 0, 'the upstream to be left');
});
