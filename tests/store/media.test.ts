import { describe, expect, test } from 'vitest';
import { cutMedia, joinMedia } from '../../server/store/cut-media.ts';
import type { NewMessage } from '../../server/store/interface/turns.ts';
import { bigPng } from '../support/pictures.ts';
import { answerTo, freshStore, newTurn, openRaw, query, talk } from './support.ts';

const picture = bigPng(60_000);
const other = bigPng(70_000);

function looking(data: string, text = 'Look.'): NewMessage {
  const content = [
    { type: 'text', text },
    { type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } },
    { type: 'text', text: 'And \\"then"?' },
  ];
  return { role: 'user', prompt: JSON.stringify({ role: 'user', content }), text };
}

const part = (data: string) => ({ type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } });

/** How many pictures are kept, and in how many places of messages. */
async function kept(folder: string) {
  const db = await openRaw(folder);
  const count = (table: string) => Number(query(db, `SELECT count(*) FROM "${table}"`)[0]?.[0]);
  const found = { media: count('Media'), places: count('MessageMedia') };
  db.close();
  return found;
}

describe('a prompt', () => {
  test.each([
    ['nothing to cut', JSON.stringify({ role: 'user', content: 'x'.repeat(50_000) }), 0],
    ['small data', looking('iVBORw0KGgo').prompt, 0],
    ['a picture', looking(picture).prompt, 1],
    ['two pictures', `[${looking(picture).prompt},${looking(other).prompt}]`, 2],
    ['the same picture twice', `[${looking(picture).prompt},${looking(picture).prompt}]`, 2],
    ['small data before and behind', JSON.stringify(['AA', picture, 'BB'].map((data) => part(data))), 1],
    ['a sound', JSON.stringify({ type: 'input_audio', input_audio: { format: 'wav', data: picture } }), 1],
    ['a file', JSON.stringify({ file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${picture}` } }), 1],
    ['a file without its type', JSON.stringify({ file: { filename: 'a.pdf', file_data: picture } }), 1],
    ['a video', JSON.stringify({ video_url: { url: `DATA:video/mp4;BASE64,${picture}` } }), 1],
    ['a drawn picture', JSON.stringify([{ type: 'image_generation_call', status: 'completed', result: picture }]), 1],
    ['words that look like data', JSON.stringify({ content: `;base64,${'word \\ 👋 '.repeat(9_000)}` }), 0],
    ['data within words', JSON.stringify({ content: `See data:image/png;base64,${picture}` }), 0],
    ['data as words', JSON.stringify({ type: 'text', text: `data:image/png;base64,${picture}` }), 0],
    ['words where an address is', JSON.stringify({ url: `data:a;base64,${'word "quoted" '.repeat(9_000)}` }), 0],
    ['a signature', JSON.stringify({ type: 'reasoning.encrypted', data: picture }), 0],
    ['no end of the string', `{"a":"data:image/png;base64,${picture}`, 0],
  ])('with %s is put together again as it was', (_what, prompt, most) => {
    const cut = cutMedia(prompt);
    expect(cut.pieces).toHaveLength(most);
    expect(joinMedia(cut.text, cut.pieces)).toBe(prompt);
    if (most > 0) expect(cut.text.length).toBeLessThan(prompt.length / 2);
  });
});

describe('a large picture', () => {
  test('is kept once, however often it is sent, and every reader gets the message as it was', async () => {
    const { store, folder } = await freshStore();
    const message = looking(picture);
    const id = await talk(store, 'first', 'yes', { messages: [message] });
    await talk(store, 'again', 'yes', { conversationId: id, messages: [message, looking(other)] });
    await talk(store, 'elsewhere', 'yes', { messages: [message] });
    expect(await kept(folder)).toEqual({ media: 2, places: 4 });

    const key = { id, owner: null, userId: null };
    const prompts = [message.prompt, expect.any(String), message.prompt, looking(other).prompt, expect.any(String)];
    const found = await store.conversations.find(key);
    expect(found?.messages.map(({ prompt }) => prompt)).toEqual(prompts);
    const page = await store.conversations.findPage(key, { limit: 10 });
    expect(page?.messages.map(({ prompt }) => prompt)).toEqual(prompts);
    const rows = await store.responses.messages(id, { from: 1, before: 3 });
    expect(rows[0]?.prompt).toBe(message.prompt);
    const one = await store.responses.message(rows[0]?.id ?? '', { owner: null, userId: null });
    expect(one?.prompt).toBe(message.prompt);
    const turn = await store.conversations.beginTurn(newTurn('next', { conversationId: id }));
    expect(turn.history.map(({ prompt }) => prompt)).toEqual(prompts);
    await store.conversations.dropTurn(turn);
  });

  test('is not read when nobody asks for it', async () => {
    const { store } = await freshStore();
    const id = await talk(store, 'first', 'yes', { messages: [looking(picture)] });
    const page = await store.conversations.findPage({ id, owner: null, userId: null }, { limit: 10, omitsMedia: true });
    expect(page?.messages[0]?.prompt).toBe(looking('').prompt);
  });

  test('of an answer is kept, and follows when the answer is rewritten', async () => {
    const { store, folder } = await freshStore();
    const turn = await store.conversations.beginTurn(newTurn('draw'));
    const { prompt } = looking(picture);
    await store.conversations.endTurn(answerTo(turn, 'here', { prompt }));
    const key = { id: turn.conversationId, owner: null, userId: null };
    const read = async () => (await store.conversations.find(key))?.messages.at(-1)?.prompt;
    expect(await read()).toBe(prompt);
    expect(await kept(folder)).toEqual({ media: 1, places: 1 });
    const next = looking(other);
    await store.conversations.rewrite(key, turn.answerId, { ...next, reasoning: null, output: null });
    expect(await read()).toBe(next.prompt);
    expect(await kept(folder)).toEqual({ media: 1, places: 1 });
    await store.conversations.rewrite(key, turn.answerId, { ...looking('AAAA'), reasoning: null, output: null });
    expect(await kept(folder)).toEqual({ media: 0, places: 0 });
  });

  test('goes with the last message that has it, and leaves nothing in the file', async () => {
    const { store, folder } = await freshStore();
    const messages = [looking(picture)];
    const first = await talk(store, 'a', 'b', { messages });
    const second = await talk(store, 'a', 'b', { messages, userId: 'ada' });
    const third = await store.conversations.beginTurn(newTurn('c', { messages: [looking(other)] }));
    expect(await kept(folder)).toEqual({ media: 2, places: 3 });
    await store.conversations.dropTurn(third);
    expect(await kept(folder)).toEqual({ media: 1, places: 2 });
    await store.conversations.remove({ id: first, owner: null, userId: null });
    expect(await kept(folder)).toEqual({ media: 1, places: 1 });
    expect((await store.conversations.find({ id: second, owner: null, userId: 'ada' }))?.messages[0]?.prompt).toBe(
      looking(picture).prompt,
    );
    await store.conversations.erase(null, 'ada');
    expect(await kept(folder)).toEqual({ media: 0, places: 0 });
    const db = await openRaw(folder);
    expect(query(db, `SELECT count(*) FROM "Message" WHERE "prompt" LIKE '%${picture.slice(1_000, 1_100)}%'`)).toEqual([
      [0],
    ]);
    db.close();
  });

  test('of one owner is not that of another one', async () => {
    const { store, folder } = await freshStore();
    for (const owner of ['ann', 'bob', null]) await talk(store, 'a', 'b', { messages: [looking(picture)], owner });
    expect(await kept(folder)).toEqual({ media: 3, places: 3 });
  });

  test('that a model drew is kept once for its message and its response, and is read where it is asked for', async () => {
    const { store, folder } = await freshStore();
    const idOf = (answerId: string) => answerId.replace('msg_', 'resp_');
    const response = { idOf, inputCount: 1, echo: '{}' };
    const turn = await store.conversations.beginTurn(newTurn('draw', { response }));
    const drawn = (result: string) => JSON.stringify([{ type: 'image_generation_call', id: 'ig_1', result }]);
    const id = idOf(turn.answerId);
    const output = drawn(picture);
    const ended = { prompt: looking(picture).prompt, response: { id, output, error: null } };
    await store.conversations.endTurn(answerTo(turn, 'here', ended));
    expect(await kept(folder)).toEqual({ media: 1, places: 1 });

    const reader = { owner: null, userId: null };
    const { conversationId } = turn;
    const omitted = { omitsMedia: true };
    expect((await store.responses.find(id, reader))?.output).toBe(output);
    expect((await store.responses.find(id, reader, omitted))?.output).toBe(drawn(''));
    expect([...(await store.responses.outputs(conversationId, { from: 1 })).values()]).toEqual([output]);
    expect([...(await store.responses.outputs(conversationId, { from: 1 }, omitted)).values()]).toEqual([drawn('')]);
    expect((await store.responses.page(conversationId, 0, 5))[0]?.output).toBe(output);

    const key = { id: conversationId, ...reader };
    const next = drawn(other);
    await store.conversations.rewrite(key, turn.answerId, { ...looking('AAAA'), reasoning: null, output: next });
    expect((await store.responses.find(id, reader))?.output).toBe(next);
    expect(await kept(folder)).toEqual({ media: 1, places: 0 });
    await store.responses.remove(id);
    expect(await kept(folder)).toEqual({ media: 0, places: 0 });
  });

  test('that an earlier version kept inside its message is still read', async () => {
    const { store, folder } = await freshStore();
    const id = await talk(store, 'a', 'b');
    const { prompt } = looking(picture);
    const db = await openRaw(folder);
    db.prepare('UPDATE "Message" SET "prompt" = ? WHERE "conversationId" = ? AND "seq" = 1').run(prompt, id);
    db.close();
    const turn = await store.conversations.beginTurn(newTurn('next', { conversationId: id }));
    expect(turn.history[0]?.prompt).toBe(prompt);
    await store.conversations.dropTurn(turn);
  });
});
