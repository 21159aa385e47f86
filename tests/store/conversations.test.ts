import { describe, expect, test } from 'vitest';
import { checkSearchIndex, freshStore, newTurn, openRaw, query, talk } from './support.ts';

describe('scope', () => {
  test("a user's conversation is as good as absent for everybody else", async () => {
    const { store } = await freshStore();
    const id = await talk(store, 'mine', 'yours', { owner: null, userId: 'ann' });
    for (const userId of ['bob', null]) {
      const turn = store.conversations.beginTurn(newTurn('let me in', { conversationId: id, userId }));
      await expect(turn).rejects.toMatchObject({ code: 'conversation_not_found' });
      expect(await store.conversations.find({ id, owner: null, userId })).toBeNull();
      expect(await store.conversations.update({ id, owner: null, userId }, { title: 'stolen' })).toBeNull();
      expect(await store.conversations.remove({ id, owner: null, userId })).toBe(false);
    }
    expect((await store.conversations.find({ id, owner: null, userId: 'ann' }))?.conversation.title).toBeNull();
  });

  test("an owner's conversation does not exist for other owners, nor for the administrator", async () => {
    const { store } = await freshStore();
    const id = await talk(store, 'mine plum', 'yours', { owner: 'acme' });
    const ofNobody = await talk(store, 'plum', 'yes');
    const other = { id, owner: 'umbrella', userId: null };
    const turn = store.conversations.beginTurn(newTurn('let me in', { conversationId: id, owner: 'umbrella' }));
    await expect(turn).rejects.toMatchObject({ code: 'conversation_not_found' });
    expect(await store.conversations.find(other)).toBeNull();
    expect(await store.conversations.update(other, { title: 'stolen' })).toBeNull();
    expect(await store.conversations.remove(other)).toBe(false);
    expect(await store.conversations.find({ ...other, id: ofNobody })).toBeNull();
    const listed = async (owner: string | null, query: string) => {
      const page = await store.conversations.list({ owner, userId: null, limit: 9, offset: 0, query });
      expect(page).toMatchObject({ total: page.items.length, isLowerBound: false });
      return page.items.map((item) => item.id).sort();
    };
    for (const query of ['', 'plum']) {
      expect(await listed('umbrella', query)).toEqual([]);
      expect(await listed('acme', query)).toEqual([id]);
      expect(await listed(null, query)).toEqual([ofNobody]);
    }
    await talk(store, 'again', 'yes', { conversationId: id, owner: 'acme' });
    const fromAbove = store.conversations.beginTurn(newTurn('let me in', { conversationId: id, owner: null }));
    await expect(fromAbove).rejects.toMatchObject({ code: 'conversation_not_found' });
    expect((await store.conversations.find({ ...other, owner: 'acme' }))?.messages).toHaveLength(4);
  });

  test('a busy conversation of somebody else is not found, rather than busy', async () => {
    const { store } = await freshStore();
    const turn = await store.conversations.beginTurn(newTurn('mine', { owner: null, userId: 'ann' }));
    const other = store.conversations.beginTurn(
      newTurn('x', { conversationId: turn.conversationId, owner: null, userId: 'bob' }),
    );
    await expect(other).rejects.toMatchObject({ code: 'conversation_not_found' });
  });

  test('a conversation without a user is open to all who know its id, and stays without one', async () => {
    const { store } = await freshStore();
    const id = await talk(store, 'free', 'for all');
    await talk(store, 'thanks', 'welcome', { conversationId: id, owner: null, userId: 'ann' });
    const found = await store.conversations.find({ id, owner: null, userId: 'ann' });
    expect(found?.conversation).toMatchObject({ userId: null, messageCount: 4 });
  });
});

describe('the list', () => {
  test('holds exactly the conversations of the user, the last used first, page by page', async () => {
    const { store } = await freshStore();
    const nobody = await talk(store, 'nobody', '-');
    const ids: string[] = [];
    for (const text of ['one', 'two', 'three']) ids.push(await talk(store, text, '-', { owner: null, userId: 'ann' }));
    const [one, two, three] = ids;
    await talk(store, 'again', '-', { owner: null, userId: 'ann', conversationId: one ?? '' });

    const list = async (userId: string | null, limit: number, offset: number) => {
      const page = await store.conversations.list({ owner: null, userId, limit, offset });
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
    const key = { id, owner: null, userId: null };
    expect(await store.conversations.update(key, { title: 'A talk' })).toMatchObject({
      title: 'A talk',
      systemPrompt: 'Be kind.',
    });
    expect(await store.conversations.update(key, { systemPrompt: null })).toMatchObject({
      title: 'A talk',
      systemPrompt: null,
    });
    expect(await store.conversations.update(key, {})).toMatchObject({ title: 'A talk' });
    expect(await store.conversations.update({ id: 'conv_none', owner: null, userId: null }, { title: 'x' })).toBeNull();
  });
});

describe('a removal', () => {
  test('takes all messages along, and their words out of the search index', async () => {
    const { store, folder } = await freshStore();
    const id = await talk(store, 'platypus', 'a mammal');
    await talk(store, 'platypus again', 'yes', { conversationId: id });
    const kept = await talk(store, 'the platypus that stays', 'good');
    expect(await store.conversations.remove({ id, owner: null, userId: null })).toBe(true);
    expect(await store.conversations.remove({ id, owner: null, userId: null })).toBe(false);

    const found = await store.conversations.list({
      owner: null,
      userId: null,
      limit: 10,
      offset: 0,
      query: 'platypus',
    });
    expect(found.items.map((item) => item.id)).toEqual([kept]);
    const db = await openRaw(folder);
    expect(query(db, 'SELECT count(*) FROM "Message"')).toEqual([[2]]);
    checkSearchIndex(db);
    db.close();
  });
});
