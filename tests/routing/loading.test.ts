import { describe, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { textOf } from '../support/read-events.ts';
import { bearer } from '../support/start-gateway.ts';
import { say } from '../support/upstream/scripts/answers.ts';
import { raw, refuse } from '../support/upstream/scripts/refusals.ts';
import { type Chain, chainsWith } from './start-chain.ts';

const chainOf = chainsWith({ CIRCUIT_FAILURES: '3', UPSTREAM_RETRIES: '0' });

const answer503 = (error: object, headers: Record<string, string> = {}) =>
  raw(503, { 'content-type': 'application/json', ...headers }, JSON.stringify({ error }));
const loading = answer503({ message: 'Loading model', type: 'unavailable_error', code: 503 });
const busy = answer503({
  message: 'server busy, please try again.  maximum pending requests exceeded',
  type: 'api_error',
  param: null,
  code: null,
});

const stateOf = async (chain: Chain, backend: string): Promise<string> => {
  const { routes } = await (await chain.call('GET', '/readyz')).json();
  return routes.find((route: { backend: string }) => route.backend === backend)?.state;
};

describe.each([
  ['loads its model', loading, 'loading', 'model_loading'],
  ['is busy', busy, 'busy', 'model_busy'],
  ['is overloaded', answer503({ message: 'The model is overloaded.' }), 'busy', 'model_busy'],
  ['answers 529 without a word', raw(529, {}, ''), 'busy', 'model_busy'],
] as const)('a backend that %s', (_what, refusal, state, code) => {
  test('is passed over at once, opens no circuit, and gets requests again when it is ready', async () => {
    const chain = await chainOf();
    const [box, cloud] = chain.upstreams;
    box?.on('m', refusal);
    for (let i = 0; i < 8; i++) expect((await chain.ask()).status).toBe(200);
    expect(cloud?.chats.length).toBe(8);
    expect(['loading', 'busy', 'closed']).toContain(await stateOf(chain, 'p0/m'));
    box?.on('m', say('Ready.'));
    const backend = async () => (await chain.ask()).headers.get('x-gateway-backend');
    await expect.poll(backend, { interval: 200 }).toBe('p0/m');
  });

  test('is told to a JSON client with a time to come back', async () => {
    const chain = await chainOf({ count: 1 });
    chain.upstreams[0]?.on('m', refusal);
    const response = await chain.ask();
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await errorOf(response)).toMatchObject({ status: 503, code, param: 'model' });
    expect(chain.upstreams[0]?.chats.length).toBe(1);
  });

  test('is waited for by a stream', async () => {
    const chain = await chainOf({ count: 1 });
    const [box] = chain.upstreams;
    box?.on('m', refusal);
    const pending = chain.ask({ stream: true });
    await expect.poll(() => box?.chats.length).toBeGreaterThan(1);
    expect(await stateOf(chain, 'p0/m')).toMatch(new RegExp(`${state}|closed`));
    box?.on('m', say('Ready.'));
    const response = await pending;
    expect(response.status).toBe(200);
    expect(textOf(await response.text())).toBe('Ready.');
  });

  test('is not waited for longer than MODEL_WAIT_SECONDS', async () => {
    const chain = await chainOf({ count: 1, env: { MODEL_WAIT_SECONDS: '0' } });
    chain.upstreams[0]?.on('m', refusal);
    expect(await errorOf(await chain.ask({ stream: true }))).toMatchObject({ status: 503, code });
  });

  test('is waited for no longer than its client is there', async () => {
    const chain = await chainOf({ count: 1 });
    const [box] = chain.upstreams;
    box?.on('m', refusal);
    const leaving = new AbortController();
    const request = fetch(`${chain.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'chain', stream: true, messages: [{ role: 'user', content: 'Hi' }] }),
      signal: leaving.signal,
    }).catch(() => null);
    await expect.poll(() => box?.chats.length).toBeGreaterThan(0);
    leaving.abort();
    await request;
    await expect.poll(async () => (await (await chain.call('GET', '/readyz')).json()).routes[0].in_flight).toBe(0);
  });
});

describe('a probe that finds a backend up', () => {
  test('closes a circuit that opened because the backend was not available', async () => {
    const chain = await chainOf({ env: { CIRCUIT_COOLDOWN_SECONDS: '600' } });
    const [box] = chain.upstreams;
    box?.on('m', refuse('unavailable'));
    for (let i = 0; i < 4; i++) await chain.ask();
    expect(box?.chats.length).toBe(3);
    box?.on('m', say('Back.'));
    expect(await stateOf(chain, 'p0/m')).toBe('closed');
    expect((await chain.ask()).headers.get('x-gateway-backend')).toBe('p0/m');
  });

  test('closes none that opened because of broken answers', async () => {
    const chain = await chainOf({ env: { CIRCUIT_COOLDOWN_SECONDS: '600' } });
    chain.upstreams[0]?.on('m', refuse('server-error'));
    for (let i = 0; i < 4; i++) await chain.ask();
    expect(await stateOf(chain, 'p0/m')).toBe('open');
  });
});
