import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CreatedKey } from '../../contracts/keys/key.ts';
import { connectTrpc } from '../support/connect-trpc.ts';
import { errorOf } from '../support/error-of.ts';
import { type AccountsGateway, startAccounts } from '../support/start-accounts.ts';

/** A gateway where `ann` has a conversation of her own, one for each of two end users, and `ben` has one. */
async function startTalks(env: Record<string, string>) {
  const gateway = await startAccounts(env);
  const [ann, ben] = [await gateway.createKey({ owner: 'ann' }), await gateway.createKey({ owner: 'ben' })];
  async function talk(key: CreatedKey, message: string, rest: object = {}): Promise<string> {
    const turn = await gateway.as(key)('POST', '/c1/chat', { model: 'free', message, ...rest });
    expect(turn.status).toBe(200);
    return turn.headers.get('x-conversation-id') ?? '';
  }
  const own = await talk(ann, 'A plum of Ann');
  const ofUser = await talk(ann, 'A plum of Zoe', { user_id: 'zoe' });
  await talk(ann, 'A plum of Abe', { user_id: 'abe' });
  const ofBen = await talk(ben, 'A plum of Ben');
  return { gateway, ann, ben, own, ofUser, ofBen };
}
type Talks = Awaited<ReturnType<typeof startTalks>>;

const auditOf = async ({ call }: AccountsGateway) => {
  const { items } = await (await call('GET', '/api/audit')).json();
  return items.filter(({ action }: { action: string }) => action.startsWith('conversations.'));
};

describe('where nothing is set, the administrator', () => {
  let talks: Talks;
  beforeAll(async () => {
    talks = await startTalks({});
  });
  afterAll(() => talks.gateway.close());

  test('finds no conversation of an owner, by whichever way', async () => {
    const { gateway, own, ofUser } = talks;
    const { call } = gateway;
    expect(await (await call('GET', '/c1/conversations')).json()).toMatchObject({ items: [], total: 0 });
    expect(await (await call('GET', '/c1/conversations?q=plum')).json()).toMatchObject({ items: [], total: 0 });
    const tries = [
      call('GET', `/c1/conversations/${own}`),
      call('GET', `/c1/conversations/${own}/export`),
      call('GET', `/c1/conversations/${ofUser}?user_id=zoe`),
      call('PATCH', `/c1/conversations/${own}`, { title: 'seen' }),
      call('DELETE', `/c1/conversations/${own}`),
      call('POST', `/c1/conversations/${own}/fork`, {}),
      call('POST', '/c1/chat', { model: 'free', message: 'Hi', conversation_id: own }),
      call('GET', `/v1/conversations/${own}`),
      call('GET', `/v1/conversations/${own}/items`),
    ];
    for (const tried of tries) expect((await errorOf(await tried)).code).toBe('conversation_not_found');
    expect(await (await call('GET', '/c1/conversations?user_id=zoe')).json()).toMatchObject({ items: [] });
  });

  test('reads no run and no response of an owner', async () => {
    const { gateway, ann } = talks;
    const turn = await gateway.as(ann)('POST', '/c1/chat', { model: 'free', message: 'Hi' });
    const run = turn.headers.get('x-run-id') ?? '';
    expect((await gateway.as(ann)('GET', `/c1/runs/${run}`)).status).toBe(200);
    expect((await gateway.call('GET', `/c1/runs/${run}`)).status).toBe(404);
    const made = await (await gateway.as(ann)('POST', '/v1/responses', { model: 'free', input: 'Hi' })).json();
    expect((await gateway.as(ann)('GET', `/v1/responses/${made.id}`)).status).toBe(200);
    expect((await gateway.call('GET', `/v1/responses/${made.id}`)).status).toBe(404);
  });

  test('finds the conversations that were begun with the bearer', async () => {
    const { call } = talks.gateway;
    await call('POST', '/c1/chat', { model: 'free', message: 'A plum of mine' });
    const { items } = await (await call('GET', '/c1/conversations?q=plum')).json();
    expect(items).toMatchObject([{ title: 'A plum of mine' }]);
    expect(await (await call('GET', '/c1/conversations')).json()).toMatchObject({ total: 1 });
  });

  test('is told that the conversations of others are not shown, and nothing of them', async () => {
    const { gateway, own } = talks;
    for (const path of ['ann', 'ann/users', `ann/${own}`, 'nobody']) {
      const refused = await gateway.call('GET', `/api/conversations/${path}`);
      expect([path, refused.status]).toEqual([path, 403]);
      expect(await errorOf(refused)).toMatchObject({ code: 'conversations_not_shown' });
    }
    expect(await (await gateway.call('GET', '/api/self')).json()).toMatchObject({ reads_conversations: false });
    expect(await auditOf(gateway)).toEqual([]);
  });
});

describe('with ADMIN_READS_CONVERSATIONS=on', () => {
  let talks: Talks;
  beforeAll(async () => {
    talks = await startTalks({ ADMIN_READS_CONVERSATIONS: 'on' });
  });
  afterAll(() => talks.gateway.close());

  test('the administrator reads the conversations of one owner, of each end user apart', async () => {
    const { gateway, own, ofUser, ofBen } = talks;
    const read = async (path: string) => (await gateway.call('GET', `/api/conversations/${path}`)).json();
    expect(await read('ann')).toMatchObject({ total: 1, items: [{ id: own, title: 'A plum of Ann' }] });
    expect(await read('ann?user_id=zoe')).toMatchObject({ total: 1, items: [{ id: ofUser, user_id: 'zoe' }] });
    expect(await read('ann/users')).toEqual({ items: [{ user_id: 'abe' }, { user_id: 'zoe' }], next_cursor: null });
    expect(await read('ann/users?limit=1')).toEqual({ items: [{ user_id: 'abe' }], next_cursor: 'abe' });
    expect(await read('ann/users?limit=1&after=abe')).toEqual({ items: [{ user_id: 'zoe' }], next_cursor: null });
    const conversation = await read(`ann/${own}`);
    expect(conversation.messages.map(({ content }: { content: string }) => content)[0]).toBe('A plum of Ann');
    expect(await read(`ann/${ofUser}`)).toMatchObject({ user_id: 'zoe' });
    for (const path of [`ann/${ofBen}`, `ben/${own}`, `nobody/${own}`, 'ann/conv_none']) {
      expect([path, (await read(path)).error?.code]).toEqual([path, 'conversation_not_found']);
    }
    expect(await (await gateway.call('GET', '/api/self')).json()).toMatchObject({ reads_conversations: true });
  });

  test('over tRPC as well, and the audit has every view', async () => {
    const { gateway, own } = talks;
    const before = (await auditOf(gateway)).length;
    const { client: trpc, close } = connectTrpc(gateway);
    expect((await trpc.api.conversations.list.query({ owner: 'ann' })).total).toBe(1);
    const { messages } = await trpc.api.conversations.get.query({ owner: 'ann', conversation_id: own });
    expect(messages).toHaveLength(2);
    await close();
    const views = await auditOf(gateway);
    expect(views.slice(0, views.length - before)).toMatchObject([
      { actor: 'admin', action: 'conversations.read', subject: own, details: { owner: 'ann', messages: 2 } },
      { actor: 'admin', action: 'conversations.list', subject: 'ann', details: { user_id: null, conversations: 1 } },
    ]);
    // Nothing of what was said.
    expect(JSON.stringify(views)).not.toContain('plum');
  });

  test('nothing of it can be written', async () => {
    const { gateway, own } = talks;
    const { call } = gateway;
    for (const method of ['POST', 'PATCH', 'DELETE']) {
      expect((await call(method, `/api/conversations/ann/${own}`, {})).status).toBe(405);
    }
    expect((await call('PATCH', `/c1/conversations/${own}`, { title: 'seen' })).status).toBe(404);
    expect((await call('DELETE', `/c1/conversations/${own}`)).status).toBe(404);
    const turn = await call('POST', '/c1/chat', { model: 'free', message: 'Hi', conversation_id: own });
    expect((await errorOf(turn)).code).toBe('conversation_not_found');
  });

  test('a key and a client token are refused, for their own owner too', async () => {
    const { gateway, ann, own } = talks;
    const made = await gateway.as(ann)('POST', '/api/client-tokens', { user_id: 'zoe', models: ['free'] });
    const { token } = await made.json();
    for (const path of ['ann', 'ben', 'ann/users', `ann/${own}`]) {
      for (const key of [ann.key, token]) {
        const refused = await gateway.as({ key })('GET', `/api/conversations/${path}`);
        expect([path, refused.status]).toEqual([path, 403]);
        expect((await errorOf(refused)).code).toBe('permission_denied');
      }
    }
    expect(await (await gateway.as(ann)('GET', '/api/self')).json()).toMatchObject({ reads_conversations: false });
  });
});

test('the administrator still erases what was kept for an end user, of every owner', async () => {
  const talks = await startTalks({});
  const { gateway, ann, ofUser } = talks;
  const erased = await (await gateway.call('DELETE', '/c1/conversations?user_id=zoe')).json();
  expect(erased.deleted).toMatchObject({ conversations: 1, messages: 2 });
  expect((await gateway.as(ann)('GET', `/c1/conversations/${ofUser}?user_id=zoe`)).status).toBe(404);
  await gateway.close();
});
