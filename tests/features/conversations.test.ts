import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Conversation, ConversationHead, ConversationList } from '../../contracts/conversations/conversation.ts';
import { errorOf } from '../support/error-of.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { say } from '../support/upstream/scripts/answers.ts';

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted();
});
afterAll(() => gateway.close());

async function turn(fields: object): Promise<string> {
  const response = await gateway.call('POST', '/c1/chat', { model: 'scripted', ...fields });
  expect(response.status).toBe(200);
  await response.text();
  return response.headers.get('x-conversation-id') ?? '';
}

const list = async (query = '') =>
  ConversationList.strict().parse(await (await gateway.call('GET', `/c1/conversations${query}`)).json());
const ids = async (query: string) => (await list(query)).items.map(({ id }) => id);
const get = (id: string, query = '') => gateway.call('GET', `/c1/conversations/${id}${query}`);

describe('the list', () => {
  test('has the newest first, counts all, and comes in pages', async () => {
    const user = '?user_id=pages';
    const made: string[] = [];
    for (let i = 0; i < 5; i++) made.push(await turn({ message: `Number ${i}`, user_id: 'pages' }));
    const page = await list(`${user}&limit=2&offset=1`);
    expect(page).toMatchObject({ total: expect.any(Number), limit: 2, offset: 1 });
    const own = (await ids(`${user}&limit=100`)).filter((id) => made.includes(id));
    expect(own).toEqual(made.toReversed());
    // Using one makes it the newest.
    await turn({ message: 'Again', conversation_id: made[0], user_id: 'pages' });
    expect((await ids(`${user}&limit=1`))[0]).toBe(made[0]);
  });

  test('is empty behind its end', async () => {
    expect(await list('?offset=100000')).toMatchObject({ items: [], offset: 100_000 });
  });

  test('tells the alias, the count and the time of the last use', async () => {
    const id = await turn({ message: 'One', user_id: 'facts' });
    await turn({ message: 'Two', conversation_id: id, user_id: 'facts' });
    const [item] = (await list('?user_id=facts')).items;
    expect(item).toMatchObject({ id, user_id: 'facts', model: 'scripted', message_count: 4 });
    expect(Date.parse(item?.last_used_at ?? '')).toBeGreaterThanOrEqual(Date.parse(item?.created_at ?? ''));
  });
});

test('a conversation comes in full, its messages in order', async () => {
  gateway.upstream.reply(say('Hello!', { usage: { prompt: 5, completion: 2, cached: 3 } }));
  const id = await turn({ message: 'Hi', system_prompt: 'Be kind.' });
  const full = Conversation.strict().parse(await (await get(id)).json());
  expect(full).toMatchObject({ id, system_prompt: 'Be kind.', message_count: 2, user_id: null, title: 'Hi' });
  const [user, assistant] = full.messages;
  expect(user).toMatchObject({
    seq: 1,
    parent_id: null,
    role: 'user',
    content: 'Hi',
    status: 'completed',
    model: null,
  });
  expect(assistant).toMatchObject({
    seq: 2,
    parent_id: user?.id,
    role: 'assistant',
    content: 'Hello!',
    status: 'completed',
    model: 'scripted',
    finish_reason: 'stop',
    usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7, prompt_tokens_details: { cached_tokens: 3 } },
  });
});

describe('the search', () => {
  test('finds words in questions and answers, with an excerpt that marks them', async () => {
    gateway.upstream.reply(say('The zanzibarian lighthouse is red.'));
    const id = await turn({ message: 'Tell me about the quokkaville harbour.' });
    for (const q of ['zanzibarian', 'QUOKKAVILLE', 'lighthouse zanzibarian']) {
      const [found, ...others] = (await list(`?q=${encodeURIComponent(q)}`)).items;
      expect([found?.id, others]).toEqual([id, []]);
      expect(found?.excerpt).toMatch(/\[\w+\]/);
    }
    expect(await ids('?q=nowheretobefound')).toEqual([]);
    expect(await ids(`?q=${encodeURIComponent('zanzibarian nowheretobefound')}`)).toEqual([]);
  });

  test('finds nothing of somebody else, and nothing that was deleted', async () => {
    const id = await turn({ message: 'The password is xylophonist.', user_id: 'ada' });
    expect(await ids('?q=xylophonist&user_id=ada')).toEqual([id]);
    expect(await ids('?q=xylophonist&user_id=bob')).toEqual([]);
    expect(await ids('?q=xylophonist')).toEqual([]);
    await gateway.call('DELETE', `/c1/conversations/${id}?user_id=ada`);
    expect(await ids('?q=xylophonist&user_id=ada')).toEqual([]);
  });
});

describe('the user of a conversation', () => {
  test("sees it; nobody else does, whatever they try, and they can't tell it from one that is not there", async () => {
    const id = await turn({ message: 'Mine', user_id: 'ada' });
    const missing = await errorOf(await get('conv_none'));
    for (const [method, query, body] of [
      ['GET', '', undefined],
      ['GET', '?user_id=bob', undefined],
      ['DELETE', '', undefined],
      ['DELETE', '?user_id=bob', undefined],
      ['PATCH', '', { title: 'Stolen' }],
      ['PATCH', '', { title: 'Stolen', user_id: 'bob' }],
    ] as const) {
      const error = await errorOf(await gateway.call(method, `/c1/conversations/${id}${query}`, body));
      expect(error).toEqual(missing);
    }
    for (const user_id of [undefined, 'bob']) {
      const refused = await gateway.call('POST', '/c1/chat', {
        model: 'scripted',
        message: 'Hi',
        conversation_id: id,
        user_id,
      });
      expect(await errorOf(refused)).toMatchObject({ code: 'conversation_not_found', param: 'conversation_id' });
    }
    const mine = await (await get(id, '?user_id=ada')).json();
    expect(mine).toMatchObject({ id, title: 'Mine', message_count: 2 });
    expect(await ids('?user_id=ada&limit=100')).toContain(id);
    expect(await ids('?user_id=bob&limit=100')).not.toContain(id);
    expect(await ids('?limit=100')).not.toContain(id);
  });

  test('without one, a conversation is visible to every holder of the bearer', async () => {
    const id = await turn({ message: 'Ours' });
    expect((await get(id)).status).toBe(200);
    expect((await get(id, '?user_id=bob')).status).toBe(200);
    expect(
      (
        await gateway.call('POST', '/c1/chat', {
          model: 'scripted',
          message: 'Hi',
          conversation_id: id,
          user_id: 'bob',
        })
      ).status,
    ).toBe(200);
  });
});

describe('a change', () => {
  test('sets the title and the system prompt, keeps what is absent, and clears what is null', async () => {
    const id = await turn({ message: 'Hi' });
    const patch = async (body: object) =>
      ConversationHead.strict().parse(await (await gateway.call('PATCH', `/c1/conversations/${id}`, body)).json());
    expect(await patch({ title: 'Grüße 👋', system_prompt: 'Be brief.' })).toMatchObject({
      title: 'Grüße 👋',
      system_prompt: 'Be brief.',
    });
    expect(await patch({ title: 'Other' })).toMatchObject({ title: 'Other', system_prompt: 'Be brief.' });
    expect(await patch({ system_prompt: null })).toMatchObject({ title: 'Other', system_prompt: null });
    expect(await patch({})).toMatchObject({ title: 'Other', system_prompt: null });
    expect(await (await get(id)).json()).toMatchObject({ title: 'Other', system_prompt: null });
  });

  test('of one of a user needs that user', async () => {
    const id = await turn({ message: 'Hi', user_id: 'ada' });
    const changed = await gateway.call('PATCH', `/c1/conversations/${id}`, { title: 'Mine', user_id: 'ada' });
    expect(await changed.json()).toMatchObject({ title: 'Mine', user_id: 'ada' });
  });
});

test('a deleted conversation is gone, and deleting it again is 404', async () => {
  const id = await turn({ message: 'Hi' });
  const deleted = await gateway.call('DELETE', `/c1/conversations/${id}`);
  expect([deleted.status, await deleted.json()]).toEqual([200, { id, object: 'conversation.deleted', deleted: true }]);
  for (const again of [await get(id), await gateway.call('DELETE', `/c1/conversations/${id}`)]) {
    expect((await errorOf(again)).code).toBe('conversation_not_found');
  }
  const turnAfter = await gateway.call('POST', '/c1/chat', { model: 'scripted', message: 'Hi', conversation_id: id });
  expect((await errorOf(turnAfter)).code).toBe('conversation_not_found');
  expect(await ids('?limit=100')).not.toContain(id);
});
