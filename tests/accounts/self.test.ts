import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AccountsGateway, ask, CHAT, startAccounts } from '../support/start-accounts.ts';

let gateway: AccountsGateway;
beforeAll(async () => {
  gateway = await startAccounts();
});
afterAll(() => gateway.close());

test('a key sees its own limits, balance and spending, and the administrator that it has none', async () => {
  const made = await gateway.createKey({ name: 'laptop', credit_usd: 2, requests_per_minute: 30 });
  const before = await (await gateway.as(made)('GET', '/api/self')).json();
  expect(before).toMatchObject({
    role: 'key',
    key: { id: made.id, name: 'laptop', requests_per_minute: 30 },
    wallet: { owner: made.owner, balance_usd: 2, held_usd: 0 },
    spent: { today_usd: 0, month_usd: 0 },
  });
  expect(JSON.stringify(before)).not.toContain(made.key);

  expect((await gateway.as(made)('POST', CHAT, ask('cheap'))).status).toBe(200);
  const after = await (await gateway.as(made)('GET', '/api/self')).json();
  expect(after.spent.today_usd).toBeGreaterThan(0);
  expect(after.wallet.balance_usd + after.spent.today_usd).toBeCloseTo(2, 6);

  const admin = await (await gateway.call('GET', '/api/self')).json();
  expect(admin).toEqual({ role: 'admin', key: null, wallet: null, reads_conversations: false, spent: null });
  expect((await fetch(`${gateway.url}/api/self`)).status).toBe(401);
});

test('the models come with the price that the key pays: that of the list times the ratio of its group', async () => {
  const dear = {
    input_usd: 10,
    cached_input_usd: 2,
    cache_write_usd: 10,
    output_usd: 30,
    image_usd: 0,
    request_usd: 0.001,
  };
  const priceOf = async (response: Response, alias: string) => {
    const { models }: { models: { alias: string; price: unknown }[] } = await response.json();
    return models.find((model) => model.alias === alias)?.price;
  };
  expect(await priceOf(await gateway.call('GET', '/v1/info'), 'dear')).toEqual(dear);
  expect(await priceOf(await gateway.call('GET', '/v1/info'), 'free')).toBeNull();
  const half = await gateway.createKey({ group: 'everybody' });
  expect(await priceOf(await gateway.as(half)('GET', '/v1/info'), 'painter')).toMatchObject({ image_usd: 0.02 });
});
