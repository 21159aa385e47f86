import { expect, test } from 'vitest';
import { freshStore, migrationsDir, newTurn, openRaw, query, spawnChild, talk } from './support.ts';

test('of two processes that want the same conversations, exactly one gets each', async () => {
  const { store, folder } = await freshStore();
  const ids: string[] = [];
  for (let i = 0; i < 20; i++) ids.push(await talk(store, 'hello', 'hi'));

  const contenders = ['a', 'b'].map(() => spawnChild('contender', `file:${folder}/test.db`, migrationsDir));
  for (const contender of contenders) expect(await contender.line()).toBe('ready');
  for (const contender of contenders) for (const id of ids) contender.say(id);
  for (const id of ids) {
    const answers = await Promise.all(contenders.map((contender) => contender.line()));
    expect(answers.sort(), id).toEqual(['begun', 'conversation_busy']);
  }
  for (const contender of contenders) contender.say('end');
  for (const contender of contenders) expect(await contender.line()).toBe('ended');

  for (const conversationId of ids) {
    const turn = await store.conversations.beginTurn(newTurn('next', { conversationId }));
    expect(turn.history.map((message) => message.status)).toEqual(Array(4).fill('completed'));
  }
  const db = await openRaw(folder);
  expect(query(db, 'SELECT DISTINCT count(*), max("seq") FROM "Message" GROUP BY "conversationId"')).toEqual([[6, 6]]);
  db.close();
});
