import { setImmediate as nextTick } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Store } from '../../server/store/interface/store.ts';
import type { NewReservation } from '../../server/store/interface/wallets.ts';
import { Random } from '../support/random.ts';
import { freshStore, openRaw, openTestStore, query } from './support.ts';
import { settle } from './usage-row.ts';

const owner = 'ann';
const NO_LIMITS = { dailyBudget: null, monthlyBudget: null, dailyTokens: null, monthlyTokens: null };

const topUp = (store: Store, amount: number) =>
  store.wallets.addEntry({ owner, kind: 'top_up', amount, author: 'test', reason: 'test' });

const wish = (userId: string, money: number, tokens: number, fields: Partial<NewReservation> = {}): NewReservation => ({
  owner,
  keyId: 'key',
  requestId: 'req',
  least: money,
  most: money,
  dailyBudget: null,
  monthlyBudget: null,
  user: { id: userId, leastTokens: tokens, mostTokens: tokens },
  ...fields,
});

test('a reservation takes from the wallet and from the end user, or from neither', async () => {
  const { store } = await freshStore();
  await topUp(store, 1_000);
  await store.userBudgets.set({ ...NO_LIMITS, owner, userId: 'u', dailyBudget: 100, monthlyTokens: 50 });
  expect(await store.wallets.reserve(wish('u', 80, 10))).toMatchObject({ amount: 80, tokens: 10 });
  expect(await store.wallets.reserve(wish('u', 30, 10))).toEqual({
    refused: 'user',
    userId: 'u',
    period: 'daily',
    of: 'money',
    limit: 100,
    used: 0,
    held: 80,
    need: 30,
  });
  expect(await store.wallets.reserve(wish('u', 10, 41))).toMatchObject({
    refused: 'user',
    period: 'monthly',
    of: 'tokens',
    held: 10,
  });
  expect(await store.wallets.reserve(wish('u', 20, 40))).toMatchObject({ amount: 20, tokens: 40 });
  expect((await store.wallets.find(owner))?.held).toBe(100);
});

test('the wallet still refuses what it does not have', async () => {
  const { store } = await freshStore();
  await topUp(store, 10);
  await store.userBudgets.set({ ...NO_LIMITS, owner, userId: 'u', dailyBudget: 100 });
  expect(await store.wallets.reserve(wish('u', 50, 1))).toMatchObject({ refused: 'balance', balance: 10 });
});

test('tokens of models that cost nothing are held and counted without a wallet', async () => {
  const { store } = await freshStore();
  await store.userBudgets.set({ ...NO_LIMITS, owner, userId: 'u', dailyTokens: 30 });
  const held = await store.wallets.reserve(wish('u', 0, 20));
  if ('refused' in held) throw new Error('It was refused.');
  expect(await store.wallets.reserve(wish('u', 0, 20))).toMatchObject({ refused: 'user', of: 'tokens', held: 20 });
  settle(store, held.id, 0, 7);
  settle(store, held.id, 0, 7);
  expect(await store.userBudgets.used(owner, 'u', new Date())).toEqual({
    day: { amount: 0, tokens: 7 },
    month: { amount: 0, tokens: 7 },
  });
  expect(await store.wallets.reserve(wish('u', 0, 23))).toMatchObject({ tokens: 23 });
});

test('an answer that grows holds what the end user has left, and is refused below what has come', async () => {
  const { store } = await freshStore();
  await store.userBudgets.set({ ...NO_LIMITS, owner, userId: 'u', dailyTokens: 30 });
  const held = await store.wallets.reserve(wish('u', 0, 10));
  if ('refused' in held) throw new Error('It was refused.');
  const grow = (leastTokens: number, mostTokens: number) =>
    store.wallets.grow({ ...wish('u', 0, 0), id: held.id, user: { id: 'u', leastTokens, mostTokens } });
  expect(await grow(1, 15)).toMatchObject({ tokens: 25 });
  expect(await grow(1, 15)).toMatchObject({ tokens: 30 });
  expect(await grow(1, 15)).toMatchObject({ refused: 'user', limit: 30, held: 30, need: 1 });
});

describe('the budget of *', () => {
  test('holds for each user that has none of its own', async () => {
    const { store } = await freshStore();
    await topUp(store, 1_000);
    await store.userBudgets.set({ ...NO_LIMITS, owner, userId: '*', dailyBudget: 10 });
    await store.userBudgets.set({ ...NO_LIMITS, owner, userId: 'rich', dailyBudget: 100 });
    for (const user of ['a', 'b']) {
      expect(await store.wallets.reserve(wish(user, 10, 0))).toMatchObject({ amount: 10 });
      expect(await store.wallets.reserve(wish(user, 1, 0))).toMatchObject({ refused: 'user', userId: user });
    }
    expect(await store.wallets.reserve(wish('rich', 60, 0))).toMatchObject({ amount: 60 });
  });
});

test('another process learns that an owner has budgets', async () => {
  const { store, folder } = await freshStore();
  const other = await openTestStore(folder);
  try {
    await store.userBudgets.set({ ...NO_LIMITS, owner, userId: 'u', dailyTokens: 1 });
    expect(store.userBudgets.limits(owner)).toBe(true);
    await expect.poll(() => other.userBudgets.limits(owner)).toBe(true);
    await other.userBudgets.remove(owner, 'u');
    expect(other.userBudgets.limits(owner)).toBe(false);
  } finally {
    await other.close();
  }
});

describe('whoever reserves at once, no budget is overdrawn, and the sums are exact', () => {
  const users = ['u1', 'u2', 'u3'] as const;
  const budget = { dailyBudget: 4_000, monthlyBudget: 9_000, dailyTokens: 3_000, monthlyTokens: 7_000 };

  test.each([1, 2, 3])('with 1,500 random operations (seed %i)', { timeout: 120_000 }, async (seed) => {
    const { store, folder } = await freshStore();
    const random = new Random(seed);
    await topUp(store, 1_000_000);
    for (const userId of users) await store.userBudgets.set({ owner, userId, ...budget });
    const expected = new Map<string, { amount: number; tokens: number }>(
      users.map((user) => [user, { amount: 0, tokens: 0 }]),
    );
    let refused = 0;

    async function request(): Promise<void> {
      const user = random.pick([...users]);
      const money = random.chance(0.2) ? 0 : random.int(1, 60);
      const tokens = random.int(0, 40);
      const held = await store.wallets.reserve(wish(user, money, tokens));
      if ('refused' in held) {
        refused++;
        return;
      }
      let [amount, count] = [held.amount, held.tokens];
      if (random.chance(0.4)) {
        const [more, most] = [random.int(0, 10), random.int(10, 40)];
        const grown = await store.wallets.grow({
          ...wish(user, money === 0 ? 0 : 5, 0),
          id: held.id,
          user: { id: user, leastTokens: more, mostTokens: most },
        });
        if ('id' in grown) [amount, count] = [grown.amount, grown.tokens];
      }
      await nextTick();
      const [cost, used] = [random.int(0, amount), random.int(0, count)];
      settle(store, held.id, cost, used);
      if (random.chance(0.1)) settle(store, held.id, cost, used);
      const sum = expected.get(user);
      if (sum) expected.set(user, { amount: sum.amount + cost, tokens: sum.tokens + used });
    }

    for (let batch = 0; batch < 30; batch++) await Promise.all(Array.from({ length: 50 }, request));
    await store.wallets.flush();
    const db = await openRaw(folder);
    const rows = query(db, 'SELECT "userId", SUM("amount"), SUM("tokens") FROM "UserSpend" GROUP BY "userId"');
    expect(query(db, 'SELECT count(*) FROM "Reservation"')).toEqual([[0]]);
    db.close();
    expect(refused).toBeGreaterThan(50);
    expect(new Map(rows.map(([user, amount, tokens]) => [user, { amount, tokens }]))).toEqual(expected);
    for (const { amount, tokens } of expected.values()) {
      expect(amount).toBeLessThanOrEqual(budget.dailyBudget);
      expect(tokens).toBeLessThanOrEqual(budget.dailyTokens);
    }
  });
});
