import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { CreatedKey } from '../../contracts/keys/key.ts';
import { connectClient, errorOf as failureOf } from '../clients/support.ts';
import { errorOf } from '../support/error-of.ts';
import { frameOf, OPCODE, openRawWebsocket } from '../support/raw-websocket.ts';
import { readerOf } from '../support/read-events.ts';
import { type AccountsGateway, ask, CHAT, startAccounts } from '../support/start-accounts.ts';
import { say } from '../support/upstream/scripts/answers.ts';
import { hangAfter, hangBeforeHeaders } from '../support/upstream/scripts/failures.ts';

let gateway: AccountsGateway;
beforeAll(async () => {
  gateway = await startAccounts();
});
afterAll(() => gateway.close());

const end = (key: CreatedKey, how: 'revoked' | 'disabled') =>
  how === 'revoked'
    ? gateway.call('DELETE', `/api/keys/${key.id}`)
    : gateway.call('PATCH', `/api/keys/${key.id}`, { enabled: false });

const settled = (key: CreatedKey) =>
  expect.poll(async () => (await gateway.walletOf(key)).held_usd, { interval: 20 }).toBe(0);

test.each([
  ['/v1', 'revoked', CHAT, ask('dear', { stream: true })],
  ['/v1', 'disabled', CHAT, ask('dear', { stream: true })],
  ['/c1', 'revoked', '/c1/chat', { model: 'dear', message: 'Hi', stream: true }],
] as const)(
  'an open stream of %s ends when its key is %s: with an error, paid for what came',
  async (_, how, path, body) => {
    const key = await gateway.createKey({ credit_usd: 1 });
    gateway.upstream.reply(hangAfter(2));
    const seen = gateway.upstream.chats.length;
    const response = await gateway.as(key)('POST', path, body);
    const reader = readerOf(response);
    await reader.until('two');
    expect((await end(key, how)).status).toBe(200);
    const text = await reader.until('error');
    expect(text).toContain('"code":"invalid_authorization"');
    expect(text).toContain(`The key was ${how}.`);
    expect(await reader.next()).toBeNull();
    expect(text).not.toContain('[DONE]');
    await gateway.upstream.chats[seen]?.aborted;
    await settled(key);
    const { balance_usd } = await gateway.walletOf(key);
    expect(balance_usd).toBeLessThan(1);
    expect(balance_usd).toBeGreaterThan(0.9);
    expect((await errorOf(await gateway.as(key)('GET', '/v1/models'))).code).toBe('invalid_authorization');
  },
);

test('a JSON answer that is waited for ends as well, for nothing', async () => {
  const key = await gateway.createKey({ credit_usd: 1 });
  gateway.upstream.reply(hangBeforeHeaders);
  const seen = gateway.upstream.chats.length;
  const pending = gateway.as(key)('POST', CHAT, ask('dear'));
  await gateway.upstream.waitFor(({ chats }) => chats.length === seen + 1);
  await end(key, 'revoked');
  const { code, message } = await errorOf(await pending);
  expect([code, message]).toEqual(['invalid_authorization', 'The key was revoked.']);
  await gateway.upstream.chats[seen]?.aborted;
  await settled(key);
  expect((await gateway.walletOf(key)).balance_usd).toBe(1);
});

test('an open stream ends when its key expires', async () => {
  const key = await gateway.createKey({ credit_usd: 1 });
  gateway.upstream.reply(hangAfter(2));
  const reader = readerOf(await gateway.as(key)('POST', CHAT, ask('dear', { stream: true })));
  await reader.until('two');
  const expires_at = new Date(Date.now() + 100).toISOString();
  expect((await gateway.call('PATCH', `/api/keys/${key.id}`, { expires_at })).status).toBe(200);
  expect(await reader.until('error')).toContain('The key has expired.');
  expect(await reader.next()).toBeNull();
  await settled(key);
});

test('a call on a websocket that closes stops, and holds nothing any more', async () => {
  const key = await gateway.createKey({ credit_usd: 1, concurrent_requests: 1 });
  gateway.upstream.reply(hangBeforeHeaders);
  const seen = gateway.upstream.chats.length;
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/trpc?connectionParams=1`);
  await once(socket, 'open');
  socket.send(JSON.stringify({ method: 'connectionParams', data: { apiKey: key.key } }));
  const params = { path: 'v1.chat.create', input: ask('dear') };
  socket.send(JSON.stringify({ id: 1, jsonrpc: '2.0', method: 'mutation', params }));
  const asked = await gateway.upstream.waitForChat((chat) => gateway.upstream.chats.indexOf(chat) >= seen);
  socket.terminate();
  await asked.aborted;
  await settled(key);
  expect((await gateway.walletOf(key)).balance_usd).toBe(1);
});

test('a subscription over a websocket ends as well, and so does what is asked on that socket later', async () => {
  const key = await gateway.createKey({ credit_usd: 1 });
  const { client } = connectClient(gateway, { apiKey: key.key });
  gateway.upstream.reply(hangAfter(2));
  const open = async () => {
    for await (const _ of client.streamChat({ model: 'dear', messages: [{ role: 'user', content: 'Hi' }] })) {
      // Its first chunk has come.
      await end(key, 'revoked');
    }
  };
  expect((await failureOf(open())).code).toBe('invalid_authorization');
  expect((await failureOf(open())).code).toBe('invalid_authorization');
  await settled(key);
  client.close();
});

test('a subscription whose client reads nothing for a while ends with the error too, and not as if it were complete', async () => {
  const key = await gateway.createKey({ credit_usd: 1_000 });
  // More than the buffers of both sides of a connection hold.
  const pieces = Array.from({ length: 600 }, () => 'x'.repeat(50_000));
  gateway.upstream.reply(say(pieces, { cut: { tokens: pieces.length, how: 'hang' } }));
  const websocket = await openRawWebsocket(gateway, { authorization: `Bearer ${key.key}` });
  const params = { path: 'v1.chat.stream', input: ask('dear') };
  websocket.socket.write(frameOf(OPCODE.text, JSON.stringify({ id: 1, method: 'subscription', params })));
  await websocket.next();
  websocket.socket.pause();
  // Requests that come behind it are answered when it has sent what it can.
  for (let i = 0; i < 50; i++) await gateway.call('GET', '/v1/models');
  await end(key, 'revoked');
  websocket.socket.resume();
  const last: string[] = [];
  for (let frame = await websocket.next(); frame; frame = await websocket.next()) {
    if (frame.opcode !== OPCODE.text) continue;
    const text = frame.payload.toString();
    if (/"type":"(data|started)"/.test(text)) continue;
    last.push(text);
    break;
  }
  websocket.socket.destroy();
  expect(last).toEqual([expect.stringContaining('The key was revoked.')]);
  await settled(key);
});

test('another process that has the database open knows of it within a second', async () => {
  const other = await startAccounts({ DATABASE_URL: `file:${gateway.dataDir}/duplex.db` });
  const key = await gateway.createKey();
  const status = async () => (await other.as(key)('GET', '/v1/models')).status;
  await expect.poll(status, { interval: 50 }).toBe(200);
  await end(key, 'revoked');
  await expect.poll(status, { interval: 50 }).toBe(401);
  await other.close();
});
