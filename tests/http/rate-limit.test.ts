import { afterEach, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';

let gateway: ScriptedGateway;
afterEach(() => gateway.close());

const start = async (perSecond: number, burst: number) => {
  gateway = await startScripted({
    env: { RATE_LIMIT_PER_SECOND: String(perSecond), RATE_LIMIT_BURST: String(burst) },
  });
};
const models = () => gateway.call('GET', '/v1/models');
const say = { model: 'scripted', messages: [{ role: 'user', content: 'Hi' }] };

test('a burst passes, and what comes after it is 429 with Retry-After', async () => {
  await start(0.1, 3);
  const remaining = [];
  for (let i = 0; i < 3; i++) {
    const response = await models();
    expect(response.status).toBe(200);
    expect(response.headers.get('x-ratelimit-limit-requests')).toBe('3');
    remaining.push(response.headers.get('x-ratelimit-remaining-requests'));
    expect(response.headers.get('x-ratelimit-reset-requests')).toMatch(/^\d+ms$/);
  }
  expect(remaining).toEqual(['2', '1', '0']);
  const refused = await models();
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(10);
  expect((await errorOf(refused)).code).toBe('rate_limit_exceeded');
});

test('a refused request takes nothing: waiting for Retry-After is enough, however often one asked', async () => {
  await start(2, 1);
  await models();
  // One token comes every half second. If the refused requests took tokens, the time to wait would grow to ten seconds.
  for (let i = 0; i < 20; i++) {
    const response = await models();
    await response.text();
    if (response.status === 429) expect(response.headers.get('retry-after')).toBe('1');
  }
  await expect.poll(async () => (await models()).status).toBe(200);
});

test('the limit holds over all surfaces together, and a refused chat never reaches the upstream', async () => {
  await start(0.01, 2);
  expect((await gateway.call('POST', '/v1/chat/completions', say)).status).toBe(200);
  expect((await gateway.call('GET', '/trpc/models.list')).status).toBe(200);
  expect((await errorOf(await gateway.call('POST', '/v1/chat/completions', { ...say, stream: true }))).code).toBe(
    'rate_limit_exceeded',
  );
  expect((await errorOf(await gateway.call('POST', '/c1/chat', { model: 'scripted', message: 'Hi' }))).code).toBe(
    'rate_limit_exceeded',
  );
  const trpc = await gateway.call('GET', '/trpc/models.list');
  expect([trpc.status, (await trpc.json()).error.data.error.code]).toEqual([429, 'rate_limit_exceeded']);
  expect(gateway.upstream.chats).toHaveLength(1);
});

test('strangers do not use up the limit of a key, and public addresses are not counted', async () => {
  await start(0.01, 1);
  for (let i = 0; i < 5; i++) {
    expect((await fetch(`${gateway.url}/v1/models`, { headers: { authorization: 'Bearer wrong' } })).status).toBe(401);
    expect((await gateway.call('GET', '/healthz')).status).toBe(200);
    expect((await gateway.call('GET', '/nothing')).status).toBe(404);
    expect((await gateway.call('POST', '/v1/models', {})).status).toBe(405);
  }
  expect((await models()).status).toBe(200);
  expect((await models()).status).toBe(429);
});

test('a streamed answer has the headers too', async () => {
  await start(1, 10);
  const response = await gateway.call('POST', '/v1/chat/completions', { ...say, stream: true });
  expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('9');
  await response.text();
});

test.each([
  [0, 1],
  [1, 0],
])('0 switches it off: %i a second, a burst of %i', async (perSecond, burst) => {
  await start(perSecond, burst);
  for (let i = 0; i < 50; i++) {
    const response = await models();
    expect(response.status).toBe(200);
    expect(response.headers.get('x-ratelimit-limit-requests')).toBeNull();
  }
});
