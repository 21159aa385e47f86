import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { CreatedKey } from '../../contracts/keys/key.ts';
import { errorOf } from '../support/error-of.ts';
import { type AccountsGateway, startAccounts } from '../support/start-accounts.ts';
import type { Gate } from '../support/upstream/gate.ts';
import { gated, say } from '../support/upstream/scripts/answers.ts';

/** What one request of these has, and what all of a key may have together: three of them. In bytes. */
const ONE = 300_000;
const MOST = 1_000_000;

let gateway: AccountsGateway;
beforeAll(async () => {
  gateway = await startAccounts({ REQUEST_BYTES_PER_KEY: String(MOST) });
});
afterAll(() => gateway.close());

const gates: Gate[] = [];
const sockets: WebSocket[] = [];
afterEach(() => {
  for (const gate of gates.splice(0)) gate.open();
  for (const socket of sockets.splice(0)) socket.terminate();
});

/** The next answers of the upstream begin, and do not end before the test does. */
function holdAnswers(count: number): void {
  const held = Array.from({ length: count }, () => gated('One two three.'));
  gates.push(...held.map(({ gate }) => gate));
  gateway.upstream.reply(...held.map(({ script }) => script));
}

const text = 'x'.repeat(ONE);
const chat = { model: 'free', messages: [{ role: 'user', content: text }], stream: true };

type Holding = (key: CreatedKey) => Promise<void>;

/** Resolves when the upstream has so many requests. */
const reached = (count: number) => expect.poll(() => gateway.upstream.chats.length).toBe(count);

const holdings: Readonly<Record<string, Holding>> = {
  'of requests that are answered': async (key) => {
    const before = gateway.upstream.chats.length;
    holdAnswers(3);
    for (let i = 0; i < 3; i++)
      void gateway
        .as(key)('POST', '/v1/chat/completions', chat)
        .catch(() => undefined);
    await reached(before + 3);
  },
  'of turns whose client has disconnected': async (key) => {
    const before = gateway.upstream.chats.length;
    holdAnswers(3);
    const client = new AbortController();
    const headers = { authorization: `Bearer ${key.key}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ model: 'free', message: text, stream: true });
    for (let i = 0; i < 3; i++) {
      void fetch(`${gateway.url}/c1/chat`, { method: 'POST', headers, body, signal: client.signal }).catch(
        () => undefined,
      );
    }
    await reached(before + 3);
    client.abort();
  },
  'of calls over a websocket of tRPC': async (key) => {
    const before = gateway.upstream.chats.length;
    holdAnswers(3);
    const socket = await open(key, '/trpc');
    for (let id = 0; id < 3; id++) {
      socket.send(JSON.stringify({ id, method: 'subscription', params: { path: 'v1.chat.stream', input: chat } }));
    }
    await reached(before + 3);
  },
  'of responses that wait for their turn on websockets': async (key) => {
    const before = gateway.upstream.chats.length;
    holdAnswers(1);
    const socket = await open(key, '/v1/responses');
    const codes: (string | undefined)[] = [];
    socket.on('message', (data) => codes.push(JSON.parse(String(data)).error?.code));
    // The gateway refuses the last one only when it has read the others, and holds their bytes.
    for (let i = 0; i < 4; i++) {
      socket.send(JSON.stringify({ type: 'response.create', model: 'free', store: false, input: text }));
    }
    await expect.poll(() => codes).toContain('rate_limit_exceeded');
    await reached(before + 1);
  },
};

async function open({ key }: CreatedKey, path: string): Promise<WebSocket> {
  const socket = new WebSocket(gateway.url.replace('http', 'ws') + path, {
    headers: { authorization: `Bearer ${key}` },
  });
  sockets.push(socket);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return socket;
}

const codeOf = async (response: Response) => (response.status === 200 ? 'ok' : (await errorOf(response)).code);

describe.each(Object.entries(holdings))('the bytes %s', (_what, hold) => {
  test('are limited together: what is more is refused, other keys are not, and the room comes back', async () => {
    const key = await gateway.createKey({ owner: 'greedy' });
    const other = await gateway.createKey({ owner: 'modest' });
    await hold(key);
    const send = (who: CreatedKey) => gateway.as(who)('POST', '/v1/chat/completions', { ...chat, stream: false });
    await expect.poll(async () => codeOf(await send(key))).toBe('rate_limit_exceeded');
    const refused = await errorOf(await send(key));
    expect(refused.message).toContain('REQUEST_BYTES_PER_KEY');
    gateway.upstream.reply(say('Yes.'));
    expect(await codeOf(await send(other))).toBe('ok');
    for (const gate of gates.splice(0)) gate.open();
    for (const socket of sockets.splice(0)) socket.terminate();
    await expect.poll(async () => codeOf(await send(key))).toBe('ok');
  });
});

test('a compressed body counts as what it becomes', async () => {
  const key = await gateway.createKey({ owner: 'zipper' });
  const body = gzipSync(JSON.stringify({ ...chat, messages: [{ role: 'user', content: 'x'.repeat(MOST) }] }));
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key.key}`,
      'content-type': 'application/json',
      'content-encoding': 'gzip',
    },
    body: new Uint8Array(body),
  });
  expect((await errorOf(response)).code).toBe('rate_limit_exceeded');
});

test('a message of a websocket that finds no room is refused by its id, and the websocket goes on', async () => {
  const key = await gateway.createKey({ owner: 'wordy' });
  const socket = await open(key, '/trpc');
  const messages: { id: unknown; error?: { data: { error: { code: string } } }; result?: unknown }[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data))));
  const input = { ...chat, messages: [{ role: 'user', content: 'x'.repeat(MOST) }] };
  socket.send(JSON.stringify({ id: 7, method: 'mutation', params: { path: 'v1.chat.create', input } }));
  socket.send(JSON.stringify({ id: 8, method: 'query', params: { path: 'models.list' } }));
  await expect.poll(() => messages.length).toBe(2);
  const [first, second] = messages;
  expect([first?.id, first?.error?.data.error.code]).toEqual([7, 'rate_limit_exceeded']);
  expect([second?.id, second?.error]).toEqual([8, undefined]);
});
