import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CreatedKey } from '../../contracts/keys/key.ts';
import { openRaw, query } from '../store/support.ts';
import { errorOf } from '../support/error-of.ts';
import { chunksOf, readerOf } from '../support/read-events.ts';
import { type AccountsGateway, ask, CHAT, startAccounts } from '../support/start-accounts.ts';
import type { Gate } from '../support/upstream/gate.ts';
import { gated, say } from '../support/upstream/scripts/answers.ts';
import {
  destroyAfter,
  destroyBeforeHeaders,
  hangAfter,
  hangBeforeHeaders,
} from '../support/upstream/scripts/failures.ts';

let gateway: AccountsGateway;
beforeAll(async () => {
  gateway = await startAccounts();
});
afterAll(() => gateway.close());

const usage = { prompt: 1_000, completion: 50, cached: 400 };
/** Of `dear`, in micro-USD: 600 at 10, 400 at 2, 50 at 30, and 1,000 for the request. */
const DEAR = 6_000 + 800 + 1_500 + 1_000;

const micro = async (key: CreatedKey) => {
  const { balance_usd, held_usd } = await gateway.walletOf(key);
  return [Math.round(balance_usd * 1e6), Math.round(held_usd * 1e6)];
};

/** The rows of a key, oldest first. */
async function usageRows(key: CreatedKey) {
  await gateway.store.usage.flush();
  const db = await openRaw(gateway.dataDir, 'duplex.db');
  const rows = query(
    db,
    `SELECT "alias", "outcome", "estimated", "cost", "price", "owner" FROM "Usage" WHERE "keyId" = '${key.id}' ORDER BY "requestId"`,
  );
  db.close();
  return rows.map(([alias, outcome, estimated, cost, price, owner]) => ({
    alias,
    outcome,
    estimated: estimated === 1,
    cost,
    price: price === null ? null : JSON.parse(String(price)),
    owner,
  }));
}

/** Waits until a request has ended on all sides. */
const settled = (key: CreatedKey) => expect.poll(async () => (await micro(key))[1], { interval: 20 }).toBe(0);

const ways = [
  ['/v1 JSON', CHAT, ask('dear')],
  ['/v1 SSE', CHAT, ask('dear', { stream: true })],
  ['/c1 JSON', '/c1/chat', { model: 'dear', message: 'Hi', max_tokens: 100, on_disconnect: 'cancel' }],
  ['/c1 SSE', '/c1/chat', { model: 'dear', message: 'Hi', max_tokens: 100, stream: true, on_disconnect: 'cancel' }],
] as const;

describe.each(ways)('an answer by %s', (_way, path, body) => {
  test("is paid at the upstream's own counts, cached tokens at their price", async () => {
    const key = await gateway.createKey({ credit_usd: 1 });
    gateway.upstream.reply(say('Hello there.', { usage }));
    const response = await gateway.as(key)('POST', path, body);
    expect(response.status).toBe(200);
    await response.text();
    await settled(key);
    expect(await micro(key)).toEqual([1_000_000 - DEAR, 0]);
    expect(await usageRows(key)).toEqual([
      {
        alias: 'dear',
        outcome: 'ok',
        estimated: false,
        cost: DEAR,
        owner: key.id,
        price: {
          input: 10,
          cachedInput: 2,
          cacheWrite: 10,
          cacheWriteHour: 10,
          output: 30,
          perImage: 0,
          perRequest: 1_000,
          ratio: 1,
        },
      },
    ]);
  });

  test('that is refused for want of money reaches no upstream, leaves nothing, and should not be tried again', async () => {
    const key = await gateway.createKey({ credit_usd: 0.000_001 });
    const seen = gateway.upstream.chats.length;
    const response = await gateway.as(key)('POST', path, body);
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect(response.headers.get('x-conversation-id')).toBeNull();
    expect((await errorOf(response)).code).toBe('insufficient_balance');
    expect(gateway.upstream.chats).toHaveLength(seen);
    expect(await micro(key)).toEqual([1, 0]);
    expect(await usageRows(key)).toEqual([]);
    expect((await (await gateway.as(key)('GET', '/c1/conversations')).json()).total).toBe(0);
  });

  test('of which nothing was received costs nothing', async () => {
    const key = await gateway.createKey({ credit_usd: 1 });
    gateway.upstream.on('dear-model', destroyBeforeHeaders);
    const response = await gateway.as(key)('POST', path, body);
    expect(response.status).toBeGreaterThanOrEqual(500);
    await response.text();
    await settled(key);
    gateway.upstream.on('dear-model', hangBeforeHeaders);
    const leaving = new AbortController();
    const seen = gateway.upstream.chats.length;
    const left = fetch(gateway.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key.key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: leaving.signal,
    });
    left.catch(() => undefined);
    await gateway.upstream.waitForChat((chat) => gateway.upstream.chats.indexOf(chat) >= seen);
    expect((await micro(key))[1]).toBeGreaterThan(0);
    leaving.abort();
    await settled(key);
    gateway.upstream.on('dear-model', say('Hello.'));
    expect(await micro(key)).toEqual([1_000_000, 0]);
    for (const row of await usageRows(key)) expect(row.cost).toBe(0);
  });
});

describe.each(ways.filter(([, , body]) => 'stream' in body))('an answer by %s that breaks off', (_way, path, body) => {
  test('by the upstream is paid for what came, marked as estimated', async () => {
    const key = await gateway.createKey({ credit_usd: 1 });
    gateway.upstream.reply(destroyAfter(2));
    await (await gateway.as(key)('POST', path, body)).text();
    await settled(key);
    const [row] = await usageRows(key);
    expect(row).toMatchObject({ estimated: true, outcome: 'upstream_broken' });
    expect(row?.cost).toBeGreaterThan(1_000);
    expect(row?.cost).toBeLessThan(DEAR);
    expect(await micro(key)).toEqual([1_000_000 - Number(row?.cost), 0]);
  });

  test('by the client is paid for what came, marked as estimated', async () => {
    const key = await gateway.createKey({ credit_usd: 1 });
    gateway.upstream.reply(hangAfter(2));
    const leaving = new AbortController();
    const response = await fetch(gateway.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key.key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: leaving.signal,
    });
    await readerOf(response).until('two');
    leaving.abort();
    await settled(key);
    const [row] = await usageRows(key);
    expect(row).toMatchObject({ estimated: true, outcome: 'cancelled' });
    expect(row?.cost).toBeGreaterThan(1_000);
    expect(await micro(key)).toEqual([1_000_000 - Number(row?.cost), 0]);
  });
});

describe('prices', () => {
  test('are multiplied by the ratio of the group', async () => {
    const key = await gateway.createKey({ group: 'team-a', credit_usd: 1 });
    gateway.upstream.reply(say('Hello.', { usage: { prompt: 7, completion: 3 } }));
    await (await gateway.as(key)('POST', CHAT, ask('cheap'))).text();
    await settled(key);
    expect(await micro(key)).toEqual([1_000_000 - 20, 0]);
    expect((await usageRows(key))[0]?.price).toMatchObject({ input: 1, ratio: 2 });
  });

  test('of nothing ask for no wallet', async () => {
    const key = await gateway.createKey();
    expect((await gateway.as(key)('POST', CHAT, ask('free'))).status).toBe(200);
    expect(await micro(key)).toEqual([0, 0]);
    expect(await usageRows(key)).toMatchObject([{ cost: 0, price: null }]);
  });

  test('are asked of the administrator by nobody, but noted', async () => {
    gateway.upstream.reply(say('Hello.', { usage }));
    const response = await gateway.call('POST', CHAT, ask('dear', { usage: { include: true } }));
    expect((await response.json()).usage.cost).toBe(DEAR / 1e6);
  });

  test('count for embeddings and for each picture', async () => {
    const key = await gateway.createKey({ credit_usd: 1 });
    const as = gateway.as(key);
    expect((await as('POST', '/v1/embeddings', { model: 'vectors', input: 'Hello' })).status).toBe(200);
    await settled(key);
    const [row] = await usageRows(key);
    expect(row?.cost).toBeGreaterThan(0);
    const [before = 0] = await micro(key);
    gateway.upstream.reply(
      say('Here.', { images: ['data:image/png;base64,iVBORw0KGgo='] }),
      say('Here.', { images: ['data:image/png;base64,iVBORw0KGgo='] }),
    );
    expect((await as('POST', '/v1/images/generations', { model: 'painter', prompt: 'Cat' })).status).toBe(200);
    await settled(key);
    expect((await micro(key))[0]).toBe(before - 40_000);
    await (await as('POST', CHAT, ask('painter', { stream: true }))).text();
    await settled(key);
    expect((await micro(key))[0]).toBe(before - 80_000);
  });
});

describe('the cost', () => {
  test('is told when it is asked for, in the answer and in the last chunk; the upstream is not asked', async () => {
    const key = await gateway.createKey({ credit_usd: 1 });
    const as = gateway.as(key);
    gateway.upstream.reply(say('Hello.', { usage }), say('Hello.', { usage }), say('Hello.', { usage }));
    const body = await (await as('POST', CHAT, ask('dear', { usage: { include: true } }))).json();
    expect(body.usage).toMatchObject({ prompt_tokens: 1_000, cost: DEAR / 1e6 });
    const streamed = await (await as('POST', CHAT, ask('dear', { usage: { include: true }, stream: true }))).text();
    expect(chunksOf(streamed).at(-1).usage.cost).toBe(DEAR / 1e6);
    const without = await (await as('POST', CHAT, ask('dear'))).json();
    expect(without.usage.cost).toBeUndefined();
    for (const chat of gateway.upstream.chats.slice(-3)) {
      expect(chat.json).toHaveProperty('model', 'dear-model');
      expect(chat.json).not.toHaveProperty('usage');
    }
  });
});

describe('an answer that took several attempts', () => {
  test.each(ways)('by %s is paid once, as the one that came', async (_way, path, body) => {
    const key = await gateway.createKey({ credit_usd: 1 });
    gateway.upstream.on('first-model', destroyBeforeHeaders);
    gateway.upstream.on('second-model', say('Hello.', { usage: { prompt: 7, completion: 3 } }));
    const response = await gateway.as(key)('POST', path, { ...body, model: 'chain' });
    expect([response.status, response.headers.get('x-gateway-attempts')]).toEqual([200, '2']);
    await response.text();
    await settled(key);
    expect(await micro(key)).toEqual([1_000_000 - 160, 0]);
    expect(await usageRows(key)).toMatchObject([{ outcome: 'ok', estimated: false, cost: 160 }]);
    const { items } = await (await gateway.call('GET', `/api/wallets/${key.owner}/entries`)).json();
    expect(items.map(({ kind }: { kind: string }) => kind)).toEqual(['charge', 'top_up']);
  });
});

describe('a budget', () => {
  test('that is used up is 429 until the next day, and holds nothing', async () => {
    const key = await gateway.createKey({ credit_usd: 10, daily_budget_usd: 0.015 });
    const as = gateway.as(key);
    gateway.upstream.reply(say('Hello.', { usage: { ...usage, completion: 300 } }));
    expect((await as('POST', CHAT, ask('dear'))).status).toBe(200);
    await settled(key);
    const refused = await as('POST', CHAT, ask('dear'));
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(86_400);
    expect(refused.headers.get('x-should-retry')).toBe('false');
    expect((await errorOf(refused)).code).toBe('budget_exhausted');
    expect((await micro(key))[1]).toBe(0);
    await gateway.call('PATCH', `/api/keys/${key.id}`, { daily_budget_usd: null });
    expect((await as('POST', CHAT, ask('dear'))).status).toBe(200);
  });
});

test('200 streams at once on one wallet with money for 50: 50 are served, and what is left is right', async () => {
  const request = ask('cheap', { stream: true });
  const gates: Gate[] = [];
  gateway.upstream.on('cheap-model', (exchange) => {
    const { script, gate } = gated('Hello');
    gates.push(gate);
    return script(exchange);
  });
  const served = () => gateway.upstream.chats.filter((chat) => chat.asked.model === 'cheap-model').length;
  const before = served();
  const probe = await gateway.createKey({ credit_usd: 1 });
  const probed = gateway.as(probe)('POST', CHAT, request);
  await gateway.upstream.waitFor(() => served() === before + 1);
  const [, each = 0] = await micro(probe);
  expect(each).toBeGreaterThan(100);

  const key = await gateway.createKey({ credit_usd: (each * 50) / 1e6 });
  let refused = 0;
  const statuses = Array.from({ length: 200 }, async () => {
    const response = await gateway.as(key)('POST', CHAT, request);
    if (response.status === 402) refused++;
    await response.text();
    return response.status;
  });
  await expect.poll(() => refused, { interval: 20 }).toBe(150);
  await gateway.upstream.waitFor(() => served() === before + 51);
  expect(await micro(key)).toEqual([each * 50, each * 50]);
  for (const gate of gates) gate.open();
  expect((await Promise.all(statuses)).filter((status) => status === 200)).toHaveLength(50);
  await (await probed).text();
  await settled(key);
  const rows = await usageRows(key);
  expect(rows).toHaveLength(50);
  const spent = rows.reduce((sum, { cost }) => sum + Number(cost), 0);
  expect(spent).toBeGreaterThan(0);
  expect(await micro(key)).toEqual([each * 50 - spent, 0]);
  gateway.upstream.on('cheap-model', say('Hello.'));
});
