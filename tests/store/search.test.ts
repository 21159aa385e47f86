import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Store } from '../../server/store/interface/store.ts';
import { answerTo, checkSearchIndex, freshStore, newTurn, openRaw, openTestStore, talk } from './support.ts';

function search(store: Store, query: string, userId: string | null = null) {
  return store.conversations.list({ owner: null, userId, limit: 10, offset: 0, query });
}

/** For what needs no database of its own: each test is another user. */
const folder = mkdtempSync(join(tmpdir(), 'duplex-test-'));
const shared = await openTestStore(folder);
let hostiles = 0;

afterAll(async () => {
  await shared.close();
  rmSync(folder, { recursive: true });
});

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

  test('gives one row per conversation, with its newest match, the newest match first', async () => {
    const { store } = await freshStore();
    const filler = 'many other words about nothing in particular '.repeat(10);
    const older = await talk(store, `${filler} otter ${filler}`, '-');
    const newer = await talk(store, `${filler} otter ${filler}`, '-');
    await talk(store, 'otter otter otter', 'the last otter', { conversationId: older });

    const page = await search(store, 'otter');
    expect(page.items.map((item) => item.id)).toEqual([older, newer]);
    expect(page.items[0]?.excerpt).toBe('the last [otter]');
    expect(page.items[1]?.excerpt).toMatch(/^….*\[otter\].*…$/);
    expect(page.total).toBe(2);
    const second = await store.conversations.list({ owner: null, userId: null, limit: 1, offset: 1, query: 'otter' });
    expect(second).toMatchObject({ items: [{ id: newer }], total: 2 });
  });

  test('finds titles, before messages, and follows when they change', async () => {
    const { store } = await freshStore();
    const titled = await talk(store, 'hello', 'hi');
    const said = await talk(store, 'about Zanzibar', 'yes');
    const key = { id: titled, owner: null, userId: null };
    await store.conversations.update(key, { title: 'Trip to Zanzibar' });
    const found = await search(store, 'zanzi');
    expect(found.items).toMatchObject([{ id: titled, excerpt: 'Trip to [Zanzibar]' }, { id: said }]);
    expect(found.total).toBe(2);

    await store.conversations.update(key, { title: '去上海的旅行' });
    expect((await search(store, 'zanzi')).items).toMatchObject([{ id: said }]);
    expect((await search(store, '上海')).items).toMatchObject([{ id: titled, excerpt: '去[上海]的旅行' }]);
    await store.conversations.update(key, { title: null });
    expect((await search(store, '上海')).total).toBe(0);
  });

  test.each([
    ['Chinese', '我们昨天讨论了向量数据库的选择', ['向量数据库', '数据库', '库', '昨天 选择'], ['据量', '数库']],
    [
      'Japanese',
      '東京の天気についてラーメン屋で話しましょう',
      ['天気', 'ラーメン', '話し', '天気 東京'],
      ['気天', 'ラメン'],
    ],
    ['half-width kana', 'ﾊﾟｿｺﾝを買う', ['パソコン', 'ﾊﾟｿ'], ['ハソコン']],
    ['Korean', '학교에서 친구를 만났어요', ['학교', '친구', '학교 친구', '만났어'], ['하교', '교학']],
    ['Korean, taken apart', '학교에서'.normalize('NFD'), ['학교', '학교'.normalize('NFD')], ['하교']],
    ['Thai', 'ภาษาไทยไม่มีช่องว่าง น้ำใส', ['ไทย', 'ช่อง', 'น้ำ', 'ไทย น้ำใส'], ['ชอง', 'นำ']],
    ['Lao', 'ພາສາລາວບໍ່ມີຊ່ອງຫວ່າງ', ['ລາວ', 'ບໍ່ມີ'], ['ບມີ']],
    ['Khmer', 'ភាសាខ្មែរមិនមានដកឃ្លា', ['ខ្មែរ', 'មិនមាន'], ['ខមរ']],
    ['Burmese', 'မြန်မာစာသည်', ['မြန်မာ', 'စာ'], ['မနမ']],
    ['Hindi', 'मुझे हिन्दी में किताब चाहिए', ['हिन्दी', 'किताब', 'में किता'], ['हन्द', 'कताब']],
    ['Tamil', 'தமிழ் மொழி', ['தமிழ்', 'மொழி'], ['தமழ']],
    ['Arabic', 'قرأتُ كِتَابًا أمس', ['كتاب', 'امس', 'قرأت'], ['كتب']],
    ['Hebrew', 'שָׁלוֹם עולם', ['שלום', 'שָׁלוֹם'], ['שלם']],
    ['Persian', 'من می‌خواهم', ['می‌خواهم', 'میخواهم'], ['خواهم']],
    [
      'Vietnamese',
      'Hội nghị ở Đà Nẵng, phở bò',
      ['hội nghị', 'hoi nghi', 'da nang', 'Đà Nẵng', 'phở', 'pho'],
      ['hỏi', 'phỏ'],
    ],
    ['Vietnamese, taken apart', 'phở bò'.normalize('NFD'), ['phở', 'pho', 'phở'.normalize('NFD')], ['phỏ']],
    ['Russian', 'Ёлка и мой йогурт', ['елка', 'ёлка', 'мой'], ['мои', 'иогурт']],
    ['Greek', 'Ο ΣΊΣΥΦΟΣ γελά', ['σίσυφος', 'σισυφοσ', 'γελα'], ['σισυφο γελ x']],
    ['German', 'Straße nach Köln', ['strasse', 'STRASSE', 'koln', 'Köln'], ['stras nach']],
    ['full width', 'ＤＵＰＬＥＸ ﬁne', ['duplex', 'fine'], ['uplex']],
    ['emoji', 'party🎉 tonight ❤️', ['🎉', '❤', '❤️', 'party 🎉'], ['🎊']],
    ['skins', 'good 👍🏽', ['👍', '👍🏿'], ['👎']],
    ['families', 'we are 👩‍👩‍👧', ['👩‍👩‍👧', '👧'], ['👦']],
    ['flags', '🇩🇪🇫🇷', ['🇩🇪', '🇫🇷', '🇩🇪🇫🇷'], ['🇪🇫', '🇮🇹']],
    ['mixed scripts', 'mein iPhone15手机充电', ['手机', 'iphone15', 'iphone15手机', '充电'], ['机手']],
  ])('reads %s', async (userId, text, found, missing) => {
    const id = await talk(shared, text, '-', { userId });
    await talk(shared, 'something else', '-', { userId });
    for (const query of found) expect([query, (await search(shared, query, userId)).items[0]?.id]).toEqual([query, id]);
    for (const query of missing) expect([query, (await search(shared, query, userId)).total]).toEqual([query, 0]);
  });

  test("never looks into somebody else's conversations", async () => {
    const { store } = await freshStore();
    const anns = await talk(store, 'secret of ann', '-', { owner: null, userId: 'ann' });
    const nobodys = await talk(store, 'secret of nobody', '-');
    expect((await search(store, 'secret', 'ann')).items.map((item) => item.id)).toEqual([anns]);
    expect((await search(store, 'secret', null)).items.map((item) => item.id)).toEqual([nobodys]);
    expect(await search(store, 'secret', 'bob')).toMatchObject({ items: [], total: 0, isLowerBound: false });
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
    const userId = `hostile ${++hostiles}`;
    const id = await talk(shared, 'plum jam', 'pear', { userId });
    const page = await search(shared, hostile, userId);
    expect(page.items.length).toBe(page.total);
    expect((await search(shared, 'plum', userId)).items).toMatchObject([{ id }]);
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
