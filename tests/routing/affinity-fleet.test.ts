import { expect, test } from 'vitest';
import { PrefixCache } from './prefix-cache.ts';
import { startChain } from './start-chain.ts';

const REPLICAS = 4;
const CONVERSATIONS = 32;
const TURNS = 6;
/** Of each replica: room for about half of the conversations' blocks, as a fleet has it that is well used. */
const CAPACITY = 220;

const words = (count: number, of: string) => Array.from({ length: count }, (_, i) => `${of}${i}`).join(' ');

/** People do not take their turns in the order of the last round. The same order in every run. */
const inAnyOrder = <T>(items: readonly T[], seed: number): T[] =>
  items
    .map((item, i) => ({ item, key: Math.sin((i + 1) * 12.9898 + seed * 78.233) * 43758.5453 }))
    .sort((a, b) => a.key - Math.floor(a.key) - (b.key - Math.floor(b.key)))
    .map(({ item }) => item);

/** How much of all prompts was in the KV caches, when conversations take their turns one after the other. */
async function hitRate(strategy: string): Promise<number> {
  const chain = await startChain({ count: REPLICAS, fields: `strategy: ${strategy}` });
  const caches = chain.upstreams.map((upstream) => {
    const cache = new PrefixCache(CAPACITY);
    upstream.on('m', cache.script);
    return cache;
  });
  const histories = Array.from({ length: CONVERSATIONS }, (_, i) => [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: words(60, `c${i}w`) },
  ]);
  let told = 0;
  for (let turn = 0; turn < TURNS; turn++) {
    await Promise.all(
      inAnyOrder([...histories.entries()], turn).map(async ([i, messages]) => {
        const { choices, usage } = await (await chain.ask({ messages })).json();
        told += usage.prompt_tokens_details?.cached_tokens ?? 0;
        messages.push(choices[0].message, { role: 'user', content: words(20, `c${i}t${turn}w`) });
      }),
    );
  }
  await chain.close();
  const sum = (count: (cache: PrefixCache) => number) => caches.reduce((total, cache) => total + count(cache), 0);
  // What the caches had is what clients are told.
  expect(told).toBe(sum(({ cached }) => cached));
  return told / sum(({ prompt }) => prompt);
}

test('affinity finds far more of the prompts in the KV caches than sharing the requests out does', async () => {
  const rates: Record<string, number> = {};
  for (const strategy of ['affinity', 'weighted', 'least-busy']) rates[strategy] = await hitRate(strategy);
  const percent = (rate = 0) => `${Math.round(100 * rate)} %`;
  console.info(
    `prompt tokens found in the KV caches of ${REPLICAS} replicas: affinity ${percent(rates.affinity)}, ` +
      `weighted ${percent(rates.weighted)}, least-busy ${percent(rates['least-busy'])}`,
  );
  expect(rates.affinity).toBeGreaterThan(0.5);
  expect(rates.affinity).toBeGreaterThan(1.5 * (rates.weighted ?? 1));
  expect(rates.affinity).toBeGreaterThan(1.5 * (rates['least-busy'] ?? 1));
});
