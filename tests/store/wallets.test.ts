import { describe, expect, test } from 'vitest';
import type { Store } from '../../server/store/interface/store.ts';
import type { NewReservation } from '../../server/store/interface/wallets.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { freshStore, migrationsDir, openRaw, openTestStore, query, spawnChild } from './support.ts';
import { settle } from './usage-row.ts';

const topUp = (store: Store, owner: string, amount: number) =>
  store.wallets.addEntry({ owner, kind: 'top_up', amount, author: 'admin', reason: 'test' });

const want = (amount: number, fields: Partial<NewReservation> = {}): NewReservation => ({
  owner: 'ann',
  keyId: 'key_ann',
  requestId: 'r',
  least: amount,
  most: amount,
  dailyBudget: null,
  monthlyBudget: null,
  ...fields,
});

async function reserve(store: Store, amount: number, fields?: Partial<NewReservation>): Promise<string> {
  const reserved = await store.wallets.reserve(want(amount, fields));
  if ('refused' in reserved) throw new Error(reserved.refused);
  return reserved.id;
}

const moneyOf = async (store: Store, owner = 'ann') => {
  await store.wallets.flush();
  const wallet = await store.wallets.find(owner);
  return wallet && [wallet.balance, wallet.held];
};

describe('a wallet', () => {
  test('holds what is reserved, and pays what it came to', async () => {
    const { store } = await freshStore();
    await topUp(store, 'ann', 1_000);
    const id = await reserve(store, 400);
    expect(await moneyOf(store)).toEqual([1_000, 400]);
    settle(store, id, 150);
    expect(await moneyOf(store)).toEqual([850, 0]);
    expect(await store.wallets.entries('ann', { limit: 10, offset: 0 })).toMatchObject([
      { kind: 'charge', amount: -150, author: 'gateway', reason: 'v1.chat', keyId: 'key_ann', requestId: 'r' },
      { kind: 'top_up', amount: 1_000, author: 'admin', reason: 'test', keyId: null },
    ]);
  });

  test('is not there for who never had money', async () => {
    const { store } = await freshStore();
    expect(await store.wallets.reserve(want(1))).toEqual({ refused: 'balance', balance: 0, held: 0 });
    expect(await store.wallets.find('ann')).toBeNull();
  });

  test('pays once for a request that is settled twice, and nothing for one that came to nothing', async () => {
    const { store } = await freshStore();
    await topUp(store, 'ann', 1_000);
    const [first, second] = [await reserve(store, 100), await reserve(store, 100)];
    settle(store, first, 60);
    settle(store, first, 60);
    settle(store, second, 0);
    expect(await moneyOf(store)).toEqual([940, 0]);
    expect(await store.wallets.entries('ann', { limit: 10, offset: 0 })).toHaveLength(2);
  });

  test('pays more than was reserved as far as others hold nothing of it', async () => {
    const { store } = await freshStore();
    await topUp(store, 'ann', 1_000);
    const [first, second] = [await reserve(store, 100), await reserve(store, 700)];
    settle(store, first, 5_000);
    expect(await moneyOf(store)).toEqual([700, 700]);
    settle(store, second, 700);
    expect(await moneyOf(store)).toEqual([0, 0]);
  });

  test('gives what it can spare of an amount that may be smaller, so that others find something, too', async () => {
    const { store } = await freshStore();
    await topUp(store, 'ann', 1_000);
    const elastic = (least: number, most: number) => store.wallets.reserve({ ...want(0), least, most });
    expect(await elastic(10, 300)).toMatchObject({ amount: 300 });
    expect(await elastic(10, 600)).toMatchObject({ amount: 350 });
    expect(await elastic(200, 600)).toMatchObject({ amount: 200 });
    expect(await elastic(151, 600)).toEqual({ refused: 'balance', balance: 1_000, held: 850 });
    expect(await moneyOf(store)).toEqual([1_000, 850]);
  });

  test('lets a reservation grow by what is free, and not by less than is needed', async () => {
    const { store } = await freshStore();
    await topUp(store, 'ann', 1_000);
    const growth = { ...want(0), id: await reserve(store, 100) };
    expect(await store.wallets.grow({ ...growth, least: 10, most: 500 })).toEqual({
      id: growth.id,
      amount: 600,
      tokens: 0,
    });
    const other = await reserve(store, 300);
    expect(await store.wallets.grow({ ...growth, least: 50, most: 500 })).toEqual({
      id: growth.id,
      amount: 700,
      tokens: 0,
    });
    expect(await store.wallets.grow({ ...growth, least: 1, most: 500 })).toEqual({
      refused: 'balance',
      balance: 1_000,
      held: 1_000,
    });
    settle(store, growth.id, 700);
    settle(store, other, 0);
    expect(await moneyOf(store)).toEqual([300, 0]);
  });

  test('lets of 100 reservations that grow at once only as many grow as it has money for', async () => {
    const { store } = await freshStore();
    await topUp(store, 'ann', 1_000);
    const ids = await Promise.all(Array.from({ length: 100 }, () => reserve(store, 5)));
    const grown = await Promise.all(ids.map((id) => store.wallets.grow({ ...want(10), id })));
    expect(grown.filter((outcome) => 'id' in outcome)).toHaveLength(50);
    expect(await moneyOf(store)).toEqual([1_000, 1_000]);
  });

  test('gives of 200 that ask at once only as many as it has money for', async () => {
    const { store } = await freshStore();
    await topUp(store, 'ann', 50 * 20);
    const outcomes = await Promise.all(Array.from({ length: 200 }, () => store.wallets.reserve(want(20))));
    expect(outcomes.filter((outcome) => 'id' in outcome)).toHaveLength(50);
    expect(await moneyOf(store)).toEqual([1_000, 1_000]);
  });

  test('loses no more by a correction than nobody holds', async () => {
    const { store } = await freshStore();
    await topUp(store, 'ann', 1_000);
    await reserve(store, 400);
    const correction = { owner: 'ann', kind: 'correction', author: 'admin', reason: 'oops' } as const;
    expect(await store.wallets.addEntry({ ...correction, amount: -601 })).toBe(false);
    expect(await store.wallets.addEntry({ ...correction, amount: -600 })).toBe(true);
    expect(await moneyOf(store)).toEqual([400, 400]);
  });

  test('has a ledger that nothing can change, and a balance that cannot go below what is held', async () => {
    const { store, folder } = await freshStore();
    await topUp(store, 'ann', 1_000);
    await reserve(store, 400);
    const db = await openRaw(folder);
    expect(() => db.exec('UPDATE "LedgerEntry" SET "amount" = 1')).toThrow('append-only');
    expect(() => db.exec('DELETE FROM "LedgerEntry"')).toThrow('append-only');
    expect(() => db.exec('UPDATE "Wallet" SET "balance" = 399')).toThrow('CHECK');
    expect(() => db.exec('UPDATE "Reservation" SET "amount" = 399')).toThrow('only grows');
    expect(() => db.exec(`UPDATE "Reservation" SET "owner" = 'ben'`)).toThrow('only grows');
    expect(() => db.exec('UPDATE "Reservation" SET "amount" = 1001')).toThrow('CHECK');
    db.close();
  });
});

describe('a budget', () => {
  test('counts what was spent today and what is held, and is refused by name', async () => {
    const { store } = await freshStore();
    await topUp(store, 'ann', 100_000);
    const limits = { dailyBudget: 1_000, monthlyBudget: 1_500 };
    settle(store, await reserve(store, 500, limits), 300);
    await store.wallets.flush();
    await reserve(store, 700, limits);
    expect(await store.wallets.reserve(want(1, limits))).toEqual({
      refused: 'daily',
      budget: 1_000,
      spent: 300,
      held: 700,
    });
    expect(await store.wallets.reserve(want(1, { dailyBudget: null, monthlyBudget: 1_000 }))).toEqual({
      refused: 'monthly',
      budget: 1_000,
      spent: 300,
      held: 700,
    });
    await reserve(store, 1, { keyId: 'another', ...limits });
    expect(await store.wallets.spent('key_ann', new Date())).toEqual({ day: 300, month: 300 });
  });
});

test('a budget lets a reservation grow no further than it reaches', async () => {
  const { store } = await freshStore();
  await topUp(store, 'ann', 100_000);
  const limits = { dailyBudget: 1_000, monthlyBudget: null };
  const growth = { ...want(0, limits), id: await reserve(store, 400, limits) };
  expect(await store.wallets.grow({ ...growth, least: 10, most: 5_000 })).toMatchObject({ amount: 1_000 });
  expect(await store.wallets.grow({ ...growth, least: 1, most: 5_000 })).toEqual({
    refused: 'daily',
    budget: 1_000,
    spent: 0,
    held: 1_000,
  });
});

test('a usage row has the cost that was charged, in the same transaction', async () => {
  const { store, folder } = await freshStore();
  await topUp(store, 'ann', 100);
  settle(store, await reserve(store, 60), 250);
  await store.usage.flush();
  const db = await openRaw(folder);
  expect(query(db, 'SELECT "cost" FROM "Usage"')).toEqual([[100]]);
  expect(query(db, `SELECT "amount" FROM "LedgerEntry" WHERE "kind" = 'charge'`)).toEqual([[-100]]);
  db.close();
});

describe('a process that dies', () => {
  test('gives back what it held: to who needs it, and at the next start', async () => {
    const folder = tempFolder();
    const store = await openTestStore(folder);
    await topUp(store, 'ann', 100);
    const child = spawnChild('holder', `file:${folder}/test.db`, migrationsDir, 'ann', '60');
    expect(await child.line()).toBe('held');
    expect(await store.wallets.reserve(want(60))).toEqual({ refused: 'balance', balance: 100, held: 60 });
    await child.kill();
    const id = await reserve(store, 60);
    expect(await moneyOf(store)).toEqual([100, 60]);
    settle(store, id, 10);
    await store.wallets.flush();

    const second = spawnChild('holder', `file:${folder}/test.db`, migrationsDir, 'ann', '70');
    expect(await second.line()).toBe('held');
    await second.kill();
    expect(await moneyOf(store)).toEqual([90, 70]);
    await store.close();
    const reopened = await openTestStore(folder);
    expect(await moneyOf(reopened)).toEqual([90, 0]);
    await reopened.close();
    const db = await openRaw(folder);
    expect(query(db, 'SELECT count(*) FROM "Reservation"')).toEqual([[0]]);
    db.close();
  });

  test('gives back what it held to the processes that live', async () => {
    const folder = tempFolder();
    const store = await openTestStore(folder);
    await topUp(store, 'ann', 100);
    const holders = ['60', '30'].map((amount) =>
      spawnChild('holder', `file:${folder}/test.db`, migrationsDir, 'ann', amount),
    );
    for (const holder of holders) expect(await holder.line()).toBe('held');
    expect(await store.recover()).toBe(0);
    expect(await moneyOf(store)).toEqual([100, 90]);
    await holders[0]?.kill();
    expect(await store.recover()).toBe(1);
    expect(await moneyOf(store)).toEqual([100, 30]);
    const own = await reserve(store, 20);
    expect(await store.recover()).toBe(0);
    expect(await moneyOf(store)).toEqual([100, 50]);
    settle(store, own, 10);
    await holders[1]?.kill();
    await store.close();
  });

  test('is not mistaken for one that lives: two processes never spend the same money', async () => {
    const { store, folder } = await freshStore();
    await topUp(store, 'ann', 100);
    const children = [1, 2, 3].map(() => spawnChild('holder', `file:${folder}/test.db`, migrationsDir, 'ann', '40'));
    const lines = await Promise.all(children.map((child) => child.line()));
    expect(lines.sort()).toEqual(['balance', 'held', 'held']);
    expect(await moneyOf(store)).toEqual([100, 80]);
  });
});
