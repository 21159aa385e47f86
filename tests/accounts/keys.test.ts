import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectClient, errorOf as failureOf } from '../clients/support.ts';
import { openRaw, query } from '../store/support.ts';
import { errorOf } from '../support/error-of.ts';
import { type AccountsGateway, ask, CHAT, startAccounts } from '../support/start-accounts.ts';
import { say } from '../support/upstream/scripts/answers.ts';

let gateway: AccountsGateway;
beforeAll(async () => {
  gateway = await startAccounts();
});
afterAll(() => gateway.close());

const models = async (response: Response): Promise<string[]> =>
  (await response.json()).data.map(({ id }: { id: string }) => id);

describe('a new key', () => {
  test('is shown once, is kept as a hash, and works as Bearer and as x-api-key', async () => {
    const made = await gateway.createKey({ name: 'laptop' });
    expect(made.key).toMatch(/^sk-[A-Za-z0-9]{48}$/);
    expect(made.prefix).toBe(made.key.slice(0, 9));
    expect(made.owner).toBe(made.id);
    const shown = await (await gateway.call('GET', `/api/keys/${made.id}`)).json();
    const { key: secret, ...rest } = made;
    expect(shown).toEqual(rest);
    expect(await (await gateway.call('GET', '/api/keys')).text()).not.toContain(secret);
    const db = await openRaw(gateway.dataDir, 'duplex.db');
    expect(JSON.stringify(query(db, 'SELECT * FROM "ApiKey"'))).not.toContain(secret);
    expect(JSON.stringify(query(db, 'SELECT * FROM "AuditRow"'))).not.toContain(secret);
    db.close();

    expect((await gateway.as(made)('GET', '/v1/models')).status).toBe(200);
    const plain = await fetch(`${gateway.url}/v1/models`, { headers: { 'x-api-key': secret } });
    expect(plain.status).toBe(200);
    expect((await gateway.as(made)('GET', '/trpc/models.list')).status).toBe(200);
  });

  test('differs from every other', async () => {
    const keys = await Promise.all(Array.from({ length: 20 }, () => gateway.createKey()));
    expect(new Set(keys.map(({ key }) => key)).size).toBe(20);
  });

  test.each([
    [{ name: '' }, 'name'],
    [{ name: 'x', group: 'team-z' }, 'group'],
    [{ name: 'x', models: ['cheap', 'nothing'] }, 'models[1]'],
    [{ name: 'x', ip_ranges: ['10.0.0.0/8', '10.0.0.0/33'] }, 'ip_ranges[1]'],
    [{ name: 'x', expires_at: 'tomorrow' }, 'expires_at'],
    [{ name: 'x', requests_per_minute: 0 }, 'requests_per_minute'],
    [{ name: 'x', credit_usd: -1 }, 'credit_usd'],
  ])('of %j is refused', async (fields, param) => {
    const { code, param: named } = await errorOf(await gateway.call('POST', '/api/keys', fields));
    expect([code, named]).toEqual(['invalid_field', param]);
  });

  test('has the money that it was given, and leaves a ledger entry and an audit row', async () => {
    const made = await gateway.createKey({ owner: 'ann', credit_usd: 20 });
    expect(await gateway.walletOf(made)).toEqual({ owner: 'ann', balance_usd: 20, held_usd: 0 });
    const { items } = await (await gateway.call('GET', '/api/wallets/ann/entries')).json();
    expect(items).toMatchObject([{ kind: 'top_up', amount_usd: 20, author: 'admin' }]);
    const audit = await (await gateway.call('GET', '/api/audit?limit=1')).json();
    expect(audit.items).toMatchObject([{ actor: 'admin', action: 'keys.create', subject: made.id }]);
  });
});

/** What a key sees of itself, and what everybody with a key may read. */
/** What operations of the administrator take. */
const BODIES: Readonly<Record<string, object>> = {
  '/api/keys': { name: 'x' },
  '/api/keys/{key_id}': { name: 'x' },
  '/api/wallets/{owner}/entries': { amount_usd: 1, reason: 'x' },
  '/api/wallets/{owner}/users': { user_id: 'x' },
  '/api/backends/test': { backend: 'up/m' },
  '/api/models-file': { text: 'models: []', version: 'x' },
  '/api/models-file/check': { text: 'models: []' },
};

const OF_A_KEY: ReadonlySet<string> = new Set([
  'get /api/self',
  'get /api/keys/me',
  'get /api/tools',
  'get /api/usage',
  'get /api/usage/requests',
  'post /api/client-tokens',
]);

describe('a key', () => {
  test('cannot administer: every address below /api but the public and its own is 403 to it', async () => {
    const made = await gateway.createKey();
    const as = gateway.as(made);
    const own = [];
    const { paths } = await (await fetch(`${gateway.url}/openapi.json`)).json();
    const tried = [];
    for (const [path, operations] of Object.entries<Record<string, { security: object[] }>>(paths)) {
      if (!path.startsWith('/api/')) continue;
      for (const [method, { security }] of Object.entries(operations)) {
        if (OF_A_KEY.has(`${method} ${path}`)) {
          const body = path === '/api/client-tokens' ? { user_id: 'ann' } : undefined;
          expect([path, (await as(method.toUpperCase(), path, body)).status]).toEqual([path, 200]);
          own.push(`${method} ${path}`);
          continue;
        }
        if (security.length === 0) continue;
        const body = ['post', 'patch', 'put'].includes(method) ? BODIES[path] : undefined;
        const response = await as(method.toUpperCase(), path.replace(/\{\w+\}/g, 'x'), body);
        expect([method, path, (await errorOf(response)).code]).toEqual([method, path, 'permission_denied']);
        tried.push(path);
      }
    }
    expect(own.toSorted()).toEqual([...OF_A_KEY].toSorted());
    expect(tried.length).toBeGreaterThan(8);
    // Its owner's wallet is its own to read, and not to fill; any other was refused above.
    const wallet = `/api/wallets/${made.owner}`;
    expect((await as('GET', wallet)).status).toBe(200);
    expect((await as('GET', `${wallet}/entries`)).status).toBe(200);
    const filled = await as('POST', `${wallet}/entries`, { amount_usd: 1, reason: 'x' });
    expect((await errorOf(filled)).code).toBe('permission_denied');
    const trpc = await as('POST', '/trpc/api.keys.create', { name: 'mine' });
    expect([trpc.status, (await trpc.json()).error.data.error.code]).toEqual([403, 'permission_denied']);
  });

  test('that was rotated has a new secret; the old one is refused at once', async () => {
    const made = await gateway.createKey();
    const rotated = await (await gateway.call('POST', `/api/keys/${made.id}/rotate`)).json();
    expect(rotated).toMatchObject({ id: made.id, owner: made.owner });
    expect(rotated.key).not.toBe(made.key);
    expect((await errorOf(await gateway.as(made)('GET', '/v1/models'))).code).toBe('invalid_authorization');
    expect((await gateway.as(rotated)('GET', '/v1/models')).status).toBe(200);
  });

  test('that was revoked, disabled or has expired is refused at once', async () => {
    const revoked = await gateway.createKey();
    expect((await gateway.call('DELETE', `/api/keys/${revoked.id}`)).status).toBe(200);
    expect((await errorOf(await gateway.as(revoked)('GET', '/v1/models'))).code).toBe('invalid_authorization');
    for (const again of ['DELETE', 'PATCH']) {
      const response = await gateway.call(again, `/api/keys/${revoked.id}`, again === 'PATCH' ? {} : undefined);
      expect((await errorOf(response)).code).toBe('key_not_found');
    }

    const disabled = await gateway.createKey();
    await gateway.call('PATCH', `/api/keys/${disabled.id}`, { enabled: false });
    expect((await errorOf(await gateway.as(disabled)('GET', '/v1/models'))).message).toBe('The key is disabled.');
    await gateway.call('PATCH', `/api/keys/${disabled.id}`, { enabled: true });
    expect((await gateway.as(disabled)('GET', '/v1/models')).status).toBe(200);

    const expired = await gateway.createKey({ expires_at: new Date(Date.now() - 1).toISOString() });
    expect((await errorOf(await gateway.as(expired)('GET', '/v1/models'))).message).toBe('The key has expired.');
    await gateway.call('PATCH', `/api/keys/${expired.id}`, { expires_at: null });
    expect((await gateway.as(expired)('GET', '/v1/models')).status).toBe(200);
  });

  test('works from its addresses alone', async () => {
    const here = await gateway.createKey({ ip_ranges: ['10.0.0.0/8', '127.0.0.1'] });
    expect((await gateway.as(here)('GET', '/v1/models')).status).toBe(200);
    const elsewhere = await gateway.createKey({ ip_ranges: ['10.0.0.0/8', '2001:db8::/32'] });
    expect((await errorOf(await gateway.as(elsewhere)('GET', '/v1/models'))).code).toBe('permission_denied');

    const chunksFor = async (apiKey: string) => {
      const { client } = connectClient(gateway, { apiKey });
      let chunks = 0;
      for await (const _ of client.streamChat({ model: 'free', messages: [{ role: 'user', content: 'Hi' }] })) chunks++;
      client.close();
      return chunks;
    };
    gateway.upstream.reply(say('Yes.'));
    expect(await chunksFor(here.key)).toBeGreaterThan(0);
    expect((await failureOf(chunksFor(elsewhere.key))).code).toBe('permission_denied');
  });

  test('that is guessed is 401, and 429 to who goes on guessing; keys that are right go on', async () => {
    const own = await startAccounts();
    const made = await own.createKey();
    const statuses = [];
    for (let i = 0; i < 50; i++) {
      const guess = await fetch(`${own.url}/v1/models`, { headers: { authorization: `Bearer sk-${i}` } });
      statuses.push(guess.status);
      if (guess.status === 429) expect(Number(guess.headers.get('retry-after'))).toBeGreaterThan(0);
      await guess.text();
    }
    expect(statuses[0]).toBe(401);
    expect(statuses.at(-1)).toBe(429);
    expect((await own.as(made)('GET', '/v1/models')).status).toBe(200);
    await own.close();
  });
});

describe('a group', () => {
  test('is what /v1/models and /v1/info show, within what the key itself may use', async () => {
    const of = async (fields: object) => {
      const as = gateway.as(await gateway.createKey(fields));
      const info = await (await as('GET', '/v1/info')).json();
      const listed = await models(await as('GET', '/v1/models'));
      expect(info.models.map(({ alias }: { alias: string }) => alias)).toEqual(listed);
      return listed;
    };
    const all = await models(await gateway.call('GET', '/v1/models'));
    expect(await of({})).toEqual(all);
    expect(await of({ group: 'everybody' })).toEqual(all);
    expect(await of({ group: 'team-a' })).toEqual(['cheap', 'free']);
    expect(await of({ group: 'team-a', models: ['free', 'dear'] })).toEqual(['free']);
    expect(await of({ models: ['dear'] })).toEqual(['dear']);
  });

  test('makes a model outside of it 404, and one that nobody knows 400, on every surface', async () => {
    const before = gateway.upstream.chats.length;
    const as = gateway.as(await gateway.createKey({ group: 'team-a' }));
    for (const [alias, code] of [
      ['dear', 'model_not_found'],
      ['nothing', 'model_not_in_allowlist'],
    ]) {
      const tries = [
        as('POST', CHAT, ask(alias ?? '')),
        as('POST', CHAT, ask(alias ?? '', { stream: true })),
        as('POST', '/c1/chat', { model: alias, message: 'Hi' }),
        as('POST', '/v1/completions', { model: alias, prompt: 'Hi' }),
        as('POST', '/v1/embeddings', { model: alias === 'dear' ? 'vectors' : alias, input: 'Hi' }),
        as('POST', '/v1/images/generations', { model: alias === 'dear' ? 'painter' : alias, prompt: 'Hi' }),
      ];
      for (const response of tries) expect((await errorOf(await response)).code).toBe(code);
    }
    expect((await errorOf(await as('GET', '/v1/models/dear'))).code).toBe('model_not_found');
    expect(gateway.upstream.chats).toHaveLength(before);
  });
});

describe('conversations', () => {
  test("of one owner are absent for another's keys; keys of one owner share them; the administrator sees none", async () => {
    const [ann, annToo, ben] = [
      gateway.as(await gateway.createKey({ owner: 'conv-ann' })),
      gateway.as(await gateway.createKey({ owner: 'conv-ann' })),
      gateway.as(await gateway.createKey({ owner: 'conv-ben' })),
    ];
    const turn = await ann('POST', '/c1/chat', { model: 'free', message: 'Hello plum' });
    const id = turn.headers.get('x-conversation-id') ?? '';
    expect(turn.status).toBe(200);
    expect((await annToo('GET', `/c1/conversations/${id}`)).status).toBe(200);
    expect((await (await annToo('GET', '/c1/conversations?q=plum')).json()).total).toBe(1);
    expect((await gateway.call('GET', `/c1/conversations/${id}`)).status).toBe(404);
    expect((await (await gateway.call('GET', '/c1/conversations?q=plum')).json()).total).toBe(0);
    for (const refused of [
      ben('GET', `/c1/conversations/${id}`),
      ben('PATCH', `/c1/conversations/${id}`, { title: 'mine' }),
      ben('DELETE', `/c1/conversations/${id}`),
      ben('POST', '/c1/chat', { model: 'free', message: 'Hi', conversation_id: id }),
    ]) {
      expect((await errorOf(await refused)).code).toBe('conversation_not_found');
    }
    expect(await (await ben('GET', '/c1/conversations')).json()).toMatchObject({ items: [], total: 0 });
    expect(await (await ben('GET', '/c1/conversations?q=plum')).json()).toMatchObject({ items: [], total: 0 });
    expect((await annToo('POST', '/c1/chat', { model: 'free', message: 'Hi', conversation_id: id })).status).toBe(200);
  });
});

test('GET /api/status is public', async () => {
  const response = await fetch(`${gateway.url}/api/status`);
  const { success, message, data } = await response.json();
  expect([response.status, success, message]).toEqual([200, true, '']);
  expect(data).toEqual({
    version: '0.0.0-test',
    system_name: 'Duplex',
    start_time: expect.any(Number),
    uptime_seconds: expect.any(Number),
  });
});
