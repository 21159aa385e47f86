import { setImmediate as nextTick } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SqliteAdapterFactory } from '../../server/store/sqlite/adapter.ts';
import { UsageWriter } from '../../server/store/usage.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { freshStore, openRaw, openTestStore, query } from './support.ts';
import { usageRow } from './usage-row.ts';

async function count(folder: string): Promise<unknown> {
  const db = await openRaw(folder);
  const [[rows] = []] = query(db, 'SELECT count(*) FROM "Usage"');
  db.close();
  return rows;
}

describe('usage rows', () => {
  test('are on disk after a flush, each field as it was', async () => {
    const { store, folder } = await freshStore();
    store.usage.record(usageRow('r1', { alias: `"quoted" 'é'`, firstTokenMs: 30 }));
    await store.usage.flush();
    const db = await openRaw(folder);
    expect(query(db, 'SELECT * FROM "Usage"')).toEqual([
      [
        ...['r1', '2026-01-02T03:04:05.678+00:00', 'c1.chat', `"quoted" 'é'`, 'local', 'vendor/small'],
        ...[10, 20, 5, 0, 1, 'ok', 120, 30, null, null, null, null, 0, null, 0, null, null],
      ],
    ]);
    db.close();
  });

  test('are written in batches, however many come at once', async () => {
    const { store, folder } = await freshStore();
    for (let i = 0; i < 1_050; i++) store.usage.record(usageRow(`r${i}`));
    await store.usage.flush();
    expect(await count(folder)).toBe(1_050);
  });

  test('that come while a batch is written wait for one of their own', async () => {
    const { folder } = await freshStore();
    const adapter = new SqliteAdapterFactory({ path: `${folder}/test.db`, synchronous: 'NORMAL', busyTimeoutMs: 20 });
    const connection = await adapter.connect();
    onTestFinished(() => connection.dispose());
    let commits = 0;
    const writer = new UsageWriter(
      (work) => {
        commits++;
        return adapter.transact(work);
      },
      { onError: () => {} },
    );
    writer.record(usageRow('first'));
    const flushed = writer.flush();
    for (let i = 0; i < 150; i++) {
      writer.record(usageRow(`r${i}`));
      await nextTick();
    }
    await flushed;
    await writer.close();
    expect(await count(folder)).toBe(151);
    expect(commits).toBeLessThan(10);
  });

  test('are written before the store closes', async () => {
    const folder = tempFolder();
    const store = await openTestStore(folder);
    for (let i = 0; i < 300; i++) store.usage.record(usageRow(`r${i}`));
    await store.close();
    expect(await count(folder)).toBe(300);
  });

  test('of one request are counted once', async () => {
    const { store, folder } = await freshStore();
    store.usage.record(usageRow('same'));
    store.usage.record(usageRow('same', { outcome: 'later' }));
    await store.usage.flush();
    store.usage.record(usageRow('same', { outcome: 'much later' }));
    await store.usage.flush();
    const db = await openRaw(folder);
    expect(query(db, 'SELECT "requestId", "outcome" FROM "Usage"')).toEqual([['same', 'ok']]);
    db.close();
  });

  test('that break a rule are reported and do not hold up the others', async () => {
    const errors: unknown[] = [];
    const { store, folder } = await freshStore({ onError: (error) => errors.push(error) });
    for (let i = 0; i < 9; i++) store.usage.record(usageRow(`r${i}`));
    store.usage.record(usageRow('bad', { promptTokens: Number.NaN }));
    await store.usage.flush();
    expect(await count(folder)).toBe(9);
    expect(errors).toMatchObject([{ message: 'a usage row was refused and is lost' }]);
  });

  test('beyond the bound are dropped, the oldest first, and their number is reported', async () => {
    const { folder } = await freshStore();
    const adapter = new SqliteAdapterFactory({ path: `${folder}/test.db`, synchronous: 'NORMAL', busyTimeoutMs: 20 });
    const connection = await adapter.connect();
    onTestFinished(() => connection.dispose());
    const errors: string[] = [];
    const writer = new UsageWriter((work) => adapter.transact(work), {
      maxQueued: 100,
      onError: (error) => errors.push(String(error)),
    });

    for (let i = 0; i < 105; i++) writer.record(usageRow(`r${i}`));
    await writer.close();
    const raw = await openRaw(folder);
    expect(query(raw, 'SELECT count(*) FROM "Usage"')).toEqual([[95]]);
    expect(query(raw, `SELECT count(*) FROM "Usage" WHERE "requestId" IN ('r0', 'r9')`)).toEqual([[0]]);
    expect(errors).toEqual(['Error: 10 usage rows were lost: the queue was full']);

    raw.exec('BEGIN IMMEDIATE');
    writer.record(usageRow('late'));
    await writer.close();
    raw.close();
    expect(errors.at(-1)).toBe('Error: a usage row was lost: the database failed');
  });
});

describe('reports over many rows', () => {
  const range = { from: new Date('2026-01-01T00:00:00Z'), to: new Date('2026-02-01T00:00:00Z') };

  /** How often others had a turn of the event loop until this was done. */
  async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
    let turns = 0;
    let isDone = false;
    const count = async () => {
      for (; !isDone; turns++) await nextTick();
    };
    const counting = count();
    await work();
    isDone = true;
    await counting;
    return turns;
  }

  test.each<[string, (store: Awaited<ReturnType<typeof freshStore>>['store']) => Promise<unknown>]>([
    ['sums', ({ usage }) => usage.sum(range, { bucket: 'hour', by: ['keyId'], limit: 10 })],
    [
      'requests that few filters pass',
      ({ usage }) => usage.list({ ...range, outcome: 'none' }, { limit: 1, offset: 0 }),
    ],
    ['charges by day', ({ wallets }) => wallets.spentByDay(null)],
  ])('hold up nobody: %s', async (_what, report) => {
    const { store, folder } = await freshStore();
    const db = await openRaw(folder);
    db.exec(`
      WITH RECURSIVE "n"("i") AS (SELECT 1 UNION ALL SELECT "i" + 1 FROM "n" WHERE "i" < 100000)
      INSERT INTO "Usage" ("requestId", "at", "operation", "alias", "promptTokens", "completionTokens", "cachedTokens",
        "reasoningTokens", "estimated", "outcome", "latencyMs", "keyId")
      SELECT 'r' || "i", '2026-01-02T03:04:05.678+00:00', 'v1.chat', 'a', 1, 1, 0, 0, 0, 'ok', 1, 'key_' || ("i" % 1000) FROM "n";
      WITH RECURSIVE "n"("i") AS (SELECT 1 UNION ALL SELECT "i" + 1 FROM "n" WHERE "i" < 100000)
      INSERT INTO "DailySpend" ("keyId", "day", "amount") SELECT 'key_' || "i", '2026-01-02', 1 FROM "n"`);
    db.close();
    expect(await turnsDuring(() => report(store))).toBeGreaterThan(50);
  });
});
