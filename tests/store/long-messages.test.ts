import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { tempFolder } from '../support/temp-folder.ts';
import { longTurn, picture } from './long-turn.ts';
import {
  answerTo,
  freshStore,
  migrationsDir,
  newTurn,
  openRaw,
  openTestStore,
  query,
  settleSearch,
  spawnChild,
  talk,
} from './support.ts';

const viewer = { owner: null, userId: null };

test('a turn of megabytes is on disk as it was said when it has begun, and is searched', async () => {
  const { store } = await freshStore();
  const turn = longTurn('pineapple');
  const begun = await store.conversations.beginTurn(turn);
  const found = await store.conversations.find({ ...viewer, id: begun.conversationId });
  expect(found?.messages.map(({ prompt, status }) => [prompt === turn.messages[0]?.prompt, status])).toEqual([
    [true, 'completed'],
    [false, 'in_progress'],
  ]);
  await store.conversations.endTurn(answerTo(begun, 'Yes.'));
  const next = await store.conversations.beginTurn(newTurn('And?', { conversationId: begun.conversationId }));
  expect(next.history[0]?.prompt).toBe(turn.messages[0]?.prompt);
  await settleSearch(store);
  const page = await store.conversations.list({ ...viewer, limit: 5, offset: 0, query: 'pineapple' });
  expect(page.items.map(({ id }) => id)).toEqual([begun.conversationId]);
});

test('a turn of many messages that are long together is stored in their order', async () => {
  const { store } = await freshStore();
  const messages = Array.from({ length: 40 }, (_, i) => ({
    role: 'tool' as const,
    prompt: JSON.stringify({ role: 'tool', tool_call_id: `call_${i}`, content: `${i} ${'x'.repeat(30_000)}` }),
    text: `${i}`,
  }));
  const id = await talk(store, 'go', 'yes', { messages });
  const found = await store.conversations.find({ ...viewer, id });
  expect(found?.messages.slice(0, -1).map(({ prompt }) => prompt)).toEqual(messages.map(({ prompt }) => prompt));
});

test('a picture in long turns is kept once, and goes with the last of them', async () => {
  const { store, folder } = await freshStore();
  const ids = [];
  for (const words of ['one', 'two']) {
    const begun = await store.conversations.beginTurn(longTurn(words));
    await store.conversations.endTurn(answerTo(begun, 'Yes.'));
    ids.push(begun.conversationId);
  }
  const db = await openRaw(folder);
  const lengths = () => query(db, 'SELECT length("data") FROM "Media"').map(([length]) => Number(length));
  expect(lengths()).toEqual([picture.length]);
  for (const id of ids) await store.conversations.remove({ ...viewer, id });
  expect(lengths()).toEqual([]);
  db.close();
});

test('when the database refuses what a long turn says, nothing of the turn is kept', async () => {
  const { store, folder } = await freshStore();
  const id = await talk(store, 'hello', 'hi');
  const db = await openRaw(folder);
  db.exec(`CREATE TRIGGER "Refuse" BEFORE UPDATE OF "prompt" ON "Message" WHEN length(new."prompt") > 1000
    BEGIN SELECT RAISE(ABORT, 'no'); END`);
  await expect(store.conversations.beginTurn(longTurn('new'))).rejects.toThrow();
  await expect(store.conversations.beginTurn(longTurn('more', { conversationId: id }))).rejects.toThrow();
  expect(query(db, 'SELECT "id", "messageCount", "activeTurnId" FROM "Conversation"')).toEqual([[id, 2, null]]);
  expect(query(db, 'SELECT count(*) FROM "Message"')).toEqual([[2]]);
  db.exec('DROP TRIGGER "Refuse"');
  await talk(store, 'again', 'yes', { conversationId: id });
  expect(query(db, 'SELECT "messageCount" FROM "Conversation"')).toEqual([[4]]);
  db.close();
});

test('a kill while long turns are written leaves whole turns or nothing', { timeout: 300_000 }, async () => {
  const folder = tempFolder();
  await (await openTestStore(folder)).close();
  const told: string[] = [];
  for (let kill = 0; kill < 3; kill++) {
    const child = spawnChild('long-turn-writer', `file:${folder}/test.db`, migrationsDir);
    for (let lines = 0; lines <= kill % 2; lines++) told.push((await child.line()) ?? '');
    // While the next turn is written, its message says nothing yet.
    const db = await openRaw(folder);
    const unwritten = `SELECT 1 FROM "Message" WHERE "status" = 'in_progress' AND "role" = 'user'`;
    while (query(db, unwritten).length === 0) await wait(1);
    await child.kill();
    for (let line = await child.line(); line !== undefined; line = await child.line()) told.push(line);
    db.close();
    await (await openTestStore(folder)).close();
  }
  const db = await openRaw(folder);
  expect(query(db, 'PRAGMA integrity_check')).toEqual([['ok']]);
  expect(query(db, `SELECT count(*) FROM "Message" WHERE "status" = 'in_progress'`)).toEqual([[0]]);
  expect(query(db, `SELECT count(*) FROM "Message" WHERE "role" = 'user' AND length("text") < 1000`)).toEqual([[0]]);
  expect(query(db, 'SELECT count(*) FROM "Media" WHERE "id" NOT IN (SELECT "mediaId" FROM "MessageMedia")')).toEqual([
    [0],
  ]);
  const kept = query(db, 'SELECT "id" FROM "Conversation" WHERE "messageCount" = 2').map(([id]) => id);
  expect(kept).toEqual(expect.arrayContaining(told));
  expect(query(db, 'SELECT count(*) FROM "Conversation" WHERE "messageCount" <> 2')).toEqual([[0]]);
  db.close();
});
