import { describe, expect, test } from 'vitest';
import type { Store } from '../../server/store/interface/store.ts';
import { answerTo, checkSearchIndex, freshStore, newTurn, openRaw, talk } from './support.ts';

function search(store: Store, query: string, userId: string | null = null) {
  return store.conversations.list({ owner: null, userId, limit: 10, offset: 0, query });
}

describe('the search', () => {
  test('finds messages that hold all the words, in any order, without accents or case', async () => {
    const { store } = await freshStore();
    const id = await talk(store, 'Où est le Café Müller?', 'In Zürich, near the bridge.');
    await talk(store, 'cafe only', 'muller only');

    const { items, total } = await search(store, 'MULLER cafe');
    expect(items).toMatchObject([{ id, excerpt: 'Où est le [Café] [Müller]?', messageCount: 2 }]);
    expect(total).toBe(1);
    expect((await search(store, 'zurich brid')).items, 'the last word is a prefix').toHaveLength(1);
    expect((await search(store, 'zur bridge')).items, 'the others are whole').toHaveLength(0);
  });

  test('finds an answer only once it has been written', async () => {
    const { store, folder } = await freshStore();
    const turn = await store.conversations.beginTurn(newTurn('What is it?'));
    expect((await search(store, 'wombat')).total).toBe(0);
    await store.conversations.endTurn(answerTo(turn, 'A wombat.'));
    expect((await search(store, 'wombat')).items).toMatchObject([{ excerpt: 'A [wombat].' }]);
    const db = await openRaw(folder);
    checkSearchIndex(db);
    db.close();
  });

  test('gives one row per conversation, with its best match, the best conversation first', async () => {
    const { store } = await freshStore();
    const filler = 'many other words about nothing in particular '.repeat(10);
    const weak = await talk(store, `${filler} otter ${filler}`, '-');
    const strong = await talk(store, `${filler} otter ${filler}`, '-');
    await talk(store, 'otter otter otter', 'otter', { conversationId: strong });

    const page = await search(store, 'otter');
    expect(page.items.map((item) => item.id)).toEqual([strong, weak]);
    expect(page.items[0]?.excerpt).toMatch(/^\[otter\]/);
    expect(page.total).toBe(2);
    const second = await store.conversations.list({ owner: null, userId: null, limit: 1, offset: 1, query: 'otter' });
    expect(second).toMatchObject({ items: [{ id: weak }], total: 2 });
  });

  test("never looks into somebody else's conversations", async () => {
    const { store } = await freshStore();
    const anns = await talk(store, 'secret of ann', '-', { owner: null, userId: 'ann' });
    const nobodys = await talk(store, 'secret of nobody', '-');
    expect((await search(store, 'secret', 'ann')).items.map((item) => item.id)).toEqual([anns]);
    expect((await search(store, 'secret', null)).items.map((item) => item.id)).toEqual([nobodys]);
    expect(await search(store, 'secret', 'bob')).toEqual({ items: [], total: 0 });
  });

  test.each([
    '"',
    '""',
    '"""',
    "'",
    'a"b',
    '*',
    '**',
    'plum*',
    '^plum',
    'plum AND',
    'OR plum',
    'NOT',
    'NEAR(plum, 2)',
    'text:plum',
    '{text} : plum',
    '-plum',
    'plum + pear',
    '(',
    'plum)',
    '--',
    '; DROP TABLE "Message"; --',
    'plum\0pear',
    '\ud83d',
    '👩‍👩‍👧',
    '%_\\',
    Array(250).fill('a').join(' '),
    'x'.repeat(500),
  ])('takes %j as mere words', async (hostile) => {
    const { store } = await freshStore();
    const id = await talk(store, 'plum jam', 'pear');
    const page = await search(store, hostile);
    expect(page.items.length).toBe(page.total);
    expect((await search(store, 'plum')).items).toMatchObject([{ id }]);
  });

  test('looks for the words that stand beside mere punctuation', async () => {
    const { store } = await freshStore();
    const id = await talk(store, 'Use the --force flag', 'or foo-bar.baz');
    expect((await search(store, '-- force !!!')).items).toMatchObject([{ id }]);
    expect((await search(store, 'foo-bar')).items).toMatchObject([{ id }]);
    expect((await search(store, 'bar-foo')).items).toEqual([]);
  });

  test.each(['', '  ', '\0'])('for %j, which holds no word, is the plain list', async (blank) => {
    const { store } = await freshStore();
    const id = await talk(store, 'plum', 'pear');
    const page = await search(store, blank);
    expect(page.items).toMatchObject([{ id }]);
    expect(page.items[0]).not.toHaveProperty('excerpt');
  });
});
