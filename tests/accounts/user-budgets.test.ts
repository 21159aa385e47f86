import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CreatedKey } from '../../contracts/keys/key.ts';
import { errorOf } from '../support/error-of.ts';
import { runDuplex } from '../support/run-duplex.ts';
import { type AccountsGateway, ask, CHAT, startAccounts } from '../support/start-accounts.ts';
import { bearer } from '../support/start-gateway.ts';
import { say } from '../support/upstream/scripts/answers.ts';

let gateway: AccountsGateway;
let key: CreatedKey;
beforeAll(async () => {
  gateway = await startAccounts({ RESERVE_TOKENS: '100', RATE_LIMIT_PER_SECOND: '0' });
});
afterAll(() => gateway.close());
beforeEach(async () => {
  key = await gateway.createKey({ credit_usd: 10 });
});

const users = () => `/api/wallets/${key.owner}/users`;

async function setBudget(fields: object): Promise<void> {
  const response = await gateway.call('POST', users(), { user_id: 'ann', ...fields });
  expect([response.status, await response.clone().text()]).toEqual([200, expect.any(String)]);
}

const budgetOf = async (user: string) => (await gateway.call('GET', `${users()}/${user}`)).json();

const ways = [
  ['chats', CHAT, ask('cheap', { user: 'ann' }), 'user'],
  ['streams', CHAT, ask('cheap', { user: 'ann', stream: true }), 'user'],
  ['turns', '/c1/chat', { model: 'cheap', message: 'Hi', max_tokens: 100, user_id: 'ann' }, 'user_id'],
  ['messages', '/v1/messages', { ...ask('cheap'), metadata: { user_id: 'ann' } }, 'metadata.user_id'],
  ['responses', '/v1/responses', { model: 'cheap', input: 'Hi', max_output_tokens: 100, user: 'ann' }, 'user'],
  ['completions', '/v1/completions', { model: 'texter', prompt: 'Hi', max_tokens: 100, user: 'ann' }, 'user'],
  ['embeddings', '/v1/embeddings', { model: 'vectors', input: 'Hi '.repeat(50), user: 'ann' }, 'user'],
] as const;

describe.each(ways)('%s', (_name, path, body, param) => {
  test('are refused to an end user whose tokens are used up, with the field that names it', async () => {
    await setBudget({ daily_tokens: 5 });
    const refused = await gateway.as(key)('POST', path, body);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    if (path === '/v1/messages') expect((await refused.json()).error.message).toContain('"ann"');
    else {
      expect(await errorOf(refused)).toMatchObject({
        code: 'budget_exhausted',
        param,
        message: expect.stringContaining('"ann"'),
      });
    }
    expect((await gateway.walletOf(key)).held_usd).toBe(0);
    const others = { ...body, user: 'ben', user_id: undefined, metadata: undefined };
    const served = await gateway.as(key)('POST', path, path === '/c1/chat' ? { ...others, user: undefined } : others);
    expect([served.status, await served.text()]).toEqual([200, expect.any(String)]);
  });
});

test('what an end user uses is counted, and shown to the administrator and to keys of the owner', async () => {
  await setBudget({ daily_budget_usd: 1, monthly_tokens: 1_000_000 });
  gateway.upstream.reply(say('Hello.', { usage: { prompt: 7, completion: 3 } }));
  await (await gateway.as(key)('POST', CHAT, ask('cheap', { user: 'ann' }))).text();
  const expected = {
    owner: key.owner,
    user_id: 'ann',
    daily_budget_usd: 1,
    monthly_budget_usd: null,
    daily_tokens: null,
    monthly_tokens: 1_000_000,
    spent_today_usd: 0.00001,
    spent_this_month_usd: 0.00001,
    tokens_today: 10,
    tokens_this_month: 10,
  };
  expect(await budgetOf('ann')).toEqual(expected);
  expect((await (await gateway.as(key)('GET', users())).json()).items).toEqual([expected]);
  const other = await gateway.createKey();
  expect((await gateway.as(other)('GET', users())).status).toBe(403);
  expect((await gateway.as(key)('POST', users(), { user_id: 'ann' })).status).toBe(403);
});

test('models without a price count against tokens', async () => {
  await setBudget({ daily_tokens: 200 });
  gateway.upstream.reply(say('Hello.', { usage: { prompt: 100, completion: 90 } }));
  expect((await gateway.as(key)('POST', CHAT, ask('free', { user: 'ann' }))).status).toBe(200);
  await expect.poll(async () => (await budgetOf('ann')).tokens_today).toBe(190);
  expect((await gateway.as(key)('POST', CHAT, ask('free', { user: 'ann' }))).status).toBe(429);
  expect((await gateway.as(key)('POST', CHAT, ask('free'))).status).toBe(200);
});

test('a JSON answer is held to the tokens that are left', async () => {
  await setBudget({ daily_tokens: 300 });
  const response = await gateway.as(key)('POST', CHAT, ask('free', { user: 'ann', max_tokens: 100_000 }));
  expect(response.status).toBe(200);
  expect(response.headers.get('x-gateway-applied')).toContain('max_tokens_lowered=');
  const { max_tokens: sent } = JSON.parse(String(gateway.upstream.chats.at(-1)?.body));
  expect(sent).toBeLessThanOrEqual(300);
});

test('a stream ends when the tokens of its user are used up', async () => {
  await setBudget({ daily_tokens: 300 });
  gateway.upstream.reply(
    say(
      Array.from({ length: 2_000 }, () => 'word '),
      { usage: { prompt: 5, completion: 2_000 } },
    ),
  );
  const body = { ...ask('free', { user: 'ann', stream: true }), max_tokens: undefined };
  const text = await (await gateway.as(key)('POST', CHAT, body)).text();
  expect(text).toContain('budget_exhausted');
  await expect.poll(async () => (await budgetOf('ann')).tokens_today).toBeGreaterThan(0);
  expect((await budgetOf('ann')).tokens_today).toBeLessThanOrEqual(300);
});

test('100 requests at once never use more than the budget', async () => {
  await setBudget({ daily_tokens: 2_000 });
  gateway.upstream.on('free-model', say('Hello.', { usage: { prompt: 10, completion: 20 } }));
  const statuses = await Promise.all(
    Array.from({ length: 100 }, async () => {
      const response = await gateway.as(key)('POST', CHAT, ask('free', { user: 'ann' }));
      await response.text();
      return response.status;
    }),
  );
  const served = statuses.filter((status) => status === 200).length;
  expect(served).toBeGreaterThan(0);
  await expect.poll(async () => (await budgetOf('ann')).tokens_today).toBe(served * 30);
  expect(served * 30).toBeLessThanOrEqual(2_000);
});

test('a budget for all holds for each user, until it is removed', async () => {
  await setBudget({ user_id: '*', daily_tokens: 5 });
  for (const user of ['u1', 'u2']) {
    expect((await gateway.as(key)('POST', CHAT, ask('cheap', { user }))).status).toBe(429);
  }
  expect((await gateway.as(key)('POST', CHAT, ask('cheap'))).status).toBe(200);
  expect((await gateway.call('DELETE', `${users()}/*`)).status).toBe(200);
  expect((await gateway.as(key)('POST', CHAT, ask('cheap', { user: 'u1' }))).status).toBe(200);
  const { items } = await (await gateway.call('GET', '/api/audit?limit=2')).json();
  expect(items.map(({ action }: { action: string }) => action)).toEqual(['users.remove_budget', 'users.set_budget']);
});

test('the command line sets, shows, lists and removes budgets', async () => {
  const run = async (...args: string[]) => (await runDuplex(args, { DUPLEX_URL: gateway.url, API_BEARER: bearer })).out;
  await run('users', 'set', key.owner, '--user=ann', '--daily-budget=2', '--monthly-tokens=1000');
  expect(await run('users', 'list', key.owner)).toMatch(/ann +2/);
  expect(await run('users', 'show', key.owner, 'ann')).toContain('1000');
  await run('users', 'remove', key.owner, 'ann');
  expect(await run('users', 'list', key.owner)).not.toContain('ann');
});

test.each([
  [{ user_id: '' }, 'user_id'],
  [{ daily_tokens: -1 }, 'daily_tokens'],
  [{ daily_budget_usd: 'much' }, 'daily_budget_usd'],
])('%o is refused with the field at fault', async (fields, param) => {
  const response = await gateway.call('POST', users(), { user_id: 'ann', ...fields });
  expect([response.status, (await errorOf(response)).param]).toEqual([400, param]);
});
