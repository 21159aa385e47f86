import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CreatedKey } from '../../contracts/keys/key.ts';
import type { UsageEntry, UsageItem } from '../../contracts/usage/usage.ts';
import { firstKeptDay } from '../../server/features/usage/compact-usage.ts';
import type { UsageRow } from '../../server/store/interface/usage.ts';
import { errorOf } from '../support/error-of.ts';
import { type AccountsGateway, ask, CHAT, startAccounts } from '../support/start-accounts.ts';
import { say } from '../support/upstream/scripts/answers.ts';

const row = (requestId: string, at: string, fields: Partial<UsageRow> = {}): UsageRow => ({
  requestId,
  at: new Date(at),
  operation: 'v1.chat',
  alias: 'dear',
  provider: 'up',
  model: 'dear-model',
  promptTokens: 100,
  completionTokens: 10,
  cachedTokens: 40,
  reasoningTokens: 2,
  estimated: false,
  outcome: 'ok',
  latencyMs: 300,
  firstTokenMs: 100,
  conversationId: null,
  keyId: 'key_a',
  owner: 'ann',
  group: null,
  cost: 1_500,
  price: null,
  cacheWriteTokens: 0,
  askedModel: null,
  attempts: [],
  ...fields,
});

/** Three days of May, the second one without a request. */
const rows = [
  row('r1', '2026-05-01T00:00:00.000Z'),
  row('r2', '2026-05-01T23:59:59.999Z', { outcome: 'upstream_broken', firstTokenMs: null, latencyMs: 900, cost: 0 }),
  row('r3', '2026-05-01T23:10:00.000Z', { alias: 'cheap', keyId: 'key_b', owner: '=ben"', group: 'team-a', cost: 20 }),
  row('r4', '2026-05-03T12:00:00.000Z', { outcome: 'cancelled', conversationId: 'conv_x' }),
  row('r5', '2026-05-03T12:30:00.000Z', { keyId: null, owner: null, provider: null, cost: 7 }),
];

const MAY = 'from=2026-05-01&to=2026-06-01';

let gateway: AccountsGateway;
beforeAll(async () => {
  gateway = await startAccounts();
  for (const each of rows) gateway.store.usage.record(each);
});
afterAll(() => gateway.close());

const report = async (query: string) => (await gateway.call('GET', `/api/usage?${MAY}&${query}`)).json();

describe('a report', () => {
  test('sums up by the day of UTC, with the averages of what there was', async () => {
    const { items, total, truncated } = await report('');
    expect(items).toEqual([
      {
        start: '2026-05-01T00:00:00.000Z',
        requests: 3,
        failed: 1,
        prompt_tokens: 300,
        cached_tokens: 120,
        completion_tokens: 30,
        reasoning_tokens: 6,
        cost_usd: 0.00152,
        latency_ms: 500,
        first_token_ms: 100,
      },
      expect.objectContaining({ start: '2026-05-03T00:00:00.000Z', requests: 2, failed: 0, cost_usd: 0.001507 }),
    ]);
    expect(total).toMatchObject({ requests: 5, failed: 1, cost_usd: 0.003027, latency_ms: 420 });
    expect(truncated).toBe(false);
  });

  test.each([
    ['hour', ['2026-05-01T00:00:00.000Z', '2026-05-01T23:00:00.000Z', '2026-05-03T12:00:00.000Z']],
    ['month', ['2026-05-01T00:00:00.000Z']],
    ['all', [null]],
  ])('has buckets of %s', async (bucket, starts) => {
    const { items } = await report(`bucket=${bucket}`);
    expect(items.map(({ start }: UsageItem) => start)).toEqual(starts);
  });

  test('is kept apart by what is asked for, nobody as null', async () => {
    const { items } = await report('bucket=all&by=key_id,model');
    expect(items.map(({ model, key_id, requests }: UsageItem) => [model, key_id, requests])).toEqual([
      ['cheap', 'key_b', 1],
      ['dear', null, 1],
      ['dear', 'key_a', 3],
    ]);
  });

  test.each([
    ['key_id=key_a', 3],
    ['owner=ann', 3],
    ['group=team-a', 1],
    ['model=dear', 4],
    ['provider=up', 4],
    ['operation=c1.chat', 0],
    ['outcome=cancelled', 1],
    ['model=dear&outcome=ok', 2],
  ])('of %s has %i requests', async (query, count) => {
    expect((await report(query)).total.requests).toBe(count);
  });

  test('takes its beginning in and leaves its end out', async () => {
    const of = async (query: string) =>
      (await (await gateway.call('GET', `/api/usage?${query}`)).json()).total.requests;
    expect(await of('from=2026-05-01T00:00:00Z&to=2026-05-01T23:59:59.999Z')).toBe(2);
    expect(await of('from=2026-05-01T02:00:00%2B02:00&to=2026-05-01T00:00:00.001Z')).toBe(1);
  });

  test.each([
    ['by=key', 'by'],
    ['bucket=week', 'bucket'],
    ['from=yesterday', 'from'],
  ])('with %s is refused', async (query, param) => {
    const response = await gateway.call('GET', `/api/usage?${query}`);
    expect(await errorOf(response)).toMatchObject({ code: 'invalid_field', param });
  });

  test('is CSV when that is asked for', async () => {
    const response = await gateway.call('GET', `/api/usage?${MAY}&bucket=all&by=owner&format=csv`);
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect((await response.text()).split('\r\n')).toEqual([
      'start,owner,requests,failed,prompt_tokens,cached_tokens,completion_tokens,reasoning_tokens,cost_usd,latency_ms,first_token_ms',
      ',,1,0,100,40,10,2,0.000007,300,100',
      `,"'=ben""",1,0,100,40,10,2,0.00002,300,100`,
      ',ann,3,1,300,120,30,6,0.003,500,100',
      '',
    ]);
    const none = await gateway.call('GET', '/api/usage?from=2020-01-01&to=2020-01-02&format=csv');
    expect(await none.text()).toMatch(/^start,requests,[a-z_,]+\r\n$/);
  });
});

describe('the requests', () => {
  const ids = async (query: string) => {
    const { items } = await (await gateway.call('GET', `/api/usage/requests?${MAY}&${query}`)).json();
    return items.map(({ request_id }: UsageEntry) => request_id);
  };

  test('are listed newest first, page by page', async () => {
    expect(await ids('')).toEqual(['r5', 'r4', 'r2', 'r3', 'r1']);
    expect(await ids('limit=2&offset=1')).toEqual(['r4', 'r2']);
    expect(await ids('conversation_id=conv_x')).toEqual(['r4']);
  });

  test('are CSV when that is asked for', async () => {
    const text = await (await gateway.call('GET', `/api/usage/requests?${MAY}&format=csv&limit=1`)).text();
    const [names = '', values = ''] = text.split('\r\n');
    expect(names.split(',').slice(0, 4)).toEqual(['request_id', 'at', 'operation', 'model']);
    expect(values).toBe(
      'r5,2026-05-03T12:30:00.000Z,v1.chat,dear,,dear-model,,,,,,ok,100,40,10,2,false,0.000007,300,100,0,,,',
    );
  });
});

describe('a key', () => {
  const spend = async (key: CreatedKey) => {
    gateway.upstream.reply(say('Hello.', { usage: { prompt: 600, completion: 100 } }));
    const response = await gateway.as(key)('POST', CHAT, ask('dear'));
    expect(response.status).toBe(200);
    await response.text();
  };

  test('sees what it used itself, at once, and nothing of others', async () => {
    const [key, other] = [await gateway.createKey({ credit_usd: 1 }), await gateway.createKey({ credit_usd: 1 })];
    await spend(key);
    await spend(other);
    const { items } = await (await gateway.as(key)('GET', '/api/usage?by=key_id')).json();
    expect(items).toMatchObject([{ key_id: key.id, key_name: 'test', requests: 1, cost_usd: 0.01 }]);
    const listed = await (await gateway.as(key)('GET', '/api/usage/requests')).json();
    expect(listed.items).toMatchObject([{ key_id: key.id, key_name: 'test', model: 'dear', cost_usd: 0.01 }]);
    // The price by which it was paid, of each kind of tokens.
    const price = { input_usd: 10, cached_input_usd: 2, cache_write_usd: 10, output_usd: 30 };
    expect(listed.items[0].price).toMatchObject(price);
    for (const path of ['/api/usage', '/api/usage/requests']) {
      const refused = await gateway.as(key)('GET', `${path}?key_id=${other.id}`);
      expect((await errorOf(refused)).code).toBe('permission_denied');
    }
  });

  test("is told what is left by the addresses of OpenAI's former dashboard", async () => {
    const expires = new Date(Date.now() + 86_400_000);
    const key = await gateway.createKey({ credit_usd: 1, expires_at: expires.toISOString() });
    await spend(key);
    const of = async (path: string) => (await gateway.as(key)('GET', `/v1/dashboard/billing/${path}`)).json();
    const today = new Date().toISOString().slice(0, 10);
    const usage = await of(`usage?start_date=${today}&end_date=9999-01-01`);
    expect(usage).toEqual({
      object: 'list',
      total_usage: 1,
      daily_costs: [{ timestamp: Date.parse(today) / 1000, line_items: [{ name: 'requests', cost: 1 }] }],
    });
    expect(await of('usage?end_date=2020-01-01')).toEqual({ ...usage, daily_costs: [] });
    expect(await of('subscription')).toMatchObject({
      object: 'billing_subscription',
      hard_limit_usd: 1,
      access_until: Math.floor(expires.getTime() / 1000),
    });
    const admin = await (await gateway.call('GET', '/v1/dashboard/billing/subscription')).json();
    expect(admin).toMatchObject({ hard_limit_usd: 100_000_000, access_until: 0 });
  });
});

describe('old rows', () => {
  test('become sums of days that reports go on counting, however often', async () => {
    const own = await startAccounts();
    const { usage } = own.store;
    for (const each of rows) usage.record(each);
    for (let i = 0; i < 2_500; i++) usage.record(row(`many-${i}`, '2026-05-02T10:00:00.000Z'));
    await usage.flush();
    const ask = async (query: string) => (await own.call('GET', `/api/usage?${MAY}&${query}`)).json();
    const queries = ['', 'bucket=month&by=key_id,model,provider', 'owner=ann&by=outcome', 'group=team-a'];
    const before = await Promise.all(queries.map(ask));
    expect(await usage.compact(new Date('2026-05-03T00:00:00Z'))).toBe(2_503);
    expect(await usage.compact(new Date('2026-05-03T00:00:00Z'))).toBe(0);
    expect(await Promise.all(queries.map(ask))).toEqual(before);
    const left = await (await own.call('GET', `/api/usage/requests?${MAY}`)).json();
    expect(left.items.map(({ request_id }: UsageEntry) => request_id)).toEqual(['r5', 'r4']);

    usage.record(row('late', '2026-05-02T11:00:00.000Z'));
    await usage.flush();
    expect(await usage.compact(new Date('2026-06-01T00:00:00Z'))).toBe(3);
    expect((await ask('')).total.requests).toBe(before[0].total.requests + 1);
    await own.close();
  });

  test('are those of before so many whole days', () => {
    const now = new Date('2026-05-10T15:00:00Z');
    expect(firstKeptDay(now, 1).toISOString()).toBe('2026-05-09T00:00:00.000Z');
    expect(firstKeptDay(now, 90).toISOString()).toBe('2026-02-09T00:00:00.000Z');
  });

  test('are summed up from the start on where USAGE_KEEP_DAYS says so', async () => {
    const { dataDir: DATA_DIR, ...first } = await startAccounts();
    first.store.usage.record(row('old', '2026-01-01T10:00:00.000Z'));
    first.store.usage.record(row('new', new Date().toISOString()));
    await first.store.usage.flush();
    const second = await startAccounts({ DATABASE_URL: `file:${DATA_DIR}/duplex.db`, USAGE_KEEP_DAYS: '30' });
    const listed = async () => {
      const { items } = await (await second.call('GET', '/api/usage/requests?from=2026-01-01')).json();
      return items.map(({ request_id }: UsageEntry) => request_id);
    };
    await expect.poll(listed).toEqual(['new']);
    const { total } = await (await second.call('GET', '/api/usage?from=2026-01-01&to=2026-01-02')).json();
    expect(total.requests).toBe(1);
    await second.close();
    await first.close();
  });
});
