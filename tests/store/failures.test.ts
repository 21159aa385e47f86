import { describe, expect, test, vi } from 'vitest';
import { tempFolder } from '../support/temp-folder.ts';
import { answerTo, freshStore, newTurn, openRaw, openTestStore, query, talk } from './support.ts';
import { usageRow } from './usage-row.ts';

/** Another process (here: connection) holds the write lock until the returned function is called. */
async function lock(folder: string): Promise<() => void> {
  const db = await openRaw(folder);
  db.exec('BEGIN IMMEDIATE');
  return () => {
    db.exec('ROLLBACK');
    db.close();
  };
}

describe('while the database cannot be written', () => {
  test('every write is service_unavailable, reads go on, and it recovers by itself', async () => {
    const { store, folder } = await freshStore({ busyTimeoutMs: 50 });
    const id = await talk(store, 'hello', 'hi');
    const open = await store.conversations.beginTurn(newTurn('open'));
    const key = { id, owner: null, userId: null };
    const unlock = await lock(folder);

    const unavailable = { code: 'service_unavailable', status: 503 };
    await expect(store.conversations.beginTurn(newTurn('x'))).rejects.toMatchObject(unavailable);
    await expect(store.conversations.beginTurn(newTurn('x', { conversationId: id }))).rejects.toMatchObject(
      unavailable,
    );
    await expect(store.conversations.endTurn(answerTo(open, 'x'))).rejects.toMatchObject(unavailable);
    await expect(store.conversations.update(key, { title: 'x' })).rejects.toMatchObject(unavailable);
    await expect(store.conversations.remove(key)).rejects.toMatchObject(unavailable);
    await expect(store.ping()).rejects.toMatchObject(unavailable);
    expect((await store.conversations.find(key))?.messages).toHaveLength(2);

    unlock();
    await store.conversations.endTurn(answerTo(open, 'x'));
    expect(await talk(store, 'again', 'yes', { conversationId: id })).toBe(id);
  });

  test('a change that returns its row waits for the lock, as every write does', async () => {
    const { store, folder } = await freshStore();
    const key = { id: await talk(store, 'hello', 'hi'), owner: null, userId: null };
    // The second change uses the prepared statement of the first one.
    await store.conversations.update(key, { title: 'first' });
    const unlock = await lock(folder);
    const updating = store.conversations.update(key, { title: 'second' });
    setTimeout(unlock, 300);
    expect(await updating).toMatchObject({ title: 'second' });
  });

  test('the end of a turn is kept, and written when it recovers', async () => {
    const { store, folder } = await freshStore({ busyTimeoutMs: 20 });
    const turn = await store.conversations.beginTurn(newTurn('hello'));
    const { conversationId } = turn;
    const unlock = await lock(folder);
    await expect(store.conversations.endTurn(answerTo(turn, 'hi'))).rejects.toMatchObject({
      code: 'service_unavailable',
    });
    unlock();
    await vi.waitFor(() => store.conversations.beginTurn(newTurn('again', { conversationId })), { timeout: 60_000 });
    const found = await store.conversations.find({ id: conversationId, owner: null, userId: null });
    expect(found?.messages.map(({ status }) => status)).toEqual([
      ...['completed', 'completed', 'completed', 'in_progress'],
    ]);
    expect(found?.messages[1]?.prompt).toContain('hi');
  });

  test('the end of a turn is written at the latest when the store closes, or reported as lost', async () => {
    const folder = tempFolder();
    const errors: string[] = [];
    const open = () => openTestStore(folder, { busyTimeoutMs: 20, onError: (error) => errors.push(String(error)) });
    for (const recovers of [true, false]) {
      const store = await open();
      const turn = await store.conversations.beginTurn(newTurn('hello'));
      const unlock = await lock(folder);
      await expect(store.conversations.endTurn(answerTo(turn, 'hi'))).rejects.toThrow();
      if (recovers) unlock();
      await store.close();
      if (!recovers) unlock();
      const next = await open();
      const found = await next.conversations.find({ id: turn.conversationId, owner: null, userId: null });
      expect(found?.messages.at(-1)?.status).toBe(recovers ? 'completed' : 'incomplete');
      await next.close();
    }
    expect(errors).toContain('Error: an answer was lost: the database failed');
  });

  test('an answer that the database refuses for good locks no conversation, and keeps no other end waiting', async () => {
    const errors: string[] = [];
    const { store, folder } = await freshStore({ onError: (error) => errors.push(String(error)) });
    const db = await openRaw(folder);
    db.exec(
      `CREATE TRIGGER "refuse" BEFORE UPDATE ON "Message" WHEN NEW."prompt" LIKE '%poison%' BEGIN SELECT RAISE(ABORT, 'no'); END`,
    );
    const turn = await store.conversations.beginTurn(newTurn('hello'));
    const { conversationId } = turn;
    await expect(store.conversations.endTurn(answerTo(turn, 'poison'))).rejects.toThrow();
    await store.conversations.beginTurn(newTurn('again', { conversationId }));
    const found = await store.conversations.find({ id: conversationId, owner: null, userId: null });
    expect(found?.messages.map(({ status }) => status)).toEqual([
      ...['incomplete', 'incomplete', 'completed', 'in_progress'],
    ]);
    expect(errors).toContain('Error: The database refused an answer, which is lost.');
    db.close();
  });

  test.each(['end', 'drop'] as const)(
    'a database that refuses every %s of a turn frees the conversation',
    async (how) => {
      const { store, folder } = await freshStore();
      const conversationId = await talk(store, 'hello', 'hi');
      const turn = await store.conversations.beginTurn(newTurn('more', { conversationId }));
      const db = await openRaw(folder);
      const refused = how === 'end' ? 'UPDATE' : 'DELETE';
      db.exec(`CREATE TRIGGER "refuse" BEFORE ${refused} ON "Message" BEGIN SELECT RAISE(ABORT, 'no'); END`);
      if (how === 'drop') await store.conversations.dropTurn(turn);
      else await expect(store.conversations.endTurn(answerTo(turn, 'yes'))).rejects.toThrow();
      const next = await store.conversations.beginTurn(newTurn('again', { conversationId }));
      expect(next.history).toHaveLength(4);
      db.close();
    },
  );

  test('a turn that is taken back is taken back when it recovers', async () => {
    const { store, folder } = await freshStore({ busyTimeoutMs: 20 });
    const turn = await store.conversations.beginTurn(newTurn('hello'));
    const unlock = await lock(folder);
    await store.conversations.dropTurn(turn);
    unlock();
    const key = { id: turn.conversationId, owner: null, userId: null };
    await vi.waitFor(async () => expect(await store.conversations.find(key)).toBeNull(), { timeout: 60_000 });
  });

  test('a short lock of another process is waited for', async () => {
    const { store, folder } = await freshStore();
    const unlock = await lock(folder);
    const turn = store.conversations.beginTurn(newTurn('patience'));
    let freed = false;
    // The loop turns meanwhile: a blocking wait would never let this run.
    setImmediate(() => {
      unlock();
      freed = true;
    });
    await turn;
    expect(freed).toBe(true);
  });

  test('reads that find the tables gone are service_unavailable too', async () => {
    const { store, folder } = await freshStore();
    const db = await openRaw(folder);
    db.exec('PRAGMA foreign_keys = OFF; DROP TABLE "Message"; DROP TABLE "Conversation"');
    db.close();
    const unavailable = { code: 'service_unavailable' };
    await expect(store.ping()).rejects.toMatchObject(unavailable);
    await expect(store.conversations.find({ id: 'x', owner: null, userId: null })).rejects.toMatchObject(unavailable);
    const page = { owner: null, userId: null, limit: 1, offset: 0 };
    await expect(store.conversations.list(page)).rejects.toMatchObject(unavailable);
    await expect(store.conversations.list({ ...page, query: 'x' })).rejects.toMatchObject(unavailable);
  });

  test('usage rows wait, and are written when it recovers', async () => {
    const { store, folder } = await freshStore({ busyTimeoutMs: 20 });
    const unlock = await lock(folder);
    for (let i = 0; i < 250; i++) store.usage.record(usageRow(`r${i}`));
    await expect(store.usage.flush()).rejects.toMatchObject({ code: 'service_unavailable' });
    unlock();
    await store.usage.flush();
    const db = await openRaw(folder);
    expect(query(db, 'SELECT count(*) FROM "Usage"')).toEqual([[250]]);
    db.close();
  });
});
