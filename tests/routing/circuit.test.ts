import { expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { gated } from '../support/upstream/scripts/answers.ts';
import { destroyAfter } from '../support/upstream/scripts/failures.ts';
import { refuse } from '../support/upstream/scripts/refusals.ts';
import { type Chain, chainsWith } from './start-chain.ts';

/** For tests in which an open circuit must not be tried again. */
const PATIENT = { CIRCUIT_COOLDOWN_SECONDS: '600' };

const chainOf = chainsWith({ CIRCUIT_FAILURES: '3', CIRCUIT_COOLDOWN_SECONDS: '0.5' });

const stateOf = async (chain: Chain, backend: string): Promise<string> => {
  const { routes } = await (await chain.call('GET', '/readyz')).json();
  return routes.find((route: { backend: string }) => route.backend === backend)?.state;
};
const asked = (chain: Chain) => chain.upstreams.map(({ chats }) => chats.length);
const askTimes = async (chain: Chain, times: number) => {
  for (let i = 0; i < times; i++) await (await chain.ask()).text();
};

test('after several failures in a row a backend is left alone; /readyz and /v1/info say so', async () => {
  const chain = await chainOf({ env: PATIENT });
  chain.upstreams[0]?.on('m', refuse('server-error'));
  await askTimes(chain, 5);
  expect(asked(chain)).toEqual([3, 5]);
  expect(await stateOf(chain, 'p0/m')).toBe('open');
  expect(await stateOf(chain, 'p1/m')).toBe('closed');
  const { models } = await (await chain.call('GET', '/v1/info')).json();
  expect(models[0].backends.map(({ state }: { state: string }) => state)).toEqual(['open', 'closed']);
});

test('after a while one request tries it again; when that goes well, it is back', async () => {
  const chain = await chainOf();
  chain.upstreams[0]?.on('m', refuse('server-error'));
  await askTimes(chain, 3);
  const { script, gate } = gated('Back again.');
  chain.upstreams[0]?.on('m', script);
  // One request after the other, until one waits at the first backend.
  const tried = chain.upstreams[0]?.waitFor(({ chats }) => chats.length === 4);
  let trial = chain.ask();
  for (;;) {
    const answered = trial.then((response) => response.text());
    await Promise.race([tried, answered]);
    if (asked(chain)[0] === 4) break;
    trial = chain.ask();
  }
  // While the trial runs, everybody else goes elsewhere.
  expect(await stateOf(chain, 'p0/m')).toBe('half_open');
  expect((await chain.ask()).headers.get('x-gateway-backend')).toBe('p1/m');
  gate.open();
  expect((await trial).headers.get('x-gateway-backend')).toBe('p0/m');
  expect(await stateOf(chain, 'p0/m')).toBe('closed');
});

test('the only backend is asked however often it failed', async () => {
  const chain = await chainOf({ count: 1, env: PATIENT });
  chain.upstreams[0]?.on('m', refuse('server-error'));
  await askTimes(chain, 6);
  expect(asked(chain)).toEqual([6]);
  expect(await stateOf(chain, 'p0/m')).toBe('open');
});

test('a backend that says 429 is left alone for as long as it says, without an open circuit', async () => {
  const chain = await chainOf();
  chain.upstreams[0]?.reply(refuse('rate-limited', { 'retry-after': '600' }));
  await askTimes(chain, 3);
  expect(asked(chain)).toEqual([1, 3]);
  expect(await stateOf(chain, 'p0/m')).toBe('cooling');
});

test('a backend that said 429 is asked again after the time that it named', async () => {
  const chain = await chainOf();
  chain.upstreams[0]?.reply(refuse('rate-limited', { 'retry-after': '1' }));
  await askTimes(chain, 1);
  await expect.poll(() => stateOf(chain, 'p0/m')).toBe('closed');
  expect((await chain.ask()).headers.get('x-gateway-backend')).toBe('p0/m');
});

test('streams that break off count, requests that the client spoiled do not', async () => {
  const chain = await chainOf({ env: PATIENT });
  for (let i = 0; i < 4; i++) {
    chain.upstreams[0]?.reply(refuse('bad-request'));
    expect((await errorOf(await chain.ask())).code).toBe('upstream_rejected');
  }
  expect(await stateOf(chain, 'p0/m')).toBe('closed');
  for (let i = 0; i < 3; i++) {
    chain.upstreams[0]?.reply(destroyAfter());
    await (await chain.ask({ stream: true })).text();
  }
  expect(await stateOf(chain, 'p0/m')).toBe('open');
});

test('a request that cannot be written again is its own fault, on every backend', async () => {
  const chain = await chainOf();
  const deep = '['.repeat(50_000) + ']'.repeat(50_000);
  const body = `{"model":"chain","model":"chain","x":${deep},"messages":[{"role":"user","content":"Hi"}]}`;
  for (let i = 0; i < 4; i++) {
    const response = await chain.call('POST', '/v1/chat/completions', body, { 'content-type': 'application/json' });
    expect((await errorOf(response)).code).toBe('body_too_complex');
  }
  expect([await stateOf(chain, 'p0/m'), await stateOf(chain, 'p1/m'), ...asked(chain)]).toEqual([
    'closed',
    'closed',
    0,
    0,
  ]);
});

test('clients that leave say nothing of the backend', async () => {
  const chain = await chainOf();
  for (let i = 0; i < 4; i++) {
    const { script } = gated('Never said.');
    chain.upstreams[0]?.reply(script);
    const leaving = new AbortController();
    const answer = fetch(`${chain.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer test-bearer-0123456789', 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'chain', messages: [{ role: 'user', content: 'Hi' }] }),
      signal: leaving.signal,
    });
    await chain.upstreams[0]?.waitFor(({ chats }) => chats.length === i + 1);
    leaving.abort();
    await expect(answer).rejects.toThrow();
    await chain.upstreams[0]?.chats[i]?.aborted;
  }
  expect(await stateOf(chain, 'p0/m')).toBe('closed');
});
