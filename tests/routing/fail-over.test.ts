import { describe, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { payloadsOf } from '../support/read-events.ts';
import type { Script } from '../support/upstream/exchange.ts';
import { gated, say } from '../support/upstream/scripts/answers.ts';
import {
  destroyAfter,
  destroyBeforeHeaders,
  endWithoutFinish,
  errorInStream,
  hangAfterHeaders,
  hangBeforeHeaders,
} from '../support/upstream/scripts/failures.ts';
import { empty200, errorBodyWith200, htmlError, raw, refuse } from '../support/upstream/scripts/refusals.ts';
import { type Chain, chainsWith } from './start-chain.ts';

const chainOf = chainsWith();

/** The upstreams of a chain that were asked, by how often. */
const asked = (chain: Chain) => chain.upstreams.map(({ chats }) => chats.length);

const ways = [
  ['JSON', {}],
  ['SSE', { stream: true }],
] as const;

/** The text of an answer, however it came. */
async function textOf(response: Response): Promise<string> {
  const body = await response.text();
  if (!/^(id|data):/.test(body)) return JSON.parse(body).choices[0].message.content;
  return payloadsOf(body)
    .filter((payload) => payload !== '[DONE]')
    .map((payload) => JSON.parse(payload).choices[0]?.delta.content ?? '')
    .join('');
}

const soon = 'first_byte_seconds: 2, idle_seconds: 2';

describe.each(ways)('the first backend fails before its first token, asked for %s', (_way, fields) => {
  test.each([
    ['a closed connection', destroyBeforeHeaders],
    ['a 408', raw(408, {}, '')],
    ['a 429', refuse('rate-limited')],
    ['a 500', refuse('server-error')],
    ['a 502 page', htmlError()],
    ['a 503', refuse('unavailable')],
    ['a wrong key', refuse('unauthorized')],
    ['an unknown model', refuse('unknown-model')],
    ['an empty 200', empty200],
    ['an error with status 200', errorBodyWith200()],
    ['silence', hangBeforeHeaders],
    ['headers, then silence', hangAfterHeaders],
  ] as [string, Script][])('%s: the second one answers, and the headers say so', async (_what, script) => {
    const chain = await chainOf({ provider: soon });
    chain.upstreams[0]?.reply(script);
    chain.upstreams[1]?.reply(say('From the second.'));
    const response = await chain.ask(fields);
    expect(response.status).toBe(200);
    expect(response.headers.get('x-gateway-backend')).toBe('p1/m');
    expect(response.headers.get('x-gateway-attempts')).toBe('2');
    expect(Number(response.headers.get('x-gateway-latency-ms'))).toBeGreaterThanOrEqual(
      Number(response.headers.get('x-gateway-upstream-latency-ms')),
    );
    expect(await textOf(response)).toBe('From the second.');
    expect(asked(chain)).toEqual([1, 1]);
  });

  test('a fault of the client is not tried elsewhere', async () => {
    for (const [kind, code] of [
      ['bad-request', 'upstream_rejected'],
      ['context-overflow', 'context_length_exceeded'],
    ] as const) {
      const chain = await chainOf();
      chain.upstreams[0]?.reply(refuse(kind));
      expect((await errorOf(await chain.ask(fields))).code).toBe(code);
      expect(asked(chain)).toEqual([1, 0]);
    }
  });

  test('when all fail, the last failure is the answer', async () => {
    const chain = await chainOf({ count: 3 });
    chain.upstreams[0]?.reply(refuse('server-error'));
    chain.upstreams[1]?.reply(refuse('unauthorized'));
    chain.upstreams[2]?.reply(refuse('unavailable'));
    const response = await chain.ask(fields);
    expect(response.headers.get('x-gateway-attempts')).toBe('3');
    expect((await errorOf(response)).code).toBe('upstream_unavailable');
  });

  test('a backend that is not there is passed over', async () => {
    const chain = await chainOf();
    await chain.upstreams[0]?.close();
    const response = await chain.ask(fields);
    expect(response.headers.get('x-gateway-backend')).toBe('p1/m');
    expect(await textOf(response)).toBe('Hello from upstream.');
  });
});

test.each([
  ['an error event', errorInStream({ tokens: 0 })],
  ['an end', endWithoutFinish(0)],
  ['a cut connection', destroyAfter(0)],
] as [string, Script][])('a stream that has %s before its first token goes on elsewhere', async (_what, script) => {
  const chain = await chainOf();
  chain.upstreams[0]?.reply(script);
  const response = await chain.ask({ stream: true });
  expect(response.headers.get('x-gateway-backend')).toBe('p1/m');
  const payloads = payloadsOf(await response.text());
  expect(payloads.filter((payload) => payload.includes('"role"'))).toHaveLength(1);
  expect(payloads.at(-1)).toBe('[DONE]');
});

test.each([
  ['an error event', errorInStream()],
  ['an end', endWithoutFinish()],
  ['a cut connection', destroyAfter()],
] as [string, Script][])('after the first token, %s is the end: nothing is said twice', async (_what, script) => {
  const chain = await chainOf();
  chain.upstreams[0]?.reply(script);
  const payloads = payloadsOf(await (await chain.ask({ stream: true })).text());
  expect(payloads).not.toContain('[DONE]');
  expect(JSON.parse(payloads.at(-1) ?? '')).toHaveProperty('error.code');
  expect(asked(chain)).toEqual([1, 0]);
});

test('the first token is waited for, then the next backend gets the request', async () => {
  const chain = await chainOf({ fields: 'timeouts: { first_token_seconds: 0.3 }' });
  // The role comes at once, the first token never.
  const { script } = gated('Too late.');
  chain.upstreams[0]?.reply(script);
  const response = await chain.ask({ stream: true });
  expect(response.headers.get('x-gateway-backend')).toBe('p1/m');
  expect(await textOf(response)).toBe('Hello from upstream.');
  const [first] = chain.upstreams[0]?.chats ?? [];
  await first?.aborted;
});

test('the total of a model ends a stream that never does', async () => {
  const chain = await chainOf({ count: 1, fields: 'timeouts: { total_seconds: 2 }' });
  const { script, gate } = gated(['One', ' two', ' three']);
  chain.upstreams[0]?.reply(script);
  const asking = chain.ask({ stream: true });
  gate.release();
  const text = await (await asking).text();
  expect(JSON.parse(payloadsOf(text).at(-1) ?? '{}')).toMatchObject({ error: { code: 'upstream_timeout' } });
});

describe('a chain that failed as a whole', () => {
  test('is tried again after a while', async () => {
    const chain = await chainOf({ env: { UPSTREAM_RETRIES: '1' } });
    for (const upstream of chain.upstreams) upstream.reply(refuse('unavailable'), say('Better now.'));
    const response = await chain.ask();
    expect(response.headers.get('x-gateway-attempts')).toBe('3');
    expect(await textOf(response)).toBe('Better now.');
    const [first, second] = chain.upstreams[0]?.chats ?? [];
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(100);
  });

  test('waits for as long as a 429 says, when that is bearable', async () => {
    const chain = await chainOf({ count: 1, env: { UPSTREAM_RETRIES: '1' } });
    chain.upstreams[0]?.reply(refuse('rate-limited', { 'retry-after': '1' }), say('Better now.'));
    expect(await textOf(await chain.ask())).toBe('Better now.');
    const [first, second] = chain.upstreams[0]?.chats ?? [];
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(990);
  });

  test('hands a longer wait to the client', async () => {
    const chain = await chainOf({ count: 1, env: { UPSTREAM_RETRIES: '1' } });
    chain.upstreams[0]?.reply(refuse('rate-limited', { 'retry-after': '60' }));
    const response = await chain.ask();
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '60']);
    expect(asked(chain)).toEqual([1]);
  });

  test('is not tried again with a key that is wrong', async () => {
    const chain = await chainOf({ count: 1, env: { UPSTREAM_RETRIES: '1' } });
    chain.upstreams[0]?.reply(refuse('unauthorized'));
    expect((await errorOf(await chain.ask())).code).toBe('upstream_refused');
    expect(asked(chain)).toEqual([1]);
  });

  test('stops when the client leaves', async () => {
    const chain = await chainOf({ count: 1, env: { UPSTREAM_RETRIES: '5' } });
    chain.upstreams[0]?.on('m', refuse('rate-limited', { 'retry-after': '2' }));
    const leaving = new AbortController();
    const answer = fetch(`${chain.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer test-bearer-0123456789', 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'chain', messages: [{ role: 'user', content: 'Hi' }] }),
      signal: leaving.signal,
    });
    await chain.upstreams[0]?.waitForChat();
    leaving.abort();
    await expect(answer).rejects.toThrow();
    await chain.store.usage.flush();
    await expect
      .poll(async () => (await chain.call('GET', '/readyz').then((r) => r.json())).routes[0].in_flight)
      .toBe(0);
    expect(asked(chain)).toEqual([1]);
  });
});

test('one usage row per request, with the backend that answered', async () => {
  const chain = await chainOf();
  chain.upstreams[0]?.reply(refuse('server-error'));
  const response = await chain.ask();
  await response.text();
  await chain.store.usage.flush();
  const { DatabaseSync } = await import('@photostructure/sqlite');
  const db = new DatabaseSync(`${chain.dataDir}/duplex.db`);
  const rows = db.prepare('SELECT "provider", "model", "outcome" FROM "Usage"').all();
  db.close();
  expect(rows).toEqual([{ provider: 'p1', model: 'm', outcome: 'ok' }]);
});

test('a turn of a conversation falls over, too, and is stored once', async () => {
  const chain = await chainOf();
  chain.upstreams[0]?.reply(refuse('unavailable'));
  const response = await chain.call('POST', '/c1/chat', { model: 'chain', message: 'Hi', stream: true });
  expect(response.headers.get('x-gateway-backend')).toBe('p1/m');
  expect(await textOf(response)).toBe('Hello from upstream.');
  const id = response.headers.get('x-conversation-id');
  const stored = await (await chain.call('GET', `/c1/conversations/${id}`)).json();
  expect(stored.messages.map(({ role, status }: { role: string; status: string }) => [role, status])).toEqual([
    ['user', 'completed'],
    ['assistant', 'completed'],
  ]);
});

test('`provider` keeps a turn with the backends of that provider', async () => {
  const chain = await chainOf({ count: 3 });
  chain.upstreams[1]?.reply(refuse('unavailable'));
  const response = await chain.call('POST', '/c1/chat', { model: 'chain', provider: 'p1', message: 'Hi' });
  expect((await errorOf(response)).code).toBe('upstream_unavailable');
  expect(asked(chain)).toEqual([0, 1, 0]);
});

test('a composite alias is the chain of others', async () => {
  const chain = await chainOf({
    more: '  - { alias: last, backends: [{ provider: p1, model: other }] }\n  - { alias: both, backends: [{ alias: chain }, { alias: last }] }\n',
  });
  for (const upstream of chain.upstreams) upstream.on('m', refuse('unavailable'));
  const response = await chain.ask({ model: 'both' });
  expect(response.headers.get('x-gateway-backend')).toBe('p1/other');
  expect((await response.json()).model).toBe('both');
});
