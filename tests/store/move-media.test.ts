import { describe, expect, test, vi } from 'vitest';
import type { Store } from '../../server/store/interface/store.ts';
import type { NewMessage } from '../../server/store/interface/turns.ts';
import type { Database } from '../../server/store/sqlite/driver.ts';
import { bigPng } from '../support/pictures.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { answerTo, newTurn, openRaw, openTestStore, query } from './support.ts';

const [picture, drawn, sound] = [60_000, 70_000, 80_000].map(bigPng);
const reader = { owner: null, userId: null };
const TURNS = 3;

const asking: NewMessage = {
  role: 'user',
  text: 'Look.',
  prompt: JSON.stringify({
    role: 'user',
    content: [
      { type: 'text', text: 'Look.' },
      { type: 'input_audio', input_audio: { format: 'wav', data: sound } },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${picture}` } },
    ],
  }),
};
const output = JSON.stringify([{ type: 'image_generation_call', id: 'ig_1', result: drawn }]);
const idOf = (answerId: string) => answerId.replace('msg_', 'resp_');

async function draw(store: Store): Promise<string> {
  const response = { idOf, inputCount: 1, echo: '{}' };
  const turn = await store.conversations.beginTurn(newTurn('', { messages: [asking], response }));
  const ended = { response: { id: idOf(turn.answerId), output, error: null } };
  await store.conversations.endTurn(answerTo(turn, 'Here.', ended));
  return turn.conversationId;
}

/** Puts everything back to where earlier versions had it: `cut` is what a message had cut out already. */
function age(db: Database, cut: 'nothing' | 'the picture'): void {
  const emptied = asking.prompt.replace(`;base64,${picture}`, ';base64,');
  db.exec('PRAGMA foreign_keys = ON; DELETE FROM "ResponseMedia"; BEGIN');
  if (cut === 'nothing') db.exec('DELETE FROM "MessageMedia"');
  else {
    db.exec(`DELETE FROM "MessageMedia" WHERE "mediaId" IN (SELECT "id" FROM "Media" WHERE length("data") > 100000)`);
    db.prepare('UPDATE "MessageMedia" SET "at" = ?').run(emptied.indexOf(';base64,') + ';base64,'.length);
  }
  const prompt = cut === 'nothing' ? asking.prompt : emptied;
  db.prepare(`UPDATE "Message" SET "prompt" = ? WHERE "role" = 'user'`).run(prompt);
  db.prepare('UPDATE "Response" SET "output" = ?').run(output);
  for (const table of ['Message', 'Response'])
    db.exec(`INSERT INTO "MediaMove" SELECT '${table}', '', max("id") FROM "${table}"`);
  db.exec('COMMIT');
}

const count = (db: Database, table: string, where = 'true') =>
  Number(query(db, `SELECT count(*) FROM "${table}" WHERE ${where}`)[0]?.[0]);

/** Everything as the store gives it. */
async function read(store: Store, ids: readonly string[]) {
  return Promise.all(
    ids.map(async (id) => {
      const found = await store.conversations.find({ id, ...reader });
      const outputs = await store.responses.outputs(id, { from: 1 });
      return { prompts: found?.messages.map(({ prompt }) => prompt), outputs: [...outputs.values()] };
    }),
  );
}

describe('media that an earlier version kept inside its texts', () => {
  test.each(['nothing', 'the picture'] as const)(
    'are moved after the start, also when it stops half-way, where %s was cut out before',
    async (cut) => {
      const folder = tempFolder();
      const store = await openTestStore(folder);
      const ids: string[] = [];
      for (let i = 0; i < TURNS; i++) ids.push(await draw(store));
      const expected = await read(store, ids);
      expect(expected[0]?.prompts?.[0]).toBe(asking.prompt);
      await store.close();
      const db = await openRaw(folder);
      age(db, cut);
      expect(count(db, 'Message', 'octet_length("prompt") >= 32768')).toBe(TURNS);

      // It is stopped while it moves, and goes on after the next start.
      await (await openTestStore(folder)).close();
      const next = await openTestStore(folder);
      expect(await read(next, ids)).toEqual(expected);
      await vi.waitFor(() => expect(count(db, 'MediaMove')).toBe(0), 60_000);
      expect(await read(next, ids)).toEqual(expected);
      expect(count(db, 'Message', 'octet_length("prompt") >= 32768')).toBe(0);
      expect(count(db, 'Response', 'octet_length("output") >= 32768')).toBe(0);
      expect([count(db, 'Media'), count(db, 'MessageMedia'), count(db, 'ResponseMedia')]).toEqual([
        3,
        2 * TURNS,
        TURNS,
      ]);
      await next.close();
      db.close();
    },
  );
});
