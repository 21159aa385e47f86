import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { CreatedKey } from '../../contracts/keys/key.ts';
import { TrustedProxies } from '../../server/features/access/trusted-proxies.ts';
import { errorOf } from '../support/error-of.ts';
import { openRaw } from '../support/raw-request.ts';
import { type AccountsGateway, startAccounts } from '../support/start-accounts.ts';

describe('the client behind trusted proxies', () => {
  const proxies = new TrustedProxies(['127.0.0.1', '10.0.0.0/8', '2001:db8:ffff::/48']);
  test.each([
    ['127.0.0.1', '203.0.113.7', '203.0.113.7'],
    ['::ffff:127.0.0.1', '203.0.113.7', '203.0.113.7'],
    // The client wrote the first address itself.
    ['127.0.0.1', '203.0.113.7, 198.51.100.1', '198.51.100.1'],
    ['127.0.0.1', '203.0.113.7,10.1.2.3 , 10.9.9.9', '203.0.113.7'],
    ['127.0.0.1', '10.1.2.3', '10.1.2.3'],
    ['2001:db8:ffff::1', '2001:db8::7', '2001:db8::7'],
    ['127.0.0.1', '[2001:db8::7]:443', '2001:db8::7'],
    ['127.0.0.1', '203.0.113.7:50123', '203.0.113.7'],
    ['127.0.0.1', '"203.0.113.7"', '203.0.113.7'],
    // What cannot be read, and everything before it, is ignored.
    ['127.0.0.1', '203.0.113.7, unknown', '127.0.0.1'],
    ['127.0.0.1', '203.0.113.7, 256.1.1.1, 10.0.0.1', '10.0.0.1'],
    ['127.0.0.1', '', '127.0.0.1'],
    ['127.0.0.1', undefined, '127.0.0.1'],
    // Nobody believes a stranger.
    ['198.51.100.1', '203.0.113.7', '198.51.100.1'],
    ['', '203.0.113.7', ''],
  ])('of %s with %j is %s', (peer, forwardedFor, client) => {
    expect(proxies.clientOf(peer, forwardedFor)).toBe(client);
  });

  test('is the peer where no proxy is trusted', () => {
    expect(new TrustedProxies([]).clientOf('127.0.0.1', '203.0.113.7')).toBe('127.0.0.1');
  });
});

type Ask = (key: string, headers: Record<string, string>) => Promise<number>;

const statusOf = async (response: Response): Promise<number> => {
  await response.arrayBuffer();
  return response.status;
};

async function upgradeStatus(url: string, headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(url, { headers });
  const refused = once(socket, 'unexpected-response').then(([, response]) => Number(response.statusCode));
  const opened = once(socket, 'open').then(() => 200);
  const status = await Promise.race([opened, refused]);
  socket.on('error', () => undefined);
  socket.terminate();
  return status;
}

const waysTo = (gateway: AccountsGateway): Readonly<Record<string, Ask>> => {
  const auth = (key: string, headers: Record<string, string>) => ({ ...headers, authorization: `Bearer ${key}` });
  return {
    REST: async (key, headers) => statusOf(await gateway.call('GET', '/v1/models', undefined, auth(key, headers))),
    'tRPC over HTTP': async (key, headers) =>
      statusOf(await gateway.call('GET', '/trpc/models.list', undefined, auth(key, headers))),
    'the websocket of responses': (key, headers) =>
      upgradeStatus(`${gateway.url.replace('http', 'ws')}/v1/responses`, auth(key, headers)),
    'tRPC over a websocket': async (key, headers) => {
      const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/trpc`, { headers: auth(key, headers) });
      await once(socket, 'open');
      socket.send(JSON.stringify({ id: 1, method: 'query', params: { path: 'models.list' } }));
      const [message] = await once(socket, 'message');
      socket.terminate();
      return JSON.parse(String(message)).error?.data.httpStatus ?? 200;
    },
  };
};

const from = (forwardedFor: string) => ({ 'x-forwarded-for': forwardedFor });

describe('behind a proxy that TRUSTED_PROXIES names', () => {
  let gateway: AccountsGateway;
  let key: CreatedKey;
  beforeAll(async () => {
    gateway = await startAccounts({
      TRUSTED_PROXIES: '127.0.0.1, ::1',
      WEBSOCKETS_PER_ADDRESS: '1',
      CONNECTIONS_WITHOUT_KEY: '1',
    });
    key = await gateway.createKey({ ip_ranges: ['203.0.113.0/24'] });
  });
  afterAll(() => gateway.close());

  test('`ip_ranges` of a key holds for the client, by every way in', async () => {
    for (const [way, ask] of Object.entries(waysTo(gateway))) {
      const of = (address: string) => ask(key.key, from(address));
      const statuses = [await of('203.0.113.7'), await of('198.51.100.1'), await of('203.0.113.7, 198.51.100.1')];
      expect([way, ...statuses]).toEqual([way, 200, 403, 403]);
      expect([way, await ask(key.key, {})]).toEqual([way, 403]);
    }
  });

  test('wrong keys are counted for each client', async () => {
    const guess = async (address: string, i: number) => {
      const headers = { ...from(address), authorization: `Bearer sk-wrong-${i}` };
      return statusOf(await gateway.call('GET', '/v1/models', undefined, headers));
    };
    const statuses = [];
    for (let i = 0; i < 60; i++) statuses.push(await guess('198.51.100.7', i));
    expect(statuses[0]).toBe(401);
    expect(statuses).toContain(429);
    expect(await guess('198.51.100.8', 0)).toBe(401);
  });

  test('websockets are counted for each client', async () => {
    const url = `${gateway.url.replace('http', 'ws')}/trpc`;
    const first = new WebSocket(url, { headers: from('203.0.113.20') });
    await once(first, 'open');
    expect(await upgradeStatus(url, from('203.0.113.20'))).toBe(429);
    expect(await upgradeStatus(url, from('203.0.113.21'))).toBe(200);
    first.terminate();
  });

  test('the connections of the proxy are not those of one stranger', async () => {
    const waiting = [1, 2, 3].map(() => openRaw(gateway.url));
    for (const { socket } of waiting) socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
    for (const { until } of waiting) expect(await until(/"ok"/)).toContain('200 OK');
    for (const { socket } of waiting) socket.destroy();
  });
});

test('without TRUSTED_PROXIES nobody can say that they are somebody else', async () => {
  const gateway = await startAccounts();
  try {
    const key = await gateway.createKey({ ip_ranges: ['203.0.113.0/24'] });
    for (const [way, ask] of Object.entries(waysTo(gateway))) {
      expect([way, await ask(key.key, from('203.0.113.7'))]).toEqual([way, 403]);
    }
    const refusal = await errorOf(
      await gateway.call('GET', '/v1/models', undefined, {
        ...from('203.0.113.7'),
        authorization: `Bearer ${key.key}`,
      }),
    );
    expect(refusal.code).toBe('permission_denied');
  } finally {
    await gateway.close();
  }
});
