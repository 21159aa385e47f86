import { expect, test } from 'vitest';
import type { KeyFields } from '../../server/store/interface/keys.ts';
import { freshStore, openTestStore } from './support.ts';

const fields: KeyFields = {
  name: 'laptop',
  group: 'team-a',
  expiresAt: new Date('2027-01-02T03:04:05.678Z'),
  models: ['small', 'large'],
  ipRanges: ['10.0.0.0/8'],
  corsOrigins: ['https://chat.example.com'],
  enabled: true,
  requestsPerMinute: 60,
  tokensPerMinute: null,
  concurrent: 2,
  dailyBudget: 5_000_000_000,
  monthlyBudget: null,
};

test('a key is kept as it was made, and is its own owner unless it has one', async () => {
  const { store } = await freshStore();
  const made = await store.keys.create({ ...fields, hash: 'h1', prefix: 'sk-1', owner: null });
  expect(made).toMatchObject({ ...fields, hash: 'h1', prefix: 'sk-1', owner: made.id, revokedAt: null, revision: 1 });
  expect(await store.keys.find(made.id)).toEqual(made);
  const owned = await store.keys.create({ ...fields, hash: 'h2', prefix: 'sk-2', owner: 'ann', models: null });
  expect(owned).toMatchObject({ owner: 'ann', models: null, revision: 2 });
  expect(await store.keys.list({ limit: 10, offset: 0 })).toEqual([owned, made]);
  expect(await store.keys.list({ owner: 'ann', limit: 10, offset: 0 })).toEqual([owned]);
});

test('another process learns of every change, and of nothing twice', async () => {
  const { store, folder } = await freshStore();
  const other = await openTestStore(folder);
  const first = await store.keys.create({ ...fields, hash: 'h1', prefix: 'sk-1', owner: null });
  const second = await other.keys.create({ ...fields, hash: 'h2', prefix: 'sk-2', owner: null });
  expect((await other.keys.changedSince(0)).map(({ id }) => id)).toEqual([first.id, second.id]);
  expect(await other.keys.changedSince(second.revision)).toEqual([]);
  await store.keys.update(first.id, { enabled: false, models: null });
  expect(await other.keys.changedSince(second.revision)).toMatchObject([
    { id: first.id, enabled: false, models: null, ipRanges: ['10.0.0.0/8'] },
  ]);
  await other.close();
});

test('a revoked key stays revoked, whatever is asked of it', async () => {
  const { store } = await freshStore();
  const { id } = await store.keys.create({ ...fields, hash: 'h1', prefix: 'sk-1', owner: null });
  expect(await store.keys.revoke(id)).toMatchObject({ enabled: false, revokedAt: expect.any(Date) });
  expect(await store.keys.update(id, { enabled: true })).toBeNull();
  expect(await store.keys.revoke(id)).toBeNull();
  expect(await store.keys.find(id)).toMatchObject({ enabled: false });
  expect(await store.keys.revoke('key_unknown')).toBeNull();
});

test('what an administrator did is kept in order', async () => {
  const { store } = await freshStore();
  await store.audit.record({ actor: 'admin', action: 'keys.create', subject: 'key_1', details: { name: 'laptop' } });
  await store.audit.record({ actor: 'admin', action: 'keys.revoke', subject: 'key_1', details: {} });
  expect(await store.audit.list({ limit: 10, offset: 0 })).toMatchObject([
    { actor: 'admin', action: 'keys.revoke', subject: 'key_1', details: {} },
    { action: 'keys.create', details: { name: 'laptop' } },
  ]);
});
