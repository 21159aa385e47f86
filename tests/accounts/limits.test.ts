import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CreatedKey } from '../../contracts/keys/key.ts';
import { errorOf } from '../support/error-of.ts';
import { readerOf } from '../support/read-events.ts';
import { type AccountsGateway, ask, CHAT, startAccounts } from '../support/start-accounts.ts';
import { gated, say } from '../support/upstream/scripts/answers.ts';
import {
  destroyAfter,
  destroyBeforeHeaders,
  hangAfter,
  hangBeforeHeaders,
} from '../support/upstream/scripts/failures.ts';

let gateway: AccountsGateway;
beforeAll(async () => {
  gateway = await startAccounts({ UPSTREAM_RETRIES: '0' });
});
afterAll(() => gateway.close());

const chat = (key: CreatedKey, rest: object = {}) => gateway.as(key)('POST', CHAT, ask('free', rest));

const limits = ({ headers }: Response, of: string) =>
  ['limit', 'remaining', 'reset'].map((what) => headers.get(`x-ratelimit-${what}-${of}`));

describe('requests a minute', () => {
  test('are counted down in the headers, and the one too many is 429 with the time to wait', async () => {
    const key = await gateway.createKey({ requests_per_minute: 3 });
    for (const left of ['2', '1', '0']) {
      const response = await chat(key);
      expect(response.status).toBe(200);
      expect(limits(response, 'requests').slice(0, 2)).toEqual(['3', left]);
      expect(limits(response, 'requests')[2]).toMatch(/^\d+ms$/);
    }
    const seen = gateway.upstream.chats.length;
    const refused = await chat(key);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(10);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(20);
    expect(limits(refused, 'requests').slice(0, 2)).toEqual(['3', '0']);
    expect((await errorOf(refused)).code).toBe('rate_limit_exceeded');
    expect(gateway.upstream.chats).toHaveLength(seen);
    const trpc = await gateway.as(key)('GET', '/trpc/models.list');
    const { error } = await trpc.json();
    expect([trpc.status, error.data.error.code]).toEqual([429, 'rate_limit_exceeded']);
    expect(error.data.retryAfter).toBeGreaterThan(10);
  });

  test('are not used by what is refused for another reason', async () => {
    const key = await gateway.createKey({ requests_per_minute: 2, tokens_per_minute: 10_000 });
    const as = gateway.as(key);
    for (let i = 0; i < 5; i++) {
      const poor = await as('POST', CHAT, ask('dear'));
      expect((await errorOf(poor)).code).toBe('insufficient_balance');
    }
    const response = await chat(key);
    expect([response.status, limits(response, 'requests')[1]]).toEqual([200, '1']);
  });

  test('change with the key, at once', async () => {
    const key = await gateway.createKey({ requests_per_minute: 1 });
    expect((await chat(key)).status).toBe(200);
    expect((await chat(key)).status).toBe(429);
    await gateway.call('PATCH', `/api/keys/${key.id}`, { requests_per_minute: null });
    expect((await chat(key)).status).toBe(200);
  });
});

describe('tokens a minute', () => {
  test('are held as expected and counted as used', async () => {
    const key = await gateway.createKey({ tokens_per_minute: 1_000 });
    gateway.upstream.reply(say('Hello.', { usage: { prompt: 850, completion: 100 } }));
    const asked = performance.now();
    const first = await chat(key);
    const [limit, remaining, reset] = limits(first, 'tokens');
    expect([first.status, limit]).toEqual([200, '1000']);
    expect(Number(remaining)).toBeGreaterThan(850);
    expect(Number(remaining)).toBeLessThan(900);
    expect(reset).toMatch(/^\d+ms$/);
    await first.text();
    const seen = gateway.upstream.chats.length;
    // It needs more than comes back in half a minute.
    const refused = await chat(key, { max_tokens: 800 });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    const refilled = ((performance.now() - asked) / 60_000) * 1_000;
    expect(Number(limits(refused, 'tokens')[1])).toBeLessThan(60 + refilled);
    expect((await errorOf(refused)).code).toBe('rate_limit_exceeded');
    expect(gateway.upstream.chats).toHaveLength(seen);
  });

  test('more than a minute has are let in by a full bucket, which is then in debt', async () => {
    const key = await gateway.createKey({ tokens_per_minute: 50 });
    gateway.upstream.reply(say('Hello.', { usage: { prompt: 100, completion: 100 } }));
    expect((await chat(key)).status).toBe(200);
    const refused = await chat(key, { max_tokens: 1 });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(60);
  });

  test('are given back by a request of which nothing came', async () => {
    const key = await gateway.createKey({ tokens_per_minute: 150 });
    gateway.upstream.reply(destroyBeforeHeaders);
    expect((await chat(key)).status).toBe(502);
    expect((await chat(key)).status).toBe(200);
  });
});

describe('requests at once', () => {
  const refused = async (key: CreatedKey) => {
    const response = await chat(key);
    expect(response.headers.get('retry-after')).toBe('1');
    expect((await errorOf(response)).code).toBe('rate_limit_exceeded');
  };
  const served = async (key: CreatedKey) => expect((await chat(key)).status).toBe(200);
  const freed = (key: CreatedKey) => expect.poll(async () => (await chat(key)).status, { interval: 20 }).toBe(200);

  test('are no more than the key may have, and the place of one that ended is free', async () => {
    const key = await gateway.createKey({ concurrent_requests: 2 });
    const held = [gated('one two'), gated('one two')];
    gateway.upstream.reply(...held.map(({ script }) => script));
    const seen = gateway.upstream.chats.length;
    const streams = [chat(key, { stream: true }), chat(key)];
    await gateway.upstream.waitFor(({ chats }) => chats.length === seen + 2);
    await refused(key);
    for (const { gate } of held) gate.open();
    for (const stream of streams) expect((await (await stream).text()).length).toBeGreaterThan(0);
    await freed(key);
  });

  test.each([
    ['fails before its headers', destroyBeforeHeaders, {}],
    ['breaks off', destroyAfter(2), { stream: true }],
    ['breaks off in JSON', destroyAfter(2), {}],
  ])('give the place of one that %s free', async (_how, script, rest) => {
    const key = await gateway.createKey({ concurrent_requests: 1 });
    gateway.upstream.reply(script);
    await (await chat(key, rest)).text();
    await freed(key);
  });

  test('give the place of one that is too late free', async () => {
    const own = await startAccounts({ UPSTREAM_RETRIES: '0' }, 'timeouts: { first_token_seconds: 2, idle_seconds: 2 }');
    const key = await own.createKey({ concurrent_requests: 1, credit_usd: 1 });
    for (const [script, stream] of [
      [hangBeforeHeaders, true],
      [hangAfter(2), true],
      [hangBeforeHeaders, false],
    ] as const) {
      own.upstream.reply(script);
      await (await own.as(key)('POST', CHAT, ask('patient', { stream }))).text();
      own.upstream.reply(say('Hello.'));
      expect((await own.as(key)('POST', CHAT, ask('patient'))).status).toBe(200);
    }
    await expect.poll(async () => (await own.walletOf(key)).held_usd).toBe(0);
    await own.close();
  });

  test.each([true, false])('give the place of a client that left free (stream: %s)', async (stream) => {
    const key = await gateway.createKey({ concurrent_requests: 1 });
    gateway.upstream.reply(stream ? hangAfter(2) : hangBeforeHeaders);
    const leaving = new AbortController();
    const seen = gateway.upstream.chats.length;
    const pending = fetch(gateway.url + CHAT, {
      method: 'POST',
      headers: { authorization: `Bearer ${key.key}`, 'content-type': 'application/json' },
      body: JSON.stringify(ask('free', { stream })),
      signal: leaving.signal,
    });
    pending.catch(() => undefined);
    if (stream) await readerOf(await pending).until('two');
    else await gateway.upstream.waitFor(({ chats }) => chats.length === seen + 1);
    await refused(key);
    leaving.abort();
    await freed(key);
  });

  test('are not used by one that is refused, for its money or its fields', async () => {
    const key = await gateway.createKey({ concurrent_requests: 1 });
    expect((await gateway.as(key)('POST', CHAT, ask('dear'))).status).toBe(402);
    expect((await chat(key, { messages: [] })).status).toBe(400);
    expect((await chat(key, { model: 'nothing' })).status).toBe(400);
    await served(key);
  });
});

test('the administrator has none of these limits, and is told of none', async () => {
  const responses = await Promise.all(Array.from({ length: 20 }, () => gateway.call('POST', CHAT, ask('free'))));
  for (const response of responses) {
    expect(response.status).toBe(200);
    expect(limits(response, 'tokens')).toEqual([null, null, null]);
  }
});
