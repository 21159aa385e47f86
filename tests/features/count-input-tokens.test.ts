import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { bearer } from '../support/start-gateway.ts';
import { type ScriptedGateway, type ScriptedOptions, startScripted } from '../support/start-scripted.ts';
import type { Script } from '../support/upstream/exchange.ts';

const model = 'scripted';
const json =
  (body: object): Script =>
  (exchange) =>
    exchange.sendJson(200, body);
const gone: Script = (exchange) => exchange.sendJson(404, { error: { message: 'Not Found' } });

interface Row {
  readonly options: ScriptedOptions;
  /** Where it is asked, and what it answers; the last answer holds the count. */
  readonly counts: readonly (readonly [path: string, answer: object])[];
}

const rows: readonly (readonly [string, Row])[] = [
  ['vLLM', { options: { provider: 'preset: vllm' }, counts: [['/tokenize', { count: 4711, max_model_len: 8192 }]] }],
  [
    'llama.cpp',
    {
      options: { provider: 'preset: llamacpp', upstream: { dialect: 'llamacpp' } },
      counts: [
        ['/apply-template', { prompt: '<|user|>Hi' }],
        ['/tokenize', { tokens: Array.from({ length: 4711 }, (_, i) => i) }],
      ],
    },
  ],
  [
    'Anthropic',
    {
      options: { kind: 'anthropic', upstream: { dialect: 'anthropic' } },
      counts: [['/v1/messages/count_tokens', { input_tokens: 4711 }]],
    },
  ],
  [
    'Gemini',
    {
      options: { kind: 'gemini', upstream: { dialect: 'gemini' } },
      counts: [['/v1beta/models/test-model:countTokens', { totalTokens: 4711 }]],
    },
  ],
  [
    'OpenAI',
    {
      options: { kind: 'openai-responses', upstream: { dialect: 'openai-responses' } },
      counts: [['/v1/responses/input_tokens', { object: 'response.input_tokens', input_tokens: 4711 }]],
    },
  ],
];

describe.each(rows)('input tokens over %s', (_name, { options, counts }) => {
  let gateway: ScriptedGateway;
  let client: OpenAI;
  beforeAll(async () => {
    gateway = await startScripted(options);
    client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: bearer, maxRetries: 0, timeout: 60_000 });
  });
  afterAll(() => gateway.close());

  const question = () => gateway.upstream.requests.findLast(({ path }) => path === counts[0]?.[0]);

  test('are counted by the upstream, with the instructions and the tools', async () => {
    for (const [path, answer] of counts) gateway.upstream.at(path, json(answer));
    const counted = await client.responses.inputTokens.count({
      model,
      input: 'How warm is Rome?',
      instructions: 'Be brief.',
      tools: [{ type: 'function', name: 'get_weather', parameters: { type: 'object' }, strict: false }],
    });
    expect(counted).toEqual({ object: 'response.input_tokens', input_tokens: 4711 });
    const asked = question()?.body.toString();
    for (const word of ['How warm is Rome?', 'Be brief.', 'get_weather']) expect(asked).toContain(word);
    for (const word of ['max_tokens', 'max_output_tokens', '"stream"', '"store"']) expect(asked).not.toContain(word);
    expect(gateway.upstream.chats).toEqual([]);
  });

  test('are estimated when the upstream cannot tell, or says nonsense', async () => {
    for (const script of [gone, json({}), json({ count: -1, input_tokens: 'many', totalTokens: 1.5, tokens: 7 })]) {
      gateway.upstream.at(counts[0]?.[0] ?? '', script);
      const { input_tokens: tokens } = await client.responses.inputTokens.count({ model, input: 'word '.repeat(700) });
      expect(tokens).toBeGreaterThan(500);
      expect(tokens).toBeLessThan(2000);
    }
  });
});

describe('input tokens', () => {
  let gateway: ScriptedGateway;
  beforeAll(async () => {
    gateway = await startScripted();
  });
  afterAll(() => gateway.close());

  const post = (path: string, fields: object) => gateway.call('POST', path, { model, ...fields });
  const count = async (fields: object) =>
    (await (await post('/v1/responses/input_tokens', fields)).json()).input_tokens;

  test('hold what a response or a conversation before has, and nothing is stored', async () => {
    const long = 'word '.repeat(2000);
    const first = await post('/v1/responses', { input: long });
    const { id } = await first.json();
    const conversation = first.headers.get('x-conversation-id');
    const alone = await count({ input: 'Hi' });
    expect(alone).toBeLessThan(30);
    expect(await count({ input: 'Hi', previous_response_id: id })).toBeGreaterThan(2000);
    expect(await count({ input: 'Hi', conversation })).toBeGreaterThan(2000);
    const { message_count: messages } = await (await gateway.call('GET', `/c1/conversations/${conversation}`)).json();
    expect(messages).toBe(2);
  });

  test.each([
    [{}, 'missing_field', 'input'],
    [{ input: 'x', model: 'nothing' }, 'model_not_in_allowlist', 'model'],
    [{ input: 'x', conversation: 'conv_nothing' }, 'conversation_not_found', 'conversation'],
    [{ input: 'x', previous_response_id: 'resp_x' }, 'response_not_found', 'previous_response_id'],
  ])('of %j are refused', async (fields, code, param) => {
    expect(await errorOf(await post('/v1/responses/input_tokens', fields))).toMatchObject({ code, param });
  });
});
