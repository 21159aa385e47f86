import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CreatedKey } from '../../contracts/keys/key.ts';
import { type AccountsGateway, ask, CHAT, startAccounts } from '../support/start-accounts.ts';
import { say, think } from '../support/upstream/scripts/answers.ts';

let gateway: AccountsGateway;
beforeAll(async () => {
  gateway = await startAccounts({ RESERVE_TOKENS: '100', RATE_LIMIT_PER_SECOND: '0' });
});
afterAll(() => gateway.close());

/** What the one request of a key was charged, in micro-USD, and the row of its usage. */
async function paid(key: CreatedKey) {
  await expect.poll(async () => (await gateway.walletOf(key)).held_usd).toBe(0);
  const { balance_usd } = await gateway.walletOf(key);
  const { items } = await (await gateway.call('GET', `/api/usage/requests?key_id=${key.id}`)).json();
  expect(items).toHaveLength(1);
  expect(items[0].cost_usd).toBeCloseTo(1 - balance_usd, 9);
  return { micro: Math.round((1 - balance_usd) * 1e6), row: items[0] };
}

const long = Array.from({ length: 500 }, () => ' word');

describe.each([
  ['JSON', false],
  ['a stream', true],
])('an answer that is longer than the request says, in %s', (_, stream) => {
  test.each([
    ['a length that most servers pass over', { max_tokens: undefined, n_predict: 1 }],
    ['another one', { max_tokens: undefined, min_tokens: 1 }],
    ['a length of less than a token', { max_tokens: undefined, n_predict: 0.001 }],
    ['a length that the upstream does not hold to', { max_tokens: 1 }],
  ])('is paid for as long as it is: %s', async (_name, fields) => {
    const key = await gateway.createKey({ credit_usd: 1 });
    gateway.upstream.reply(say(long, { usage: { prompt: 10, completion: 500 }, tellUsage: 'always' }));
    const response = await gateway.as(key)('POST', CHAT, ask('cheap', { stream, ...fields }));
    expect(response.status).toBe(200);
    await response.text();
    const { micro, row } = await paid(key);
    expect(row.completion_tokens).toBeGreaterThanOrEqual(500);
    expect(micro).toBeGreaterThanOrEqual(510);
  });

  test('of reasoning that a server counts beside the length is paid for', async () => {
    const key = await gateway.createKey({ credit_usd: 1 });
    gateway.upstream.reply(
      think('thought '.repeat(400), 'Yes.', { usage: { prompt: 10, completion: 402 }, tellUsage: 'always' }),
    );
    await (await gateway.as(key)('POST', CHAT, ask('cheap', { stream, max_tokens: 2 }))).text();
    expect((await paid(key)).micro).toBeGreaterThanOrEqual(410);
  });

  test('of a predicted output that was rejected is paid for', async () => {
    const key = await gateway.createKey({ credit_usd: 1 });
    const prediction = { type: 'content', content: 'word '.repeat(800) };
    gateway.upstream.reply(say('Yes.', { usage: { prompt: 10, completion: 801 }, tellUsage: 'always' }));
    await (await gateway.as(key)('POST', CHAT, ask('cheap', { stream, max_tokens: 1, prediction }))).text();
    const { row } = await paid(key);
    expect([row.completion_tokens, row.estimated]).toEqual([801, false]);
  });
});

test('counts that no column could hold are stored as what they can be', async () => {
  const key = await gateway.createKey({ credit_usd: 1 });
  gateway.upstream.reply((exchange) => {
    const usage = {
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 15,
      prompt_tokens_details: { cached_tokens: 1e15, cache_write_tokens: 1e15 },
      completion_tokens_details: { reasoning_tokens: 1e15 },
    };
    const choices = [{ index: 0, message: { role: 'assistant', content: 'Yes.' }, finish_reason: 'stop' }];
    const body = { id: 'x', object: 'chat.completion', created: 1, model: 'm', usage, choices };
    exchange.send(200, { 'content-type': 'application/json' }, JSON.stringify(body));
  });
  expect((await gateway.as(key)('POST', CHAT, ask('cheap'))).status).toBe(200);
  const { row } = await paid(key);
  expect(row).toMatchObject({ prompt_tokens: 10, cached_tokens: 10, cache_write_tokens: 10, reasoning_tokens: 5 });
});
