import { afterAll, beforeAll, expect, test } from 'vitest';
import type { UsageRow } from '../../server/store/interface/usage.ts';
import { usageRow } from '../store/usage-row.ts';
import { type Gateway, startGateway } from '../support/start-gateway.ts';

const DAY_MS = 86_400_000;
const today = new Date(Math.floor(Date.now() / DAY_MS) * DAY_MS);
const yesterday = new Date(today.getTime() - DAY_MS);

const row = (requestId: string, fields: Partial<UsageRow>): UsageRow =>
  usageRow(requestId, { at: today, alias: 'fast', ...fields });

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
  const { usage } = gateway.store;
  for (let n = 1; n <= 100; n += 1) usage.record(row(`fast-${n}`, { latencyMs: n * 10, firstTokenMs: n }));
  for (const [n, latencyMs] of [7, 5, 9].entries()) {
    usage.record(row(`slow-${n}`, { alias: 'slow', at: yesterday, latencyMs }));
  }
  await usage.flush();
});
afterAll(() => gateway.close());

const report = async (query: string) => (await gateway.call('GET', `/api/usage?${query}`)).json();

test('percentiles are those of the nearest rank, by what the sums are kept apart by', async () => {
  const { items, total } = await report('bucket=all&by=model&percentiles=true');
  expect(items).toEqual([
    expect.objectContaining({
      model: 'fast',
      requests: 100,
      latency_p50_ms: 500,
      latency_p95_ms: 950,
      first_token_p50_ms: 50,
      first_token_p95_ms: 95,
    }),
    expect.objectContaining({
      model: 'slow',
      latency_p50_ms: 7,
      latency_p95_ms: 9,
      first_token_p50_ms: null,
      first_token_p95_ms: null,
    }),
  ]);
  expect(total).toMatchObject({ requests: 103, latency_p50_ms: 490, first_token_p95_ms: 95 });
});

test('percentiles are kept apart by day, and by what is filtered', async () => {
  const { items } = await report('bucket=day&percentiles=true');
  expect(items.map((item: { latency_p50_ms: number }) => item.latency_p50_ms)).toEqual([7, 500]);
  const { total } = await report('bucket=day&percentiles=true&model=slow');
  expect(total).toMatchObject({ requests: 3, latency_p95_ms: 9 });
});

test('who does not ask for percentiles gets none, and neither does CSV', async () => {
  const { items, total } = await report('bucket=all&by=model');
  expect(items[0]).not.toHaveProperty('latency_p50_ms');
  expect(total).not.toHaveProperty('latency_p50_ms');
  const csv = await (await gateway.call('GET', '/api/usage?bucket=all&by=model&format=csv')).text();
  expect(csv).not.toContain('p50');
  const full = await (await gateway.call('GET', '/api/usage?bucket=all&by=model&format=csv&percentiles=true')).text();
  expect(full.split('\r\n')[1]).toMatch(/500,950,50,95$/);
});

test('the list of keys says when each was last used', async () => {
  const used = await (await gateway.call('POST', '/api/keys', { name: 'used' })).json();
  await gateway.call('POST', '/api/keys', { name: 'new' });
  gateway.store.usage.record(row('by-key', { keyId: used.id, owner: used.owner, at: yesterday }));
  gateway.store.usage.record(row('by-key-2', { keyId: used.id, owner: used.owner, at: today }));
  const { items } = await (await gateway.call('GET', '/api/keys')).json();
  const named = Object.fromEntries(items.map((item: { name: string }) => [item.name, item]));
  expect(named.used).toMatchObject({ last_used_at: today.toISOString(), spent_month_usd: 0 });
  expect(named.new).toMatchObject({ last_used_at: null, spent_month_usd: 0 });
});
