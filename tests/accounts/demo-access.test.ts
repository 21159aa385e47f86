import { request } from 'node:http';
import { json } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { Started } from '../../contracts/system/start.ts';
import { errorOf } from '../support/error-of.ts';
import { type Gateway, startGateway } from '../support/start-gateway.ts';
import { startScripted } from '../support/start-scripted.ts';

let gateway: Gateway;
afterEach(() => gateway.close());

/** `GET /api/start` with headers that `fetch` does not let a page set. */
function start(headers: Record<string, string> = {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = request(`${gateway.url}/api/start`, { headers }, (response) => json(response).then(resolve, reject));
    asked.on('error', reject).end();
  });
}
async function startedKey(headers?: Record<string, string>): Promise<string> {
  const { key } = Started.parse(await start(headers));
  if (key === null) throw new Error('There is no key for the demo.');
  return key;
}
const as = (key: string) => ({ authorization: `Bearer ${key}` });

describe('a browser on the machine of a gateway in demo mode', () => {
  test('gets a key that talks to the demo model, and sees nothing of others', async () => {
    gateway = await startGateway();
    await gateway.call('POST', '/c1/conversations', { title: 'Of the administrator' });
    const question = { model: 'tinychat', messages: [{ role: 'user', content: 'Who are you?' }] };
    expect((await gateway.call('POST', '/v1/chat/completions', question)).status).toBe(200);
    const headers = as(await startedKey({ 'sec-fetch-site': 'same-origin' }));
    const turn = { model: 'tinychat', message: 'Who are you?' };
    const answer = await gateway.call('POST', '/c1/chat', turn, headers);
    expect(answer.status).toBe(200);
    const { items } = await (await gateway.call('GET', '/c1/conversations', undefined, headers)).json();
    expect(items).toHaveLength(1);
    expect(items[0].title).not.toBe('Of the administrator');
    const self = await (await gateway.call('GET', '/api/self', undefined, headers)).json();
    expect(self).toMatchObject({ role: 'key', key: null });
    const usage = await (await gateway.call('GET', '/api/usage', undefined, headers)).json();
    // Its own turn, and not the request of the administrator.
    expect(usage.total.requests).toBe(1);
    for (const path of ['/api/keys', '/api/wallets', '/api/audit', '/api/logs', '/api/models-file']) {
      expect([path, (await gateway.call('GET', path, undefined, headers)).status]).toEqual([path, 403]);
    }
    expect((await gateway.call('POST', '/api/keys', { name: 'mine' }, headers)).status).toBe(403);
    expect((await gateway.call('POST', '/api/client-tokens', { user_id: 'me' }, headers)).status).toBe(403);
  });

  test.each([
    ['another site, by a name that leads here', { host: 'evil.example' }],
    ['a name that only begins like this machine', { host: '127.0.0.1.evil.example' }],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another site in an older browser', { origin: 'http://evil.example' }],
    ['another port of this machine', { 'sec-fetch-site': 'same-site' }],
    ['a client behind a proxy', { 'x-forwarded-for': '203.0.113.9' }],
    ['a client behind a proxy that says so otherwise', { forwarded: 'for=203.0.113.9' }],
    ['a client behind a tunnel', { 'cf-connecting-ip': '203.0.113.9' }],
    ['a client behind a cache', { via: '1.1 cache' }],
  ])('is not %s', async (_name, headers) => {
    gateway = await startGateway();
    expect(await start(headers)).toEqual({ key: null });
  });

  test('needs a key where other machines reach the gateway, and where DEMO_ACCESS says so', async () => {
    gateway = await startGateway({ env: { HOST: '0.0.0.0' } });
    expect(await start()).toEqual({ key: null });
    await gateway.close();
    gateway = await startGateway({ env: { DEMO_ACCESS: 'off' } });
    expect(await start()).toEqual({ key: null });
  });

  test('needs a key where the gateway has real models', async () => {
    gateway = await startScripted();
    expect(await start()).toEqual({ key: null });
  });

  test('is refused with the key of another run of the gateway', async () => {
    gateway = await startGateway();
    const key = await startedKey();
    await gateway.close();
    gateway = await startGateway();
    const refused = await gateway.call('GET', '/v1/models', undefined, as(key));
    expect(refused.status).toBe(401);
    expect(await errorOf(refused)).toMatchObject({ code: 'invalid_authorization' });
  });
});
