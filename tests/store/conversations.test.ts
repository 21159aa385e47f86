import { describe, expect, test } from 'vitest';
import { checkSearchIndex, freshStore, newTurn, openRaw, query, talk } from './support.ts';

describe('scope', () => {
  test("a user's conversation is as good as absent for everybody else", async () => {
    const { store } = await freshStore();
    const id = await talk(store, 'mine', 'yours', { userId: 'ann' });
    for (const userId of ['bob', null]) {
      const turn = store.conversations.beginTurn(newTurn('let me in', { conversationId: id, userId }));
      await expect(turn).rejects.toMatchObject({ code: 'conversation_not_found' });
      expect(await store.conversations.find({ id, userId })).toBeNull();
      expect(await store.conversations.update({ id, userId }, { title: 'stolen' })).toBeNull();
      expect(await store.conversations.remove({ id, userId })).toBe(false);
    }
    expect((await store.conversations.find({ id, userId: 'ann' }))?.conversation.title).toBeNull();
  });

  test('a busy conversation of somebody else is not found, rather than busy', async () => {
    const { store } = await freshStore();
    const turn = await store.conversations.beginTurn(newTurn('mine', { userId: 'ann' }));
    const other = store.conversations.beginTurn(newTurn('x', { conversationId: turn.conversationId, userId: 'bob' }));
    await expect(other).rejects.toMatchObject({ code: 'conversation_not_found' });
  });

  test('a conversation without a user is open to all who know its id, and stays without one', async () => {
    const { store } = await freshStore();
    const id = await talk(store, 'free', 'for all');
    await talk(store, 'thanks', 'welcome', { conversationId: id, userId: 'ann' });
    const found = await store.conversations.find({ id, userId: 'ann' });
    expect(found?.conversation).toMatchObject({ userId: null, messageCount: 4 });
  });
});

describe('the list', () => {
  test('holds exactly the conversations of the user, the last used first, page by page', async () => {
    const { store } = await freshStore();
    const nobody = await talk(store, 'nobody', '-');
    const ids: string[] = [];
    for (const text of ['one', 'two', 'three']) ids.push(await talk(store, text, '-', { userId: 'ann' }));
    const [one, two, three] = ids;
    await talk(store, 'again', '-', { userId: 'ann', conversationId: one ?? '' });

    const list = async (userId: string | null, limit: number, offset: number) => {
      const page = await store.conversations.list({ userId, limit, offset });
      return { ids: page.items.map((item) => item.id), total: page.total };
    };
    expect(await list('ann', 2, 0)).toEqual({ ids: [one, three], total: 3 });
    expect(await list('ann', 2, 2)).toEqual({ ids: [two], total: 3 });
    expect(await list(null, 10, 0)).toEqual({ ids: [nobody], total: 1 });
    expect(await list('bob', 10, 0)).toEqual({ ids: [], total: 0 });
  });
});

describe('an update', () => {
  test('keeps what it does not name and clears what is null', async () => {
    const { store } = await freshStore();
    const id = await talk(store, 'x', 'y', { systemPrompt: 'Be kind.' });
    const key = { id, userId: null };
    expect(await store.conversations.update(key, { title: 'A talk' })).toMatchObject({
      title: 'A talk',
      systemPrompt: 'Be kind.',
    });
    expect(await store.conversations.update(key, { systemPrompt: null })).toMatchObject({
      title: 'A talk',
      systemPrompt: null,
    });
    expect(await store.conversations.update(key, {})).toMatchObject({ title: 'A talk' });
    expect(await store.conversations.update({ id: 'conv_none', userId: null }, { title: 'x' })).toBeNull();
  });
});

describe('a removal', () => {
  test('takes all messages along, and their words out of the search index', async () => {
    const { store, folder } = await freshStore();
    const id = await talk(store, 'platypus', 'a mammal');
    await talk(store, 'platypus again', 'yes', { conversationId: id });
    const kept = await talk(store, 'the platypus that stays', 'good');
    expect(await store.conversations.remove({ id, userId: null })).toBe(true);
    expect(await store.conversations.remove({ id, userId: null })).toBe(false);

    const found = await store.conversations.list({ userId: null, limit: 10, offset: 0, query: 'platypus' });
    expect(found.items.map((item) => item.id)).toEqual([kept]);
    const db = await openRaw(folder);
    expect(query(db, 'SELECT count(*) FROM "Message"')).toEqual([[2]]);
    checkSearchIndex(db);
    db.close();
  });
});
