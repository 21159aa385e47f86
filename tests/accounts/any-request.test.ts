import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CreatedKey } from '../../contracts/keys/key.ts';
import { Random } from '../support/random.ts';
import { type AccountsGateway, CHAT, startAccounts } from '../support/start-accounts.ts';
import type { Answer } from '../support/upstream/answer.ts';
import type { Script } from '../support/upstream/exchange.ts';
import { answer, callTools, say, think, words } from '../support/upstream/scripts/answers.ts';

const SEEDS = [1, 2, 3];
const REQUESTS = 60;

let gateway: AccountsGateway;
beforeAll(async () => {
  gateway = await startAccounts({ RESERVE_TOKENS: '50', RATE_LIMIT_PER_SECOND: '0', CIRCUIT_FAILURES: '1000000' });
});
afterAll(() => gateway.close());

const text = (random: Random): string => 'word '.repeat(random.int(1, random.chance(0.2) ? 2_000 : 40));
const picture =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** Fields that change what an answer costs, or that somebody could hope to hide a cost in. */
function fields(random: Random): Record<string, unknown> {
  const all: Record<string, () => unknown> = {
    max_tokens: () => random.pick([1, 10, 300, 32_000]),
    max_completion_tokens: () => random.pick([1, 200]),
    n_predict: () => random.pick([-1, 0.5, 5]),
    n: () => random.int(1, 4),
    logprobs: () => true,
    prediction: () => ({ type: 'content', content: text(random) }),
    tools: () => [{ type: 'function', function: { name: 'f', description: text(random), parameters: {} } }],
    response_format: () => ({ type: 'json_object' }),
    guided_json: () => ({ type: 'object', description: text(random) }),
    chat_template_kwargs: () => ({ note: text(random) }),
    reasoning_effort: () => 'low',
    some_field: () => [text(random)],
    metadata: () => ({ a: 'b' }),
    user: () => 'someone',
  };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, make]) => (random.chance(0.2) ? [[name, make()] as const] : [])),
  );
}

interface Asked {
  readonly path: string;
  readonly body: object;
}

function request(random: Random): Asked {
  const stream = random.chance(0.5);
  const model = random.pick(['cheap', 'dear', 'chain']);
  const messages = [{ role: 'user', content: text(random) }];
  const parts = [
    { type: 'text', text: text(random) },
    { type: 'image_url', image_url: { url: picture } },
  ];
  const trpc = (name: string, body: object): Asked => ({ path: `/trpc/${name}`, body });
  return random.pick<() => Asked>([
    () => ({ path: CHAT, body: { model, messages, stream, ...fields(random) } }),
    () => ({ path: CHAT, body: { model: 'painter', messages: [{ role: 'user', content: parts }], stream } }),
    () => ({ path: '/c1/chat', body: { model, message: text(random), stream, ...fields(random) } }),
    () => ({ path: '/v1/responses', body: { model, input: text(random), stream, store: random.chance(0.5) } }),
    () => ({ path: '/v1/messages', body: { model, messages, max_tokens: random.pick([1, 50, 9_000]), stream } }),
    () => ({
      path: '/v1/completions',
      body: { model: 'texter', prompt: [text(random), text(random)], stream, max_tokens: random.pick([1, 400]) },
    }),
    () => ({ path: '/v1/embeddings', body: { model: 'vectors', input: [text(random)] } }),
    () => trpc('v1.chat.create', { model, messages, ...fields(random) }),
    () => ({
      path: '/trpc/v1.chat.create,v1.chat.create?batch=1',
      body: { 0: { model, messages }, 1: { model: 'cheap', messages, ...fields(random) } },
    }),
  ])();
}

/** Whole answers, broken ones, ones without counts, and counts that cannot be true. */
function reply(random: Random): Script {
  const long = words('word '.repeat(random.int(1, 400)));
  const usage = random.pick<Pick<Answer, 'usage' | 'tellUsage'>>([
    {},
    { tellUsage: 'never' },
    { usage: { prompt: 1e9, completion: 1e9 }, tellUsage: 'always' },
    { usage: { prompt: 0, completion: 0 }, tellUsage: 'always' },
  ]);
  return random.pick<() => Script>([
    () => say(long, usage),
    () => think('thought '.repeat(random.int(1, 100)), 'Yes.', usage),
    () => callTools([{ name: 'f', arguments: { a: 'b' } }], usage),
    () => answer({ text: long, cut: { tokens: 1, how: random.pick(['end', 'destroy']) } }),
    () => (exchange) => exchange.send(500, { 'content-type': 'application/json' }, '{"error":{"message":"No."}}'),
  ])();
}

async function send(key: CreatedKey, { path, body }: Asked, random: Random): Promise<void> {
  const leaving = new AbortController();
  const leavesAfter = random.chance(0.25) ? random.int(0, 30) : null;
  const timer = leavesAfter === null ? undefined : setTimeout(() => leaving.abort(), leavesAfter);
  try {
    const response = await fetch(gateway.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key.key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: leaving.signal,
    });
    await response.text();
    expect([path, response.status]).not.toEqual([path, 500]);
  } catch (error) {
    if (!leaving.signal.aborted && !(error instanceof TypeError)) throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function everyEntry(key: CreatedKey): Promise<{ kind: string; amount_usd: number }[]> {
  const { items } = await (await gateway.call('GET', `/api/wallets/${key.owner}/entries?limit=1000`)).json();
  return items;
}

const micro = (usd: number) => Math.round(usd * 1e6);

test.each(SEEDS)(
  'whatever is asked and answered, a wallet is never overdrawn and each charge has its row (seed %i)',
  async (seed) => {
    const random = new Random(seed);
    const credit = random.pick([0.002, 0.05, 2]);
    const key = await gateway.createKey({ credit_usd: credit });
    for (let sent = 0; sent < REQUESTS; ) {
      const together = Array.from({ length: random.int(1, 6) }, () => request(random));
      for (const _ of together) gateway.upstream.reply(reply(random));
      sent += together.length;
      await Promise.all(together.map((asked) => send(key, asked, random)));
      expect((await gateway.walletOf(key)).balance_usd).toBeGreaterThanOrEqual(0);
    }
    await expect.poll(async () => (await gateway.walletOf(key)).held_usd).toBe(0);
    await gateway.store.usage.flush();
    const charges = (await everyEntry(key)).filter(({ kind }) => kind === 'charge');
    const { items } = await (await gateway.call('GET', `/api/usage/requests?key_id=${key.id}&limit=1000`)).json();
    const paid: { cost_usd: number }[] = items.filter(({ cost_usd }: { cost_usd: number }) => cost_usd > 0);
    const sum = (amounts: number[]) => amounts.reduce((total, amount) => total + amount, 0);
    expect(paid.map(({ cost_usd }) => micro(cost_usd)).toSorted()).toEqual(
      charges.map(({ amount_usd }) => micro(-amount_usd)).toSorted(),
    );
    const { balance_usd } = await gateway.walletOf(key);
    expect(micro(balance_usd)).toBe(micro(credit) - sum(charges.map(({ amount_usd }) => micro(-amount_usd))));
    expect(balance_usd).toBeGreaterThanOrEqual(0);
    expect(charges.length).toBeGreaterThan(0);
  },
);
