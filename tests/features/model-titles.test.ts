import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Conversation } from '../../contracts/conversations/conversation.ts';
import { bearer } from '../support/start-gateway.ts';
import { type HelpersGateway, startHelpers } from '../support/start-helpers.ts';
import { createGate } from '../support/upstream/gate.ts';
import { say } from '../support/upstream/scripts/answers.ts';
import { refuse } from '../support/upstream/scripts/refusals.ts';

let gateway: HelpersGateway;
beforeAll(async () => {
  gateway = await startHelpers('titles: { model: writer }');
});
afterAll(() => gateway.close());
beforeEach(() => {
  gateway.upstream.on('talker', say('Rome.'));
  gateway.upstream.on('writer', say('Capital of Italy'));
});

const call = (method: string, path: string, body?: unknown, key = bearer) =>
  gateway.call(method, path, body, { authorization: `Bearer ${key}` });

const read = async (id: string, key = bearer): Promise<Conversation> =>
  (await call('GET', `/c1/conversations/${id}`, undefined, key)).json();

async function turn(fields: object = {}, key?: string): Promise<string> {
  const response = await call('POST', '/c1/chat', { model: 'talker', message: 'What is it?', ...fields }, key);
  expect([response.status, await response.text()]).toEqual([200, expect.anything()]);
  return response.headers.get('x-conversation-id') ?? '';
}

/** Resolves when a model has worded the title; the test's own time limit ends the wait. */
async function worded(id: string): Promise<Conversation> {
  for (;;) {
    const conversation = await read(id);
    if (conversation.title_source === 'model') return conversation;
  }
}

/** Titles are worded in the order in which the writer answers: that of a later conversation comes after all others. */
const settle = async () => worded(await turn());

describe('the title of a conversation', () => {
  test.each([false, true])('is worded by the model of `titles` after the first answer (stream: %s)', async (stream) => {
    const before = gateway.asked('writer').length;
    const id = await turn({ message: 'In one word: capital of Italy?', stream });
    expect(await worded(id)).toMatchObject({ title: 'Capital of Italy', title_source: 'model' });
    const asked = JSON.parse(gateway.asked('writer').at(-1)?.body.toString() ?? '');
    expect(asked.messages[0].content).toContain('User: In one word: capital of Italy?\n\nAssistant: Rome.');
    await turn({ conversation_id: id, message: 'And of France?' });
    await settle();
    expect(gateway.asked('writer').length - before).toBe(2);
    const { items } = await (await call('GET', '/c1/conversations?q=capital+italy')).json();
    expect(items.map((item: Conversation) => item.id)).toContain(id);
  });

  test('is made of one line of what the model says', async () => {
    gateway.upstream.on('writer', say('\n## "Trip to **Rome**"\nI chose this title because'));
    expect((await worded(await turn())).title).toBe('Trip to Rome');
  });

  test('does not keep the turn waiting', async () => {
    const gate = createGate();
    gateway.upstream.reply(say('Rome.'), say('Late title', { gate }));
    const id = await turn();
    await gate.reached();
    const { title_source, runs } = await read(id);
    expect([title_source, runs]).toEqual(['message', []]);
    gate.open();
    expect((await worded(id)).title).toBe('Late title');
  });

  test.each([
    ['sets', 'Mine', { title: 'Mine', title_source: 'user' }],
    ['removes', null, { title: null, title_source: null }],
  ])('stays as a user %s it while the model is at work', async (_, title, expected) => {
    const gate = createGate();
    gateway.upstream.reply(say('Rome.'), say('Too late', { gate }));
    const id = await turn();
    await gate.reached();
    await (await call('PATCH', `/c1/conversations/${id}`, { title })).text();
    gate.open();
    await settle();
    expect(await read(id)).toMatchObject(expected);
    expect(await gateway.store.conversations.wordTitle(id, 'Later still')).toBe(false);
  });

  test('stays the first line of the message where the model fails, or where the key cannot pay', async () => {
    gateway.upstream.on('writer', refuse('server-error'), say('Capital of Italy'));
    const before = gateway.asked('writer').length;
    const failed = await turn();
    await gateway.upstream.waitFor(() => gateway.asked('writer').length > before);
    const { key } = await gateway.createKey({ name: 'poor', owner: 'poor' });
    const poor = await turn({}, key);
    await settle();
    expect(await read(failed)).toMatchObject({ title: 'What is it?', title_source: 'message' });
    expect(await read(poor, key)).toMatchObject({ title: 'What is it?', title_source: 'message' });
  });

  test('is paid for as a request of its own', async () => {
    const key = await gateway.createKey({ name: 'payer', owner: 'payer', credit_usd: 1, models: ['talker'] });
    const id = await turn({ user_id: 'ann' }, key.key);
    for (;;) {
      await gateway.store.usage.flush();
      const { items } = await (await call('GET', '/api/usage/requests?owner=payer')).json();
      const row = items.find(({ operation }: { operation: string }) => operation === 'c1.title');
      if (!row) continue;
      expect(row).toMatchObject({ key_id: key.id, outcome: 'ok' });
      expect(row.cost_usd).toBeGreaterThan(0);
      break;
    }
    const found = await call('GET', `/c1/conversations/${id}?user_id=ann`, undefined, key.key);
    expect(found.status).toBe(200);
  });

  test.each([
    ['message', 0],
    ['answer', 1],
  ])('goes when the %s that it was made of is rewritten', async (_, at) => {
    const id = await turn();
    const { messages } = await worded(id);
    const { role = 'user', id: messageId = '' } = messages[at] ?? {};
    const rewritten = {
      prompt: JSON.stringify({ role, content: 'Else.' }),
      text: 'Else.',
      reasoning: null,
      output: null,
    };
    const key = { id, owner: null, userId: null };
    expect(await gateway.store.conversations.rewrite(key, messageId, rewritten)).toBe(true);
    expect(await read(id)).toMatchObject({ title: null, title_source: null });
  });

  test('is not made of a later turn, also where the model failed for the first one', async () => {
    gateway.upstream.on('writer', refuse('server-error'), say('Capital of Italy'));
    const before = gateway.asked('writer').length;
    const id = await turn();
    await gateway.upstream.waitFor(() => gateway.asked('writer').length > before);
    await turn({ conversation_id: id, parent_message_id: null, message: 'Something else?' });
    await settle();
    expect(gateway.asked('writer').length - before).toBe(2);
    expect(await read(id)).toMatchObject({ title: 'What is it?', title_source: 'message' });
  });

  test('goes with the message or the answer that it was made of', async () => {
    const id = await turn();
    const { messages } = await worded(id);
    const gone = await call('DELETE', `/v1/conversations/${id}/items/${messages[1]?.id}`);
    expect([gone.status, await gone.text()]).toEqual([200, expect.anything()]);
    expect(await read(id)).toMatchObject({ title: null, title_source: null });
  });
});
