import { afterAll, beforeAll, expect, test } from 'vitest';
import { OwnKey } from '../../contracts/keys/own-key.ts';
import { errorOf } from '../support/error-of.ts';
import { type AccountsGateway, ask, CHAT, startAccounts } from '../support/start-accounts.ts';
import { say } from '../support/upstream/scripts/answers.ts';

let gateway: AccountsGateway;
beforeAll(async () => {
  gateway = await startAccounts();
});
afterAll(() => gateway.close());

test('a key reads its own limits, models, budgets and money', async () => {
  const key = await gateway.createKey({ credit_usd: 1, daily_budget_usd: 0.5, models: ['dear'], owner: 'ada' });
  gateway.upstream.reply(say('Hello.', { usage: { prompt: 600, completion: 100 } }));
  await (await gateway.as(key)('POST', CHAT, ask('dear'))).text();
  const response = await gateway.as(key)('GET', '/api/keys/me');
  const { key: secret, ...shown } = key;
  const own = OwnKey.parse(await response.json());
  expect(own).toEqual({
    ...shown,
    wallet: { owner: 'ada', balance_usd: 0.99, held_usd: 0 },
    spent_today_usd: 0.01,
    spent_this_month_usd: 0.01,
  });
  expect(JSON.stringify(own)).not.toContain(secret);
});

test('a key reads the wallet of its owner, and no other', async () => {
  const [key, other] = [await gateway.createKey({ credit_usd: 2 }), await gateway.createKey({ credit_usd: 3 })];
  const as = gateway.as(key);
  expect(await (await as('GET', `/api/wallets/${key.owner}`)).json()).toMatchObject({ balance_usd: 2 });
  const entries = await (await as('GET', `/api/wallets/${key.owner}/entries`)).json();
  expect(entries.items).toMatchObject([{ kind: 'top_up', amount_usd: 2 }]);
  for (const path of [`/api/wallets/${other.owner}`, `/api/wallets/${other.owner}/entries`]) {
    expect(await errorOf(await as('GET', path))).toMatchObject({ code: 'permission_denied', param: 'owner' });
  }
  const correction = { amount_usd: 1, reason: 'more' };
  expect((await as('POST', `/api/wallets/${key.owner}/entries`, correction)).status).toBe(403);
});

test("the administrator's bearer is no such key", async () => {
  expect(await errorOf(await gateway.call('GET', '/api/keys/me'))).toMatchObject({ code: 'key_not_found' });
});
