import { describe, expect, test } from 'vitest';
import { gated } from '../support/upstream/scripts/answers.ts';
import { refuse } from '../support/upstream/scripts/refusals.ts';
import { type Chain, chainsWith } from './start-chain.ts';

const chainOf = chainsWith();

const asked = (chain: Chain) => chain.upstreams.map(({ chats }) => chats.length);
const backendOf = async (chain: Chain, fields: Record<string, unknown> = {}) => {
  const response = await chain.ask(fields);
  await response.text();
  return response.headers.get('x-gateway-backend');
};

test('weighted shares the requests out by weight', async () => {
  const chain = await chainOf({ fields: 'strategy: weighted', backend: (i) => `weight: ${i === 0 ? 9 : 1}` });
  for (let i = 0; i < 200; i++) await backendOf(chain);
  const [first = 0, second = 0] = asked(chain);
  // 180 to 20 on average; beyond these bounds one run in ten million.
  expect(first).toBeGreaterThan(150);
  expect(second).toBeGreaterThan(0);
});

test('least-busy asks the backend with the fewest requests under way', async () => {
  const chain = await chainOf({ count: 3, fields: 'strategy: least-busy' });
  const gates = chain.upstreams.map((upstream) => {
    const { script, gate } = gated('Busy.');
    upstream.on('m', script);
    return gate;
  });
  const answers = [];
  for (let i = 1; i <= 3; i++) {
    answers.push(chain.ask());
    await expect.poll(() => asked(chain).reduce((sum, count) => sum + count)).toBe(i);
  }
  expect(asked(chain)).toEqual([1, 1, 1]);
  gates[1]?.open();
  await expect.poll(async () => (await chain.call('GET', '/readyz').then((r) => r.json())).routes[1].in_flight).toBe(0);
  answers.push(chain.ask());
  await expect.poll(() => asked(chain)).toEqual([1, 2, 1]);
  for (const gate of gates) gate.open();
  await Promise.all(answers);
});

describe('affinity', () => {
  const fields = 'strategy: affinity';
  const talk = (turns: number, name: string) => [
    { role: 'system', content: 'Be brief.' },
    ...Array.from({ length: turns }, (_, i) => [
      { role: 'user', content: `${name} says ${i}` },
      { role: 'assistant', content: 'Yes.' },
    ]).flat(),
    { role: 'user', content: `${name} asks` },
  ];

  test('the turns of one conversation meet one backend, and conversations are spread', async () => {
    const chain = await chainOf({ count: 3, fields });
    const met = new Set<string | null>();
    for (const name of ['Ada', 'Bob', 'Cyd', 'Dan', 'Eve', 'Fay', 'Gus', 'Hal', 'Ida', 'Jon', 'Kim', 'Lea']) {
      const first = await backendOf(chain, { messages: talk(1, name) });
      for (const turns of [2, 3, 4]) expect(await backendOf(chain, { messages: talk(turns, name) })).toBe(first);
      met.add(first);
    }
    expect(met.size).toBe(3);
  });

  test("`prompt_cache_key` and `user` are the client's own word for it", async () => {
    const chain = await chainOf({ count: 3, fields });
    for (const key of ['prompt_cache_key', 'user']) {
      const met = await Promise.all(
        Array.from({ length: 6 }, (_, i) => backendOf(chain, { [key]: 'one', messages: talk(i, `name ${i}`) })),
      );
      expect(new Set(met).size).toBe(1);
    }
  });

  test('a remembered conversation returns to its backend', async () => {
    const chain = await chainOf({ count: 3, fields });
    const first = await chain.call('POST', '/c1/chat', { model: 'chain', message: 'Hi' });
    const id = first.headers.get('x-conversation-id');
    for (let i = 0; i < 4; i++) {
      const next = await chain.call('POST', '/c1/chat', { model: 'chain', message: `again ${i}`, conversation_id: id });
      expect(next.headers.get('x-gateway-backend')).toBe(first.headers.get('x-gateway-backend'));
    }
  });

  test('when the backend of a conversation is down, another one takes it, and only its conversations move', async () => {
    const chain = await chainOf({ count: 3, fields, env: { CIRCUIT_FAILURES: '1', CIRCUIT_COOLDOWN_SECONDS: '60' } });
    const names = Array.from({ length: 12 }, (_, i) => `name ${i}`);
    const before = await Promise.all(names.map((name) => backendOf(chain, { user: name })));
    chain.upstreams[0]?.on('m', refuse('unavailable'));
    await Promise.all(names.map((name) => backendOf(chain, { user: name })));
    const after = await Promise.all(names.map((name) => backendOf(chain, { user: name })));
    expect(after).not.toContain('p0/m');
    for (const [i, backend] of before.entries()) if (backend !== 'p0/m') expect(after[i]).toBe(backend);
  });

  test('a busy backend sheds to an idle one', async () => {
    const chain = await chainOf({ fields, backend: () => 'max_parallel: 1' });
    const home = await backendOf(chain, { user: 'one' });
    const index = home === 'p0/m' ? 0 : 1;
    const { script, gate } = gated('Busy.');
    chain.upstreams[index]?.reply(script);
    const busy = chain.ask({ user: 'one' });
    await chain.upstreams[index]?.waitFor(({ open: count }) => count === 1);
    expect(await backendOf(chain, { user: 'one' })).not.toBe(home);
    gate.open();
    await (await busy).text();
    expect(await backendOf(chain, { user: 'one' })).toBe(home);
  });
});

test('`cache_salt` tells the keys apart for vLLM, without telling the key', async () => {
  const chain = await chainOf({ count: 1, provider: 'cache_salt: true' });
  await backendOf(chain);
  await backendOf(chain);
  const salts = chain.upstreams[0]?.chats.map(({ json }) => (json as { cache_salt?: string }).cache_salt);
  expect(salts?.[0]).toMatch(/^[\w-]{43}$/);
  expect(salts?.[1]).toBe(salts?.[0]);
});
