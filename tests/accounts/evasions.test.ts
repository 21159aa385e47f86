import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { type AccountsGateway, ask, CHAT, startAccounts } from '../support/start-accounts.ts';
import { startGateway } from '../support/start-gateway.ts';
import { gated, say } from '../support/upstream/scripts/answers.ts';
import { startUpstream } from '../support/upstream/start-upstream.ts';

let gateway: AccountsGateway;
beforeAll(async () => {
  gateway = await startAccounts();
});
afterAll(() => gateway.close());

const poor = () => gateway.createKey({ credit_usd: 0.005 });
const held = async (key: { owner: string }) => Math.round((await gateway.walletOf(key)).held_usd * 1e6);

describe('a request that would make its own reservation small', () => {
  test('by naming the longest answer twice is held for the longer one', async () => {
    const send = gateway.as(await poor());
    const body = ask('dear', { max_tokens: 20_000, max_completion_tokens: 1 });
    expect((await errorOf(await send('POST', CHAT, body))).code).toBe('insufficient_balance');
  });

  test.each(['max_tokens', 'max_completion_tokens', 'n'])("by chat's '%s' in a response is refused", async (field) => {
    const send = gateway.as(await poor());
    const body = { model: 'dear', input: 'Hi', max_output_tokens: 5_000, [field]: 1 };
    expect(await errorOf(await send('POST', '/v1/responses', body))).toMatchObject({
      code: 'invalid_field',
      param: field,
    });
  });

  test('by many prompts in one is held for each of them', async () => {
    const send = gateway.as(await poor());
    const body = { model: 'texter', prompt: Array.from({ length: 100 }, () => 'Hi'), max_tokens: 100 };
    expect((await errorOf(await send('POST', '/v1/completions', body))).code).toBe('insufficient_balance');
  });

  test('by a count of answers that is a text is refused', async () => {
    const send = gateway.as(await poor());
    const body = { model: 'dear', message: 'Hi', n: '128' };
    expect(await errorOf(await send('POST', '/c1/chat', body))).toMatchObject({ code: 'invalid_field', param: 'n' });
  });

  test.each([
    ['best_of', '100'],
    ['n_cmpl', 100],
    ['num_return_sequences', 100],
    ['beam_width', 100],
    ['sampling_params', { n: 100 }],
    ['extra_body', { best_of: 100 }],
  ])("by a count of answers that one server knows as '%s' is held for each of them", async (name, count) => {
    const send = gateway.as(await poor());
    const before = gateway.upstream.requests.length;
    const body = ask('local', { [name]: count });
    expect((await errorOf(await send('POST', CHAT, body))).code).toBe('insufficient_balance');
    expect(gateway.upstream.requests.length).toBe(before);
  });

  test.each([
    ['by its name', 'a.txt', 'image/png', 'iVBORw0KGgo='],
    ['by its name, beside a PDF', 'a.txt', 'application/pdf', 'JVBERi0x'],
    ['by what is in it', undefined, 'image/png', ''],
    ['by what is in it, beside a sound', 'a.wav', 'audio/wav', ''],
  ])('with a text that is declared to be a medium is held for its words: %s', async (_how, filename, type, head) => {
    const send = gateway.as(await poor());
    const text = Buffer.from(head, 'base64').toString('latin1') + 'word '.repeat(20_000);
    const file_data = `data:${type};base64,${Buffer.from(text, 'latin1').toString('base64')}`;
    const content = [{ type: 'file', file: { filename, file_data } }];
    const body = ask('local', { messages: [{ role: 'user', content }] });
    expect((await errorOf(await send('POST', CHAT, body))).code).toBe('insufficient_balance');
  });

  test('with a schema or a file of many bytes is held for them', async () => {
    const send = gateway.as(await poor());
    const schema = { type: 'json_schema', json_schema: { name: 'x', schema: { description: 'x'.repeat(30_000) } } };
    expect((await errorOf(await send('POST', CHAT, ask('dear', { response_format: schema })))).code).toBe(
      'insufficient_balance',
    );
  });
});

test('a client that leaves a stream of long pieces pays for what it got', async () => {
  const key = await gateway.createKey({ credit_usd: 1 });
  const long = 'x'.repeat(4_000);
  const { script, gate } = gated([long, long, 'never']);
  gateway.upstream.reply(script);
  gate.release(2);
  const stop = new AbortController();
  const response = await fetch(gateway.url + CHAT, {
    method: 'POST',
    headers: { authorization: `Bearer ${key.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(ask('dear', { stream: true, max_tokens: 5_000 })),
    signal: stop.signal,
  });
  const reader = response.body?.getReader();
  for (let size = 0; size < 8_000; ) size += (await reader?.read())?.value?.length ?? 8_000;
  stop.abort();
  await expect.poll(() => held(key), { interval: 20 }).toBe(0);
  const { balance_usd } = await gateway.walletOf(key);
  // Two pieces of a thousand tokens at 30 micro-USD, and the rest.
  expect(1 - balance_usd).toBeGreaterThan(0.06);
});

describe('what would go around a key’s models and prices', () => {
  test.each([
    ['models', ['openai/o1-pro']],
    ['plugins', [{ id: 'web' }]],
    ['route', 'fallback'],
    ['provider', { order: ['dearest'] }],
  ])("is refused to it as '%s', and passes for the administrator", async (field, value) => {
    const send = gateway.as(await gateway.createKey({ credit_usd: 1 }));
    expect(await errorOf(await send('POST', CHAT, ask('cheap', { [field]: value })))).toMatchObject({
      code: 'invalid_field',
      param: field,
    });
    gateway.upstream.reply(say('Yes.'));
    expect((await gateway.call('POST', CHAT, ask('cheap', { [field]: value }))).status).toBe(200);
    expect(gateway.upstream.chats.at(-1)?.json).toMatchObject({ [field]: value });
  });

  test("is refused to it as a vendor's own tool", async () => {
    const send = gateway.as(await gateway.createKey({ credit_usd: 1 }));
    const body = ask('cheap', { tools: [{ type: 'web_search' }] });
    expect(await errorOf(await send('POST', CHAT, body))).toMatchObject({ param: 'tools[0].type' });
  });
});

test('a tool of OpenAI’s own that an agent always offers is left out of a key’s response, and said', async () => {
  const upstream = await startUpstream({ dialect: 'openai-responses' });
  const openAi = await startGateway({
    models: `providers: { up: { kind: openai-responses, base_url: "${upstream.url}" } }
models:
  - { alias: plain, backends: [{ provider: up, model: m }] }
  - { alias: hosted, hosted_tools: true, backends: [{ provider: up, model: m }] }
`,
  });
  const { key } = await (await openAi.call('POST', '/api/keys', { name: 'test' })).json();
  const ask = (model: string) =>
    openAi.call(
      'POST',
      '/v1/responses',
      { model, input: 'Hi', store: false, tools: [{ type: 'web_search' }] },
      { authorization: `Bearer ${key}` },
    );
  const plain = await ask('plain');
  expect(plain.status).toBe(200);
  expect(plain.headers.get('x-gateway-applied')).toContain('web_search');
  expect(upstream.chats.at(-1)?.body.toString()).not.toContain('web_search');
  expect((await ask('hosted')).status).toBe(200);
  expect(upstream.chats.at(-1)?.json).toMatchObject({ tools: [{ type: 'web_search' }] });
  await openAi.close();
  await upstream.close();
});

test('a response in the background that is not let in says so, and leaves nothing', async () => {
  const key = await gateway.createKey({ credit_usd: 0.001 });
  const send = gateway.as(key);
  const body = { model: 'dear', input: 'Hi', max_output_tokens: 5_000, background: true };
  expect((await errorOf(await send('POST', '/v1/responses', body))).code).toBe('insufficient_balance');
  expect((await (await send('GET', '/c1/conversations')).json()).items).toEqual([]);
});

test('each call of a batch is a request of its own', async () => {
  const key = await gateway.createKey({ credit_usd: 1 });
  const calls = Object.fromEntries([0, 1, 2].map((i) => [i, { model: 'cheap', message: 'Hi', max_tokens: 10 }]));
  const path = '/trpc/c1.chat.create,c1.chat.create,c1.chat.create?batch=1';
  expect((await gateway.as(key)('POST', path, calls)).status).toBe(200);
  await gateway.store.usage.flush();
  const { items } = await (await gateway.call('GET', `/api/usage/requests?key_id=${key.id}`)).json();
  expect(items).toHaveLength(3);
});
