import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClientToken, CreateClientTokenRequest } from '../../contracts/keys/client-token.ts';
import type { CreatedKey, CreateKeyRequest } from '../../contracts/keys/key.ts';
import { signToken } from '../../server/features/access/sign-token.ts';
import { listOperations } from '../../server/http/list-operations.ts';
import { connectTrpc } from '../support/connect-trpc.ts';
import { dial } from '../support/dial.ts';
import { errorOf } from '../support/error-of.ts';
import { openRouter } from '../support/open-router.ts';
import { type AccountsGateway, startAccounts } from '../support/start-accounts.ts';
import { bearer } from '../support/start-gateway.ts';
import { say } from '../support/upstream/scripts/answers.ts';

const SHOP = 'https://shop.example.com';
const OTHER = 'https://other.example.com';

let gateway: AccountsGateway;
const lines: string[] = [];
beforeAll(async () => {
  gateway = await startAccounts({ CORS_ORIGINS: OTHER, LOG_LEVEL: 'trace' }, '', (line) => lines.push(line));
});
afterAll(() => gateway.close());

const create = (fields: Partial<CreateKeyRequest> = {}): Promise<CreatedKey> =>
  gateway.createKey({ credit_usd: 1, cors_origins: [SHOP], ...fields });

const ask = ({ key }: Pick<CreatedKey, 'key'>, fields: object) =>
  gateway.as({ key })('POST', '/api/client-tokens', fields);

async function tokenOf(key: CreatedKey, fields: Partial<CreateClientTokenRequest> = {}): Promise<ClientToken> {
  const response = await ask(key, { user_id: 'ann', ...fields });
  expect(response.status).toBe(200);
  return response.json();
}

/** The code of an error of tRPC. */
const codeOf = async (response: Response): Promise<string> => (await response.json()).error.data.error.code;

/** Calls as a page of the shop does. */
const asPage =
  ({ token }: Pick<ClientToken, 'token'>, origin: string | null = SHOP) =>
  (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    gateway.as({ key: token })(method, path, body, { ...(origin === null ? {} : { origin }), ...headers });

const turn = (fields: object = {}) => ({ model: 'free', message: 'Hi', ...fields });

describe('a client token', () => {
  test('chats for its end user, on REST and over a websocket', async () => {
    const key = await create();
    const made = await tokenOf(key, { models: ['free'], origins: [SHOP], budget_usd: 0.5, minutes: 5 });
    expect(made).toMatchObject({ user_id: 'ann', models: ['free'], origins: [SHOP], budget_usd: 0.5 });
    const left = new Date(made.expires_at).getTime() - Date.now();
    expect(left).toBeGreaterThan(4 * 60_000);
    expect(left).toBeLessThanOrEqual(5 * 60_000);

    const page = asPage(made);
    const answer = await page('POST', '/c1/chat', turn());
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, SHOP]);
    await answer.text();
    const id = answer.headers.get('x-conversation-id') ?? '';
    expect((await (await page('GET', '/c1/conversations')).json()).items).toMatchObject([{ id, user_id: 'ann' }]);
    expect((await page('GET', `/c1/conversations/${id}`)).status).toBe(200);
    const models = await (await page('GET', '/v1/models')).json();
    expect(models.data.map((model: { id: string }) => model.id)).toEqual(['free']);

    const socket = await dial(gateway, { headers: { origin: SHOP }, query: '?connectionParams=1' });
    socket.say({ method: 'connectionParams', data: { apiKey: made.token } });
    socket.say({
      id: 1,
      method: 'subscription',
      params: { path: 'c1.chat.stream', input: { model: 'free', message: 'And now?', conversation_id: id } },
    });
    expect((await socket.next()).result?.type).toBe('started');
    expect((await socket.next()).result?.data?.data.conversation_id).toBe(id);
    socket.socket.close();
    await socket.closed;
  });

  test('reaches nothing of another end user, nor of none', async () => {
    const key = await create();
    const ann = asPage(await tokenOf(key));
    const server = gateway.as(key);
    for (const user of [{ user_id: 'bob' }, {}]) {
      const begun = await server('POST', '/c1/chat', turn(user));
      await begun.text();
      const id = begun.headers.get('x-conversation-id');
      const run = begun.headers.get('x-run-id');
      const refusals = [
        ann('GET', `/c1/conversations/${id}`),
        ann('PATCH', `/c1/conversations/${id}`, { title: 'Mine' }),
        ann('DELETE', `/c1/conversations/${id}`),
        ann('POST', `/c1/conversations/${id}/fork`, {}),
        ann('POST', '/c1/chat', turn({ conversation_id: id })),
        ann('POST', '/c1/chat', turn({ conversation_id: id, stream: true })),
      ];
      for (const refusal of refusals) {
        expect(await errorOf(await refusal)).toMatchObject({ status: 404, code: 'conversation_not_found' });
      }
      const input = encodeURIComponent(JSON.stringify({ conversation_id: id }));
      const overTrpc = await ann('GET', `/trpc/conversations.get?input=${input}`);
      expect([overTrpc.status, await codeOf(overTrpc)]).toEqual([404, 'conversation_not_found']);
      for (const refusal of [ann('GET', `/c1/runs/${run}`), ann('GET', `/c1/runs/${run}/events`)]) {
        expect(await errorOf(await refusal)).toMatchObject({ status: 404, code: 'run_not_found' });
      }
      expect((await (await ann('GET', '/c1/conversations')).json()).items).toEqual([]);
      expect((await server('GET', `/c1/conversations/${id}${user.user_id ? '?user_id=bob' : ''}`)).status).toBe(200);
    }
    const named = await ann('POST', '/c1/chat', turn({ user_id: 'bob' }));
    expect(await errorOf(named)).toMatchObject({ status: 403, code: 'permission_denied', param: 'user_id' });
    const listed = await ann('GET', '/c1/conversations?user_id=bob');
    expect(await errorOf(listed)).toMatchObject({ status: 403, code: 'permission_denied', param: 'user_id' });
  });

  test('is refused by every operation that is not for it', async () => {
    const page = asPage(await tokenOf(await create()));
    const operations = listOperations(await openRouter()).filter(({ isOpen, meta }) => !isOpen && !meta.tokens);
    expect(operations.length).toBeGreaterThan(40);
    const refused = { status: 403, code: 'permission_denied', param: 'Authorization' };
    for (const { method, path, name } of operations) {
      const url = path.replace(/\{\+?\w+\}/g, 'x');
      const response = await page(method, url, method === 'GET' || method === 'DELETE' ? undefined : {});
      // Anthropic's clients get its shape of errors, which names no param.
      expect([name, response.status]).toEqual([name, 403]);
      await response.text();
    }
    for (const [method, path] of [
      ['GET', '/c1/conversations/export?user_id=ann'],
      ['POST', '/c1/conversations/import'],
      ['POST', '/v1/audio/speech'],
    ] as const) {
      const response = await page(method, path, method === 'POST' ? {} : undefined);
      expect([path, await errorOf(response)]).toEqual([path, expect.objectContaining(refused)]);
    }
    for (const [method, name] of [
      ['GET', 'api.self'],
      ['GET', 'models.info'],
      ['POST', 'api.clientTokens.create'],
      ['POST', 'v1.chat.create'],
      ['POST', 'conversations.erase'],
    ] as const) {
      const response = await page(method, `/trpc/${name}`, method === 'POST' ? {} : undefined);
      expect([name, response.status, await codeOf(response)]).toEqual([name, 403, 'permission_denied']);
    }
    expect(operations.map(({ name }) => name)).toContain('conversations.erase');
  });

  test('uses no model that its key or itself is not allowed', async () => {
    const key = await create({ models: ['free', 'cheap'] });
    const page = asPage(await tokenOf(key, { models: ['free'] }));
    for (const model of ['cheap', 'dear']) {
      expect(await errorOf(await page('POST', '/c1/chat', turn({ model })))).toMatchObject({ status: 404 });
    }
    const beyond = await ask(key, { user_id: 'ann', models: ['dear'] });
    expect(await errorOf(beyond)).toMatchObject({ status: 400, code: 'invalid_field', param: 'models[0]' });
    // What is taken from the key is gone from its tokens.
    await (await gateway.call('PATCH', `/api/keys/${key.id}`, { models: ['cheap'] })).text();
    expect(await errorOf(await page('POST', '/c1/chat', turn()))).toMatchObject({ status: 404 });
  });

  test('is for the pages of its origins alone', async () => {
    const key = await create();
    const made = await tokenOf(key, { origins: [SHOP] });
    const refused = { status: 403, code: 'permission_denied', param: 'Origin' };
    for (const origin of [OTHER, 'https://evil.example.com', 'null', null]) {
      const response = await asPage(made, origin)('POST', '/c1/chat', turn());
      expect([response.headers.get('access-control-allow-origin'), await errorOf(response)]).toEqual([
        null,
        expect.objectContaining(refused),
      ]);
    }
    // A page on the gateway's own origin says none when it reads.
    expect((await asPage(made, null)('GET', '/c1/conversations')).status).toBe(200);
    const beyond = await ask(key, { user_id: 'ann', origins: [SHOP, OTHER] });
    expect(await errorOf(beyond)).toMatchObject({ status: 400, code: 'invalid_field', param: 'origins[1]' });
    await expect(dial(gateway, { headers: { origin: 'https://evil.example.com' } })).rejects.toThrow('403');
    const socket = await dial(gateway, { headers: { origin: OTHER }, query: '?connectionParams=1' });
    socket.say({ method: 'connectionParams', data: { apiKey: made.token } });
    socket.say({ id: 1, method: 'query', params: { path: 'conversations.list', input: {} } });
    expect((await socket.next()).error?.data.error).toMatchObject({ code: 'permission_denied', param: 'Origin' });
    socket.socket.close();
    await socket.closed;
  });

  test.each([
    ['is revoked', (key: CreatedKey) => gateway.call('DELETE', `/api/keys/${key.id}`)],
    ['is disabled', (key: CreatedKey) => gateway.call('PATCH', `/api/keys/${key.id}`, { enabled: false })],
    ['gets another secret', (key: CreatedKey) => gateway.call('POST', `/api/keys/${key.id}/rotate`, {})],
  ])('ends at once when its key %s', async (_, end) => {
    const key = await create();
    const page = asPage(await tokenOf(key));
    expect((await page('GET', '/v1/models')).status).toBe(200);
    expect((await end(key)).status).toBe(200);
    expect(await errorOf(await page('GET', '/v1/models'))).toMatchObject({
      status: 401,
      code: 'invalid_authorization',
    });
  });

  test('ends after its minutes', async () => {
    const key = await create();
    const secret = await gateway.store.secrets.obtain('client-tokens');
    const row = await gateway.store.keys.find(key.id);
    const signed = (e: number) =>
      asPage({ token: signToken(secret, row?.hash ?? '', { i: 'ct_1', k: key.id, u: 'ann', e }) });
    expect((await signed(Date.now() + 60_000)('GET', '/v1/models')).status).toBe(200);
    const expired = await errorOf(await signed(Date.now() - 1)('GET', '/v1/models'));
    expect(expired).toMatchObject({ status: 401, code: 'invalid_authorization' });
  });

  test('is worth nothing when any part of it is changed', async () => {
    const { token } = await tokenOf(await create());
    const [body = '', signature = ''] = token.slice(4).split('.');
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
    const write = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    // A signature has two spare bits in its last character: this text has the same bytes.
    const bytes = Buffer.from(signature, 'base64url');
    const last = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');
    const alike = last.map((char) => signature.slice(0, -1) + char).filter((text) => text !== signature);
    const [sameBytes = ''] = alike.filter((text) => Buffer.from(text, 'base64url').equals(bytes));
    expect(sameBytes).not.toBe('');
    const own = createHmac('sha256', 'guess').update(body).digest('base64url');
    const forged = [
      `dct-${write({ ...claims, u: 'bob' })}.${signature}`,
      `dct-${write({ ...claims, b: 1e9 })}.${signature}`,
      `dct-${write({ ...claims, e: claims.e + 1 })}.${signature}`,
      `dct-${body}.${own}`,
      `dct-${body}.${sameBytes}`,
      `dct-${body}.${signature.slice(0, -1)}`,
      `dct-${body}.${signature}.${signature}`,
      `dct-${body}.`,
      `dct-${body}`,
      'dct-',
      `dct-${'a'.repeat(5_000)}.${signature}`,
    ];
    for (const text of forged) {
      expect(await errorOf(await asPage({ token: text })('GET', '/v1/models'))).toMatchObject({ status: 401 });
    }
  });

  test('is given to keys alone, within its limits', async () => {
    expect(await errorOf(await ask({ key: bearer }, { user_id: 'ann' }))).toMatchObject({
      status: 403,
      code: 'permission_denied',
    });
    const key = await create();
    for (const [fields, param] of [
      [{}, 'user_id'],
      [{ user_id: '' }, 'user_id'],
      [{ user_id: 'ann', minutes: 61 }, 'minutes'],
      [{ user_id: 'ann', minutes: 0 }, 'minutes'],
      [{ user_id: 'ann', budget_usd: 0 }, 'budget_usd'],
      [{ user_id: 'ann', origins: ['*'] }, 'origins[0]'],
      [{ user_id: 'ann', origins: [`${SHOP}/`] }, 'origins[0]'],
      [{ user_id: 'ann', models: [] }, 'models'],
      [{ user_id: 'ann', owner: 'other' }, null],
    ] as const) {
      expect([fields, await errorOf(await ask(key, fields))]).toEqual([
        fields,
        expect.objectContaining({ status: 400, param }),
      ]);
    }
  });

  test('is in no line of the log', async () => {
    const { token } = await tokenOf(await create());
    const page = asPage({ token });
    await (await page('POST', '/c1/chat', turn({ message: token }))).text();
    await (await page('GET', '/api/self')).text();
    await (await gateway.call('GET', `/v1/models/${token}`)).text();
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines) expect(line.includes(token.split('.')[1] ?? '')).toBe(false);
  });
});

describe('the budget of a client token', () => {
  const spent = async (key: CreatedKey) => 1 - (await gateway.walletOf(key)).balance_usd;

  test('is not exceeded by requests that race each other, and is full again with no later one', async () => {
    const key = await create();
    const made = await tokenOf(key, { budget_usd: 0.0005 });
    const page = asPage(made);
    gateway.upstream.on('cheap-model', say('word '.repeat(20)));
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => page('POST', '/c1/chat', turn({ model: 'cheap', max_tokens: 60 }))),
    );
    const statuses = await Promise.all(answers.map(async (answer) => [answer.status, await answer.text()] as const));
    expect(statuses.filter(([status]) => status === 200).length).toBeGreaterThan(0);
    const refusals = statuses.filter(([status]) => status !== 200);
    expect(refusals.length).toBeGreaterThan(0);
    for (const [status, text] of refusals) {
      expect([status, JSON.parse(text).error]).toEqual([
        429,
        expect.objectContaining({ code: 'budget_exhausted', message: expect.stringContaining('client token') }),
      ]);
    }
    // One after the other, until nothing is left.
    for (;;) {
      const answer = await page('POST', '/c1/chat', turn({ model: 'cheap', max_tokens: 60 }));
      await answer.text();
      await gateway.store.wallets.flush();
      if (answer.status !== 200) break;
    }
    expect(await spent(key)).toBeLessThanOrEqual(0.0005);
    expect(await spent(key)).toBeGreaterThan(0.0001);
    // Another token of the same user and key has a budget of its own, and what costs nothing needs none.
    const other = asPage(await tokenOf(key, { budget_usd: 0.0005 }));
    expect((await other('POST', '/c1/chat', turn({ model: 'cheap', max_tokens: 60 }))).status).toBe(200);
    expect((await page('POST', '/c1/chat', turn())).status).toBe(200);
  });

  test('ends a stream that would exceed it', async () => {
    const key = await create();
    const page = asPage(await tokenOf(key, { budget_usd: 0.001 }));
    gateway.upstream.on('dear-model', say('word '.repeat(400)));
    const answer = await page('POST', '/c1/chat', turn({ model: 'dear', stream: true, max_tokens: 1_000 }));
    const text = await answer.text();
    expect(text).toMatch(/budget_exhausted/);
    expect(await spent(key)).toBeLessThanOrEqual(0.001);
  });
});

describe('the origins of a key', () => {
  const preflight = (origin: string) =>
    gateway.call('OPTIONS', '/c1/chat', undefined, { origin, 'access-control-request-method': 'POST' });
  const allowed = ({ headers }: Response) => headers.get('access-control-allow-origin');

  test('are allowed beside those of CORS_ORIGINS, for this key alone', async () => {
    const [shop, plain] = [await create(), await create({ cors_origins: null })];
    expect(shop.cors_origins).toEqual([SHOP]);
    expect(allowed(await preflight(SHOP))).toBe(SHOP);
    expect(allowed(await preflight(OTHER))).toBe(OTHER);
    expect(allowed(await preflight('https://evil.example.com'))).toBeNull();
    const list = (key: CreatedKey, origin: string) => gateway.as(key)('GET', '/v1/models', undefined, { origin });
    expect(allowed(await list(shop, SHOP))).toBe(SHOP);
    expect(allowed(await list(plain, OTHER))).toBe(OTHER);
    expect(allowed(await list(plain, SHOP))).toBeNull();
    const refused = await list(shop, OTHER);
    expect([allowed(refused), await errorOf(refused)]).toEqual([
      null,
      expect.objectContaining({ status: 403, code: 'permission_denied', param: 'Origin' }),
    ]);
    // Servers say no origin.
    expect((await gateway.as(shop)('GET', '/v1/models')).status).toBe(200);
    const connection = connectTrpc(gateway, { apiKey: shop.key });
    expect((await connection.client.conversations.list.query({})).items).toEqual([]);
    connection.close();
  });

  test('are written as browsers write them', async () => {
    for (const origin of ['shop.example.com', 'https://Shop.example.com', `${SHOP}/`, `${SHOP}:443`, '*', 'null']) {
      const refused = await gateway.call('POST', '/api/keys', { name: 'x', cors_origins: [origin] });
      expect([origin, await errorOf(refused)]).toEqual([
        origin,
        expect.objectContaining({ status: 400, param: 'cors_origins[0]' }),
      ]);
    }
  });
});
