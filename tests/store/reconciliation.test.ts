import { describe, expect, test } from 'vitest';
import type { Database } from '../../server/store/sqlite/driver.ts';
import { Random } from '../support/random.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { spendRandomly } from './spend-randomly.ts';
import { freshStore, migrationsDir, openRaw, openTestStore, query, spawnChild } from './support.ts';

const owners = ['ann', 'ben', 'cem', 'dan'] as const;

/** What must be true of the money at any moment, whoever writes. */
function checkSums(db: Database): void {
  db.exec('BEGIN');
  const wallets = query(db, 'SELECT "owner", "balance", "held" FROM "Wallet" ORDER BY "owner"');
  const ledger = query(db, 'SELECT "owner", SUM("amount") FROM "LedgerEntry" GROUP BY "owner" ORDER BY "owner"');
  const held = new Map(
    query(db, 'SELECT "owner", SUM("amount") FROM "Reservation" GROUP BY "owner"').map(([owner, sum]) => [owner, sum]),
  );
  const charged = query(db, `SELECT -SUM("amount") FROM "LedgerEntry" WHERE "kind" = 'charge'`);
  const spent = query(db, 'SELECT SUM("amount") FROM "DailySpend"');
  db.exec('COMMIT');
  expect(wallets.map(([owner, balance]) => [owner, balance])).toEqual(ledger);
  expect(wallets.map(([owner, , sum]) => [owner, sum])).toEqual(
    wallets.map(([owner]) => [owner, held.get(owner) ?? 0]),
  );
  for (const [, balance, sum] of wallets) expect(Number(balance)).toBeGreaterThanOrEqual(Number(sum));
  expect(spent).toEqual(charged);
}

describe('whatever happens, the money adds up', () => {
  test.each([1, 2, 3])('with 2,000 random operations, 50 at a time (seed %i)', async (seed) => {
    const { store, folder } = await freshStore();
    const random = new Random(seed);
    const spent = await spendRandomly(store, random, { owners, operations: 2_000, abandon: 0 });
    await store.wallets.flush();
    const db = await openRaw(folder);
    checkSums(db);
    expect(query(db, 'SELECT count(*) FROM "Reservation"')).toEqual([[0]]);
    db.close();
    expect(Math.min(spent.reserved, spent.refused, spent.settled, spent.posted)).toBeGreaterThan(50);
  });

  test('with three processes on one database that are killed and started again', async () => {
    const folder = tempFolder();
    const url = `file:${folder}/test.db`;
    await (await openTestStore(folder)).close();
    const db = await openRaw(folder);
    const random = new Random(7);
    const total = { reserved: 0, refused: 0, settled: 0, abandoned: 0, posted: 0 };
    let rounds = 0;
    let leftBehind = 0;
    for (let kill = 0; kill < 4; kill++) {
      const spenders = [1, 2, 3].map((n) =>
        spawnChild('spender', url, migrationsDir, String(kill * 10 + n), ...owners),
      );
      await Promise.all(spenders.map((spender) => spender.line()));
      for (const spender of spenders) {
        for (let round = random.int(1, 4); round > 0; round--) {
          const line = await spender.line();
          for (const [name, count] of Object.entries(JSON.parse(line ?? ''))) {
            if (name in total) total[name as keyof typeof total] += Number(count);
          }
          rounds++;
        }
        checkSums(db);
        await spender.kill();
      }
      checkSums(db);
      leftBehind += Number(query(db, 'SELECT count(*) FROM "Reservation"')[0]?.[0]);
    }
    expect(rounds).toBeGreaterThanOrEqual(12);
    expect(leftBehind).toBeGreaterThan(0);
    expect(Math.min(total.reserved, total.refused, total.settled, total.abandoned, total.posted)).toBeGreaterThan(10);

    const store = await openTestStore(folder);
    checkSums(db);
    expect(query(db, 'SELECT count(*) FROM "Reservation"')).toEqual([[0]]);
    await store.close();
    db.close();
  });
});
