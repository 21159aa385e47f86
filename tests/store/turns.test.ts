import { describe, expect, test } from 'vitest';
import { AppError } from '../../server/errors/app-error.ts';
import { answerTo, freshStore, newTurn, openRaw, query, talk, userMessage } from './support.ts';

describe('a turn', () => {
  test('is stored with an empty answer in progress before anything else happens', async () => {
    const { store } = await freshStore();
    const turn = await store.conversations.beginTurn(newTurn('Hello', { systemPrompt: 'Be brief.' }));

    expect(turn.conversationId).toMatch(/^conv_[0-9a-f]{32}$/);
    expect(turn).toMatchObject({ systemPrompt: 'Be brief.', history: [] });
    const found = await store.conversations.find({ id: turn.conversationId, owner: null, userId: null });
    expect(found?.conversation).toMatchObject({ title: null, model: 'small', messageCount: 2 });
    expect(found?.messages).toMatchObject([
      { seq: 1, role: 'user', status: 'completed', parentId: null, model: null },
      { seq: 2, role: 'assistant', status: 'in_progress', id: turn.answerId, model: 'small' },
    ]);
    expect(found?.messages[1]?.parentId).toBe(found?.messages[0]?.id);
  });

  test('ends with the answer, its usage and its reasoning', async () => {
    const { store } = await freshStore();
    const turn = await store.conversations.beginTurn(newTurn('Hello'));
    const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7, vendor_field: { x: 1 } };
    await store.conversations.endTurn(answerTo(turn, 'Hi', { usage, reasoning: 'They greet.' }));

    const found = await store.conversations.find({ id: turn.conversationId, owner: null, userId: null });
    expect(found?.messages[1]).toMatchObject({
      status: 'completed',
      prompt: '{"role":"assistant","content":"Hi"}',
      reasoning: 'They greet.',
      finishReason: 'stop',
      usage,
    });
  });

  test('sees all earlier messages in order, and knows which came in one turn', async () => {
    const { store } = await freshStore();
    const id = await talk(store, 'one', 'two');
    await talk(store, 'three', 'four', { conversationId: id });
    const results = [userMessage('five'), { role: 'tool' as const, prompt: '"six"', text: 'six' }];
    const turn = await store.conversations.beginTurn(newTurn('', { conversationId: id, messages: results }));

    expect(turn.history.map((message) => [message.role, JSON.parse(message.prompt).content])).toEqual([
      ['user', 'one'],
      ['assistant', 'two'],
      ['user', 'three'],
      ['assistant', 'four'],
    ]);
    const turnIds = turn.history.map((message) => message.turnId);
    expect(turnIds[0]).toBe(turnIds[1]);
    expect(turnIds[2]).toBe(turnIds[3]);
    expect(new Set(turnIds).size).toBe(2);

    const found = await store.conversations.find({ id, owner: null, userId: null });
    expect(found?.messages.map((message) => message.seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(found?.messages.slice(1).map((message) => message.parentId)).toEqual(
      found?.messages.slice(0, -1).map((message) => message.id),
    );
    expect(found?.conversation.messageCount).toBe(7);
  });

  test('gives every prompt back byte for byte', async () => {
    const { store } = await freshStore();
    const prompts = [
      '{"role":"user","content":"caf\\u00e9 café \\u0000 \\ud83d 👩‍👩‍👧 \\" \' ? $1 ; --"}',
      '{ "content" : "spaces,\\n order" ,\t"role":"user", "n": 1.0, "n": 1e2 }',
      `{"role":"user","content":"${'x'.repeat(300_000)}"}`,
    ];
    const messages = prompts.map((prompt) => ({ role: 'user' as const, prompt, text: 'nul \0 and \ud83d' }));
    const turn = await store.conversations.beginTurn(newTurn('', { messages }));
    await store.conversations.endTurn(answerTo(turn, 'ok', { prompt: ' {"role":"assistant","content":"ok"} ' }));

    const next = await store.conversations.beginTurn(newTurn('more', { conversationId: turn.conversationId }));
    expect(next.history.map((message) => message.prompt)).toEqual([
      ...prompts,
      ' {"role":"assistant","content":"ok"} ',
    ]);
  });

  test('keeps the system prompt unless it is given anew, and clears it at null', async () => {
    const { store } = await freshStore();
    const id = await talk(store, 'one', 'two', { systemPrompt: 'first' });
    const prompts: (string | null)[] = [];
    for (const systemPrompt of [undefined, 'second', undefined, null, undefined]) {
      const turn = await store.conversations.beginTurn(newTurn('x', { conversationId: id, systemPrompt }));
      await store.conversations.endTurn(answerTo(turn, 'y'));
      prompts.push(turn.systemPrompt);
    }
    expect(prompts).toEqual(['first', 'second', 'second', null, null]);
  });

  test('may be refused for its history, and then leaves no trace', async () => {
    const { store } = await freshStore();
    const id = await talk(store, 'one', 'two');
    const seen: string[] = [];
    const refused = store.conversations.beginTurn(
      newTurn('three', {
        conversationId: id,
        check: (history) => {
          seen.push(...history.map(({ role }) => role));
          throw new AppError('invalid_field', 'No.', { param: 'x' });
        },
      }),
    );
    await expect(refused).rejects.toMatchObject({ code: 'invalid_field', param: 'x' });
    expect(seen).toEqual(['user', 'assistant']);
    expect((await store.conversations.find({ id, owner: null, userId: null }))?.messages).toHaveLength(2);
    expect(await talk(store, 'three', 'four', { conversationId: id })).toBe(id);
  });

  test('that was ended cannot be changed by ending it again', async () => {
    const { store } = await freshStore();
    const turn = await store.conversations.beginTurn(newTurn('Hello'));
    await store.conversations.endTurn(answerTo(turn, 'first', { status: 'cancelled' }));
    const second = await store.conversations.beginTurn(newTurn('Next', { conversationId: turn.conversationId }));
    await store.conversations.endTurn(answerTo(turn, 'late'));

    expect(second.history[1]).toMatchObject({ status: 'cancelled', prompt: expect.stringContaining('first') });
    const third = store.conversations.beginTurn(newTurn('Third', { conversationId: turn.conversationId }));
    await expect(third, 'the second turn still holds it').rejects.toMatchObject({ code: 'conversation_busy' });
  });

  test('may end after its conversation was deleted', async () => {
    const { store } = await freshStore();
    const turn = await store.conversations.beginTurn(newTurn('Hello'));
    expect(await store.conversations.remove({ id: turn.conversationId, owner: null, userId: null })).toBe(true);
    await store.conversations.endTurn(answerTo(turn, 'too late'));
    expect(await store.conversations.find({ id: turn.conversationId, owner: null, userId: null })).toBeNull();
  });
});

describe('two turns at once', () => {
  test('one wins and the other gets conversation_busy, leaving no trace', async () => {
    const { store, folder } = await freshStore();
    const id = await talk(store, 'one', 'two');
    const settled = await Promise.allSettled(
      ['a', 'b', 'c'].map((text) => store.conversations.beginTurn(newTurn(text, { conversationId: id }))),
    );

    const codes = settled.map((result) => (result.status === 'rejected' ? result.reason.code : 'begun'));
    expect(codes.sort()).toEqual(['begun', 'conversation_busy', 'conversation_busy']);
    const db = await openRaw(folder);
    expect(query(db, 'SELECT "seq" FROM "Message" ORDER BY "seq"')).toEqual([[1], [2], [3], [4]]);
    expect(query(db, 'SELECT "messageCount" FROM "Conversation"')).toEqual([[4]]);
    db.close();
  });

  test('in many conversations do not disturb each other', async () => {
    const { store, folder } = await freshStore();
    const ids = await Promise.all(Array.from({ length: 16 }, (_, i) => talk(store, `q${i}`, `a${i}`)));
    for (let round = 0; round < 3; round++) {
      await Promise.all(ids.map((conversationId) => talk(store, 'again', 'yes', { conversationId })));
    }
    const db = await openRaw(folder);
    const rows = query(
      db,
      'SELECT count(*), min("seq"), max("seq"), count(DISTINCT "seq") FROM "Message" GROUP BY "conversationId"',
    );
    expect(rows).toEqual(ids.map(() => [8, 1, 8, 8]));
    db.close();
  });

  test('of which some are refused leave the others as they are', async () => {
    const { store, folder } = await freshStore();
    const ids = await Promise.all(['a', 'b', 'c'].map((text) => talk(store, text, 'yes')));
    const refuse = () => {
      throw new AppError('invalid_field', 'Not this one.');
    };
    const settled = await Promise.allSettled([
      talk(store, 'again', 'yes', { conversationId: ids[0] ?? '' }),
      talk(store, 'again', 'yes', { conversationId: 'conv_none' }),
      talk(store, 'again', 'yes', { conversationId: ids[1] ?? '' }),
      talk(store, 'again', 'yes', { conversationId: ids[2] ?? '', check: refuse }),
      talk(store, 'new', 'yes'),
    ]);
    expect(settled.map((result) => (result.status === 'rejected' ? result.reason.code : 'ended'))).toEqual([
      ...['ended', 'conversation_not_found', 'ended', 'invalid_field', 'ended'],
    ]);
    const db = await openRaw(folder);
    const rows = query(db, 'SELECT count(*), max("seq") FROM "Message" GROUP BY "conversationId" ORDER BY 1');
    expect(rows).toEqual([2, 2, 4, 4].map((n) => [n, n]));
    expect(query(db, 'SELECT count(*) FROM "Conversation" WHERE "activeTurnId" IS NOT NULL')).toEqual([[0]]);
    db.close();
  });

  test('in an unknown conversation are conversation_not_found, naming the field', async () => {
    const { store } = await freshStore();
    await expect(store.conversations.beginTurn(newTurn('x', { conversationId: 'conv_none' }))).rejects.toMatchObject({
      code: 'conversation_not_found',
      param: 'conversation_id',
    });
  });
});
