import { setImmediate as nextTick } from 'node:timers/promises';
import type { Store } from '../../server/store/interface/store.ts';
import type { Random } from '../support/random.ts';
import { settle } from './usage-row.ts';

export interface Spent {
  /** Reservations that were made. */
  reserved: number;
  refused: number;
  /** Requests that ended: as they should, with nothing received, or half-way. */
  settled: number;
  /** Requests that were left without an end, as a crash leaves them. */
  abandoned: number;
  posted: number;
}

/**
 * Requests as they come to a gateway, many at once: each reserves, takes its time, and ends at its cost, below it,
 * above it, for nothing, or twice; between them the administrator tops wallets up and takes money away.
 */
export async function spendRandomly(
  store: Store,
  random: Random,
  { owners, operations, abandon }: { owners: readonly [string, ...string[]]; operations: number; abandon: number },
): Promise<Spent> {
  const spent: Spent = { reserved: 0, refused: 0, settled: 0, abandoned: 0, posted: 0 };

  async function post(owner: string): Promise<void> {
    const amount = random.chance(0.7) ? random.int(1, 2_000) : -random.int(1, 3_000);
    const kind = amount > 0 ? 'top_up' : 'correction';
    if (await store.wallets.addEntry({ owner, kind, amount, author: 'test', reason: 'random' })) spent.posted++;
  }

  async function request(owner: string, i: number): Promise<void> {
    const amount = random.int(1, 400);
    const reserved = await store.wallets.reserve({
      owner,
      keyId: `key-of-${owner}`,
      requestId: `${process.pid}-${i}`,
      least: amount,
      most: amount,
      dailyBudget: random.chance(0.5) ? null : 50_000,
      monthlyBudget: null,
    });
    if ('refused' in reserved) {
      spent.refused++;
      return;
    }
    spent.reserved++;
    for (let wait = random.int(0, 5); wait > 0; wait--) await nextTick();
    if (random.chance(abandon)) {
      spent.abandoned++;
      return;
    }
    const cost = random.pick([amount, 0, random.int(1, amount), amount + random.int(1, 400)]);
    settle(store, reserved.id, cost);
    if (random.chance(0.1)) settle(store, reserved.id, cost);
    spent.settled++;
  }

  const underWay = new Set<Promise<void>>();
  for (let i = 0; i < operations; i++) {
    const owner = random.pick(owners);
    const work = random.chance(0.1) ? post(owner) : request(owner, i);
    underWay.add(work);
    work.finally(() => underWay.delete(work));
    if (underWay.size >= 50) await Promise.race(underWay);
  }
  await Promise.all(underWay);
  return spent;
}
