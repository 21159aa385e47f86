import { expect, test } from 'vitest';
import { Random } from '../support/random.ts';
import { checkSearchIndex, freshStore, newTurn, openRaw, settleSearch, talk } from './support.ts';

/** Words of scripts with spaces: no two of these have a form in common, and none begins another. */
const WORDS = [
  ...['lighthouse', 'Straßenbahn', 'çok', 'naïveté', 'Ångström', 'λόγος', 'Ёжик', 'ўсюды', 'ձուկ', 'თევზი', 'ዓሣ'],
  ...['किताब', 'মাছ', 'மீன்', 'ಮೀನು', 'മത്സ്യം', 'మీను', 'ਮੱਛੀ', 'માછલી', 'මාළු', 'كتاب', 'שולחן', 'ماهی‌گیر', 'bánh', 'đậu'],
] as const;

/** Letters, with their signs, of scripts without spaces: Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese. */
const LETTERS: readonly [readonly string[], ...(readonly string[])[]] = [
  [...'我们昨天讨论了向量数据库的选择然后去吃饭'],
  [...'東京の天気についてラーメン屋で話しましょう々'],
  [...'학교에서친구를만났어요그리고집'],
  ['ภ', 'า', 'ษ', 'ไ', 'ท', 'ย', 'ม่', 'มี', 'ช่', 'อ', 'ง', 'ว่', 'น้', 'ก็'],
  ['ພ', 'າ', 'ສ', 'ລ', 'ວ', 'ບໍ່', 'ມີ', 'ຊ່', 'ອ', 'ງ'],
  ['ភា', 'សា', 'ខ្', 'មែ', 'រ', 'មិ', 'ន', 'មា'],
  ['မြ', 'န်', 'မာ', 'စာ', 'သ', 'ည်'],
];

const EMOJI = ['🎉', '👍🏽', '❤️', '🇩🇪', '👩‍👩‍👧', '☃', '1️⃣', '🫠'] as const;

/** Between words: some of it stands in words, too. */
const GAPS = [' ', ', ', '. ', '\n', ' — ', '\t', '。', '「', '\u3000'] as const;

/** A text, and what has to be found in it. */
function randomText(random: Random): { text: string; queries: string[] } {
  const queries: string[] = [];
  let text = '';
  for (let i = random.int(3, 12); i > 0; i--) {
    const kind = random.int(0, 4);
    if (kind <= 1) {
      const word = random.pick(WORDS);
      text += word;
      queries.push(random.chance(0.5) ? word : word.toUpperCase(), word.normalize('NFD'));
    } else if (kind <= 3) {
      const letters = random.pick(LETTERS);
      const run = Array.from({ length: random.int(2, 9) }, () => letters[random.int(0, letters.length - 1)] ?? '');
      const from = random.int(0, run.length - 1);
      text += run.join('');
      queries.push(run.slice(from, random.int(from + 1, run.length)).join(''));
    } else {
      const emoji = random.pick(EMOJI);
      text += emoji;
      queries.push(emoji);
    }
    text += random.pick(GAPS);
  }
  return { text: random.chance(0.2) ? text.normalize('NFD') : text, queries };
}

test('every word of a random text is found in any script, while conversations are deleted', async () => {
  const { store, folder } = await freshStore();
  const random = new Random(20);
  const users = ['ann', 'bob', null] as const;
  const kept = new Map<string, { userId: string | null; queries: string[] }>();
  for (let i = 0; i < 90; i++) {
    const { text, queries } = randomText(random);
    const userId = random.pick(users);
    kept.set(await talk(store, text, 'ok', { userId }), { userId, queries });
    const victim = [...kept.keys()][random.int(0, kept.size - 1)];
    if (victim === undefined || random.chance(0.7)) continue;
    const owned = { id: victim, owner: null, userId: kept.get(victim)?.userId ?? null };
    expect(await store.conversations.remove(owned)).toBe(true);
    kept.delete(victim);
  }
  expect(kept.size).toBeGreaterThan(50);

  for (const [id, { userId, queries }] of kept) {
    for (const query of [...queries, queries.join(' ').slice(0, 400)]) {
      const { items } = await store.conversations.list({ owner: null, userId, limit: 100, offset: 0, query });
      expect([query, items.map((item) => item.id)]).toEqual([query, expect.arrayContaining([id])]);
      for (const item of items) expect(kept.get(item.id)?.userId).toBe(userId);
    }
  }
  await settleSearch(store);
  const db = await openRaw(folder);
  checkSearchIndex(db);
  db.close();
});

test('a dropped turn leaves nothing in the index', async () => {
  const { store, folder } = await freshStore();
  await store.conversations.dropTurn(await store.conversations.beginTurn(newTurn('never asked')));
  await settleSearch(store);
  const db = await openRaw(folder);
  checkSearchIndex(db);
  db.close();
});
