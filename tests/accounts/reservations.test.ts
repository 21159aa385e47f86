import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CreatedKey } from '../../contracts/keys/key.ts';
import { errorOf } from '../support/error-of.ts';
import { readerOf } from '../support/read-events.ts';
import { type AccountsGateway, ask, CHAT, startAccounts } from '../support/start-accounts.ts';
import { gated, say } from '../support/upstream/scripts/answers.ts';

const TRANCHE = 100;

let gateway: AccountsGateway;
beforeAll(async () => {
  gateway = await startAccounts({ RESERVE_TOKENS: String(TRANCHE), RATE_LIMIT_PER_SECOND: '0' });
});
afterAll(() => gateway.close());

const money = async (key: CreatedKey) => {
  const { balance_usd, held_usd } = await gateway.walletOf(key);
  return { balance: Math.round(balance_usd * 1e6), held: Math.round(held_usd * 1e6) };
};

const rowsOf = async (key: CreatedKey) =>
  (await (await gateway.call('GET', `/api/usage/requests?key_id=${key.id}`)).json()).items;

/** 20,000 tokens, of which a token of `cheap` costs a micro-USD. */
const big = 'word '.repeat(16_000);
/** As much text, as the names of many fields. */
const longNames = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`${i} ${'word '.repeat(800)}`, 1]));
const hi = [{ role: 'user', content: 'Hi' }];
const file = {
  type: 'file',
  file: { filename: 'a.txt', file_data: `data:text/plain;base64,${Buffer.from(big).toString('base64')}` },
};

describe('a prompt is reserved wherever it stands', () => {
  test.each([
    ['functions', CHAT, { functions: [{ name: 'f', description: big }] }],
    ['prediction', CHAT, { prediction: { type: 'content', content: big } }],
    ['guided_json', CHAT, { guided_json: { type: 'object', description: big } }],
    ['chat_template_kwargs', CHAT, { chat_template_kwargs: { note: big } }],
    ['documents', CHAT, { documents: [{ text: big }] }],
    ['a key of a field', CHAT, { tools: [{ type: 'function', function: { name: 'f', parameters: longNames } }] }],
    ['a refusal', CHAT, { messages: [{ role: 'assistant', content: null, refusal: big }, ...hi] }],
    ['a name', CHAT, { messages: [{ role: 'user', content: 'Hi', name: big }] }],
    ['a file', CHAT, { messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }, file] }] }],
    ['an unknown field', CHAT, { some_field: { nested: [[{ deep: big }]] } }],
    ['an unknown field of a turn', '/c1/chat', { message: 'Hi', messages: undefined, some_field: [big] }],
    ['system prompts', '/c1/chat', { message: 'Hi', messages: undefined, system_prompt: big }],
  ])('%s', async (_where, path, extra) => {
    const key = await gateway.createKey({ credit_usd: 0.01 });
    const seen = gateway.upstream.chats.length;
    const body = { model: 'cheap', max_tokens: 1, messages: hi, ...extra };
    expect((await errorOf(await gateway.as(key)('POST', path, body))).code).toBe('insufficient_balance');
    expect(gateway.upstream.chats).toHaveLength(seen);
    expect(await money(key)).toEqual({ balance: 10_000, held: 0 });
  });

  test.each([
    ['instructions of a response', '/v1/responses', { model: 'cheap', input: 'Hi', instructions: big }],
    ['a system of messages', '/v1/messages', { model: 'cheap', max_tokens: 1, messages: hi, system: big }],
    ['a suffix of a completion', '/v1/completions', { model: 'texter', prompt: 'Hi', suffix: big, max_tokens: 1 }],
    ['tokens of a completion', '/v1/completions', { model: 'texter', prompt: Array(20_000).fill(1), max_tokens: 1 }],
    ['many prompts', '/v1/completions', { model: 'texter', prompt: Array(500).fill('Hi'), max_tokens: 100 }],
    ['best_of', '/v1/completions', { model: 'texter', prompt: 'Hi', best_of: 50, max_tokens: 100 }],
    ['tokens of embeddings', '/v1/embeddings', { model: 'vectors', input: Array(20_000).fill(7) }],
    ['an unknown field of embeddings', '/v1/embeddings', { model: 'vectors', input: 'Hi', instruction: big }],
    ['many pictures', '/v1/images/generations', { model: 'painter', prompt: 'Cat', n: 5 }],
  ])('%s', async (_where, path, body) => {
    const key = await gateway.createKey({ credit_usd: 0.01 });
    const seen = gateway.upstream.requests.length;
    const response = await gateway.as(key)('POST', path, body);
    expect([response.status, await response.text()]).toEqual([402, expect.stringContaining('insufficient_balance')]);
    expect(gateway.upstream.requests).toHaveLength(seen);
  });

  test('and the history of a conversation counts with each turn', async () => {
    const key = await gateway.createKey({ credit_usd: 0.022 });
    gateway.upstream.reply(say('Yes.', { usage: { prompt: 1, completion: 1 } }));
    const first = await gateway.as(key)('POST', '/c1/chat', { model: 'cheap', message: big, max_tokens: 1 });
    expect(first.status).toBe(200);
    await gateway.call('POST', `/api/wallets/${key.owner}/entries`, { amount_usd: -0.012, reason: 'test' });
    const conversation_id = first.headers.get('x-conversation-id');
    const turn = { model: 'cheap', message: 'And?', max_tokens: 1, conversation_id };
    expect((await errorOf(await gateway.as(key)('POST', '/c1/chat', turn))).code).toBe('insufficient_balance');
  });

  test('but a picture counts as one, not as its base64', async () => {
    const key = await gateway.createKey({ credit_usd: 0.05 });
    const url = `data:image/png;base64,${Buffer.alloc(300_000, 1).toString('base64')}`;
    const body = {
      model: 'painter',
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }],
    };
    expect((await gateway.as(key)('POST', CHAT, body)).status).toBe(200);
  });
});

test('a refusal for want of money says how much there is, how much is reserved and how much is needed', async () => {
  const key = await gateway.createKey({ credit_usd: 0.3 });
  const { script, gate } = gated(['One', ' two']);
  gateway.upstream.reply(script);
  gate.release(1);
  const response = await gateway.as(key)('POST', CHAT, ask('dear', { max_tokens: 100, stream: true }));
  const { held } = await money(key);
  const { message } = await errorOf(await gateway.as(key)('POST', CHAT, ask('dear', { n: 128, max_tokens: 100 })));
  const [, balance, reserved, needed] =
    /^The wallet has a balance of \$([\d.]+), of which \$([\d.]+) is reserved; this request needs up to \$([\d.]+)\.$/.exec(
      message,
    ) ?? [];
  expect([balance, Number(reserved)]).toEqual(['0.30', held / 1e6]);
  expect(Number(needed)).toBeGreaterThan((128 * 100 * 30) / 1e6);
  expect(reserved).toMatch(/^\d+\.\d{2,6}$/);
  gate.open();
  await response.text();
});

describe('a stream that asks for a long answer', () => {
  const long = { max_tokens: 32_000, stream: true };
  const surfaces = [
    [CHAT, { model: 'dear', messages: hi, ...long }],
    ['/c1/chat', { model: 'dear', message: 'Hi', ...long }],
    ['/v1/messages', { model: 'dear', messages: hi, ...long }],
    ['/v1/responses', { model: 'dear', input: 'Hi', max_output_tokens: 32_000, stream: true }],
  ] as const;

  test.each(surfaces)('by %s reserves a tranche, and more while it comes', async (path, body) => {
    const key = await gateway.createKey({ credit_usd: 0.05 });
    const { script, gate } = gated(Array.from({ length: 300 }, () => ' word'));
    gateway.upstream.reply(script);
    // The headers come with the first token.
    gate.release(1);
    const response = await gateway.as(key)('POST', path, body);
    expect(response.status).toBe(200);
    const first = await money(key);
    // All of it would be 960,000.
    expect(first.held).toBeGreaterThan(TRANCHE * 30);
    expect(first.held).toBeLessThan(TRANCHE * 30 + 3_000);
    gate.release(250);
    await expect.poll(async () => (await money(key)).held).toBeGreaterThan(2 * TRANCHE * 30);
    gate.open();
    await response.text();
    await expect.poll(async () => (await money(key)).held).toBe(0);
    const [row] = await rowsOf(key);
    const { balance } = await money(key);
    expect(row).toMatchObject({ outcome: 'ok', cost_usd: (50_000 - balance) / 1e6 });
  });

  test.each(surfaces)('by %s ends with insufficient_balance when the money is used up', async (path, body) => {
    const key = await gateway.createKey({ credit_usd: 0.01 });
    gateway.upstream.reply(say(Array.from({ length: 2_000 }, () => ' word')));
    const response = await gateway.as(key)('POST', path, body);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('insufficient_balance');
    await expect.poll(async () => (await money(key)).held).toBe(0);
    const { balance } = await money(key);
    expect(balance).toBeGreaterThanOrEqual(0);
    expect(balance).toBeLessThan(1_500);
    const [row] = await rowsOf(key);
    expect(row).toMatchObject({ outcome: 'insufficient_balance', cost_usd: (10_000 - balance) / 1e6 });
  });

  test('ends with budget_exhausted when the budget of the key is used up', async () => {
    const key = await gateway.createKey({ credit_usd: 1, daily_budget_usd: 0.01 });
    gateway.upstream.reply(say(Array.from({ length: 2_000 }, () => ' word')));
    const response = await gateway.as(key)('POST', CHAT, { model: 'dear', messages: hi, ...long });
    expect(await response.text()).toMatch(/budget_exhausted.*Of the daily budget of this key of \$0\.01/s);
    await expect.poll(async () => (await money(key)).held).toBe(0);
    expect((await money(key)).balance).toBeGreaterThanOrEqual(990_000);
  });

  test('of which twenty come at once never overdraws their wallet', async () => {
    const key = await gateway.createKey({ credit_usd: 0.1 });
    gateway.upstream.on('dear-model', say(Array.from({ length: 600 }, () => ' word')));
    const send = gateway.as(key);
    const responses = await Promise.all(
      Array.from({ length: 20 }, () => send('POST', CHAT, { model: 'dear', messages: hi, ...long })),
    );
    const texts = await Promise.all(responses.map((response) => response.text()));
    gateway.upstream.on('dear-model', say('Hello.'));
    await expect.poll(async () => (await money(key)).held).toBe(0);
    const { balance } = await money(key);
    expect(balance).toBeGreaterThanOrEqual(0);
    expect(texts.some((text) => text.includes('insufficient_balance'))).toBe(true);
    const rows: { cost_usd: number }[] = await rowsOf(key);
    const spent = rows.reduce((sum, row) => sum + Math.round(row.cost_usd * 1e6), 0);
    expect(spent).toBe(100_000 - balance);
  });

  test('takes its tokens from the minute as they come, and is not cut off for them', async () => {
    const key = await gateway.createKey({ tokens_per_minute: 400 });
    gateway.upstream.reply(say(Array.from({ length: 1_000 }, () => ' word')));
    const response = await gateway.as(key)('POST', CHAT, { model: 'free', messages: hi, ...long });
    expect(Number(response.headers.get('x-ratelimit-remaining-tokens'))).toBeGreaterThan(200);
    expect(await response.text()).toContain('[DONE]');
    expect((await gateway.as(key)('POST', CHAT, ask('free'))).status).toBe(429);
  });
});

describe('a JSON answer that asks for a long answer', () => {
  const sent = () => JSON.stringify(gateway.upstream.chats.at(-1)?.json ?? {});

  test('is asked for as it is when the wallet can spare the money', async () => {
    const key = await gateway.createKey({ credit_usd: 3 });
    const response = await gateway.as(key)('POST', CHAT, ask('dear', { max_tokens: 32_000 }));
    expect([response.status, response.headers.get('x-gateway-applied')]).toEqual([200, null]);
    expect(sent()).toContain('"max_tokens":32000');
  });

  test.each([
    ['max_tokens', { max_tokens: 32_000 }],
    ['max_completion_tokens', { max_tokens: undefined, max_completion_tokens: 32_000 }],
    ['n_predict', { max_tokens: 1, n_predict: 32_000 }],
    ['n_predict without an end', { max_tokens: 1, n_predict: -1 }],
    ['no length', { max_tokens: undefined }],
  ])('by %s is held to what the wallet can spare', async (_name, fields) => {
    const key = await gateway.createKey({ credit_usd: 0.02 });
    const response = await gateway.as(key)('POST', CHAT, ask('dear', fields));
    expect(response.status).toBe(200);
    const [, limit] = /max_tokens_lowered=(\d+)/.exec(response.headers.get('x-gateway-applied') ?? '') ?? [];
    expect(Number(limit)).toBeGreaterThanOrEqual(TRANCHE);
    // Half of the wallet, less the prompt and the request.
    expect(Number(limit) * 30).toBeLessThanOrEqual(10_000);
    const { max_tokens, max_completion_tokens, n_predict } = JSON.parse(sent());
    const lengths = [max_tokens, max_completion_tokens, n_predict].filter((length) => typeof length === 'number');
    expect(lengths.length).toBeGreaterThan(0);
    for (const length of lengths) {
      expect(length).toBeGreaterThan(0);
      expect(length).toBeLessThanOrEqual(Number(limit));
    }
  });

  test('twenty at once never use more than there is', async () => {
    const key = await gateway.createKey({ credit_usd: 0.1 });
    gateway.upstream.on('dear-model', async (exchange) => {
      const { max_tokens } = JSON.parse(JSON.stringify(exchange.request.json));
      await say('Long.', { usage: { prompt: 10, completion: max_tokens } })(exchange);
    });
    const send = gateway.as(key);
    const statuses = await Promise.all(
      Array.from({ length: 20 }, async () => (await send('POST', CHAT, ask('dear', { max_tokens: 32_000 }))).status),
    );
    gateway.upstream.on('dear-model', say('Hello.'));
    await expect.poll(async () => (await money(key)).held).toBe(0);
    const rows: { cost_usd: number; prompt_tokens: number; completion_tokens: number }[] = await rowsOf(key);
    const used = rows.reduce((sum, row) => sum + row.prompt_tokens * 10 + row.completion_tokens * 30 + 1_000, 0);
    const { balance } = await money(key);
    expect(statuses.filter((status) => status === 200).length).toBe(rows.length);
    expect(rows.length).toBeGreaterThan(1);
    // What was served is what was paid.
    expect(used).toBe(100_000 - balance);
    expect(balance).toBeGreaterThanOrEqual(0);
  });
});

test('a stream whose client leaves amid the growth of its reservation pays for what came', async () => {
  const key = await gateway.createKey({ credit_usd: 0.05 });
  const { script, gate } = gated(Array.from({ length: 400 }, () => ' word'));
  gateway.upstream.reply(script);
  gate.release(150);
  const leaving = new AbortController();
  const response = await fetch(gateway.url + CHAT, {
    method: 'POST',
    headers: { authorization: `Bearer ${key.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'dear', messages: hi, max_tokens: 32_000, stream: true }),
    signal: leaving.signal,
  });
  await readerOf(response).until('word');
  leaving.abort();
  await expect.poll(async () => (await money(key)).held).toBe(0);
  const [row] = await rowsOf(key);
  expect(row).toMatchObject({ outcome: 'cancelled', estimated: true });
  expect((await money(key)).balance).toBe(50_000 - Math.round(row.cost_usd * 1e6));
});
