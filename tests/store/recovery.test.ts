import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Random } from '../support/random.ts';
import { tempFolder } from '../support/temp-folder.ts';
import {
  answerTo,
  checkSearchIndex,
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

const KILLS = 10;

test('processes that sweep away what dead ones left do not trip over each other', async () => {
  for (let round = 0; round < 3; round++) {
    const folder = tempFolder();
    for (let i = 0; i < 600; i++) writeFileSync(`${folder}/test.db-owner-dead-${i}-x`, '');
    const sweepers = [1, 2, 3, 4].map(() => spawnChild('sweeper', `${folder}/test.db`));
    expect(await Promise.all(sweepers.map((sweeper) => sweeper.line()))).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(await Promise.all(sweepers.map((sweeper) => sweeper.line()))).toEqual(Array(4).fill(undefined));
    expect(readdirSync(folder).filter((name) => name.includes('-owner-'))).toEqual([]);
  }
});

test('processes that start and stop at once are never taken for dead, wherever they are interrupted', async () => {
  const path = `${tempFolder()}/test.db`;
  const claimers = [1, 2, 3, 4, 5, 6].map(() => spawnChild('claimer', path, '400'));
  let isDone = false;
  const lost = Promise.all(claimers.map((claimer) => claimer.line())).finally(() => {
    isDone = true;
  });
  const random = new Random(1);
  while (!isDone) {
    const { process: claimer } = claimers[random.int(0, 5)] ?? {};
    claimer?.kill('SIGSTOP');
    await wait(random.int(0, 3));
    claimer?.kill('SIGCONT');
    await wait(1);
  }
  expect(await lost).toEqual(Array(6).fill('0'));
});

describe('after kill -9', () => {
  test('nothing acknowledged is lost and no conversation stays busy', async () => {
    const folder = tempFolder();
    const first = await openTestStore(folder);
    const ids: string[] = [];
    for (let i = 0; i < 4; i++) ids.push(await talk(first, 'hello', 'hi'));
    await first.close();

    const begun = new Set<string>();
    const ended = new Map<string, string>();
    for (let kill = 0; kill < KILLS; kill++) {
      const child = spawnChild('turn-writer', `file:${folder}/test.db`, migrationsDir, ...ids);
      const note = (line: string) => {
        const [what, , answer = '', text = ''] = line.split(' ');
        if (what === 'begun') begun.add(answer);
        else ended.set(answer, text);
      };
      // A different number of promises each time, so that the kill falls on different moments.
      for (let line = 0; line < 20 + kill * 7; line++) note((await child.line()) ?? '');
      await child.kill();
      for (let line = await child.line(); line !== undefined; line = await child.line()) note(line);

      const store = await openTestStore(folder);
      await settleSearch(store);
      const db = await openRaw(folder);
      expect(query(db, 'PRAGMA integrity_check')).toEqual([['ok']]);
      checkSearchIndex(db);
      expect(query(db, `SELECT count(*) FROM "Message" WHERE "status" = 'in_progress'`)).toEqual([[0]]);
      expect(query(db, `SELECT count(*) FROM "Conversation" WHERE "activeTurnId" IS NOT NULL`)).toEqual([[0]]);
      db.close();
      const status = new Map<string, { status: string; prompt: string }>();
      for (const id of ids) {
        const found = await store.conversations.find({ id, owner: null, userId: null });
        const messages = found?.messages ?? [];
        expect(messages.map((message) => message.seq)).toEqual(messages.map((_, i) => i + 1));
        expect(found?.conversation.messageCount).toBe(messages.length);
        for (const message of messages) status.set(message.id, message);
      }
      for (const answer of begun) expect(status.has(answer), answer).toBe(true);
      for (const [answer, text] of ended) {
        expect(status.get(answer)).toMatchObject({ status: 'completed', prompt: JSON.stringify(text) });
      }
      await store.close();
    }
    expect(ended.size).toBeGreaterThan(KILLS * 5);
  });

  test('the turns of another live process are not touched; when it dies they are freed', async () => {
    const { store, folder } = await freshStore();
    const conversationId = await talk(store, 'hello', 'hi');
    const child = spawnChild('contender', `file:${folder}/test.db`, migrationsDir);
    expect(await child.line()).toBe('ready');
    child.say(conversationId);
    expect(await child.line()).toBe('begun');

    const other = await openTestStore(folder);
    const attempt = () => other.conversations.beginTurn(newTurn('me too', { conversationId }));
    await expect(attempt()).rejects.toMatchObject({ code: 'conversation_busy' });
    await child.kill();
    const turn = await attempt();
    expect(turn.history.map((message) => message.status)).toEqual([
      'completed',
      'completed',
      'incomplete',
      'incomplete',
    ]);
    await other.close();
  });
});

test('two stores of one process are two owners', async () => {
  const { store, folder } = await freshStore();
  const other = await openTestStore(folder);
  const turn = await other.conversations.beginTurn(newTurn('hello'));
  const third = await openTestStore(folder);
  const next = newTurn('next', { conversationId: turn.conversationId });
  await expect(store.conversations.beginTurn(next)).rejects.toMatchObject({ code: 'conversation_busy' });
  await other.conversations.endTurn(answerTo(turn, 'hi'));
  await store.conversations.beginTurn(next);
  await third.close();
  await other.close();
});

test('the folder is made, for its owner alone, and a closed store leaves one file', async () => {
  const folder = `${tempFolder()}/deep/data`;
  const store = await openTestStore(folder);
  await talk(store, 'hello', 'hi');
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(folder).filter((file) => !file.includes('-owner-'))) {
    expect(statSync(`${folder}/${name}`).mode & 0o777, name).toBe(0o600);
  }
  await store.close();
  expect(existsSync(`${folder}/test.db`)).toBe(true);
  expect(readdirSync(folder).filter((file) => file.includes('-owner-'))).toEqual([]);
});
