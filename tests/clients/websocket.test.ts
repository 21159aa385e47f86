import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { dial } from '../support/dial.ts';
import { bearer } from '../support/start-gateway.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import type { Script } from '../support/upstream/exchange.ts';
import { frame } from '../support/upstream/frames.ts';
import { gated } from '../support/upstream/scripts/answers.ts';
import { asked, connectClient, errorOf } from './support.ts';

let scripted: ScriptedGateway;
const sockets: WebSocket[] = [];

beforeAll(async () => {
  scripted = await startScripted({ env: { MAX_BODY_BYTES: '100000' } });
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.terminate();
});
afterAll(() => scripted.close());

/** A websocket that the test ends with, and how to subscribe over it. */
async function open(headers: Record<string, string>, query = '') {
  const dialled = await dial(scripted, { headers, query });
  sockets.push(dialled.socket);
  return {
    ...dialled,
    ask: (id: number, params: object) =>
      dialled.say({ id, method: 'subscription', params: { path: 'v1.chat.stream', ...params } }),
  };
}

const authorization = `Bearer ${bearer}`;

it('takes the key from a header as well', async () => {
  const { ask, next } = await open({ authorization });
  ask(1, { input: asked });
  expect(await next()).toEqual({ id: 1, result: { type: 'started' } });
  expect(await next()).toMatchObject({ id: 1, result: { type: 'data', id: '0' } });
});

it.each([
  ['a right key in the header beside a wrong one in the parameters', authorization, 'sk-somebody-elses'],
  ['a wrong key in the header beside a right one in the parameters', 'Bearer sk-somebody-elses', bearer],
])('lets in %s', async (_, header, apiKey) => {
  const { ask, say, next } = await open({ authorization: header }, '?connectionParams=1');
  say({ method: 'connectionParams', data: { apiKey } });
  ask(1, { input: asked });
  expect(await next()).toEqual({ id: 1, result: { type: 'started' } });
});

it('lets in nobody who shows wrong keys in both places', async () => {
  const { ask, say, next } = await open({ authorization: 'Bearer sk-wrong' }, '?connectionParams=1');
  say({ method: 'connectionParams', data: { apiKey: 'sk-wrong-too' } });
  ask(1, { input: asked });
  expect(await next()).toMatchObject({ id: 1, error: { data: { error: { code: 'invalid_authorization' } } } });
});

it('refuses calls without a key, and keeps the connection', async () => {
  const { ask, next, socket } = await open({});
  for (const id of [1, 2]) {
    ask(id, { input: asked });
    expect(await next()).toMatchObject({
      id,
      error: { data: { httpStatus: 401, error: { code: 'missing_authorization', param: 'Authorization' } } },
    });
  }
  expect(socket.readyState).toBe(WebSocket.OPEN);
});

it('refuses calls with a malformed key, and connection parameters that are none', async () => {
  const { ask, next } = await open({ authorization: 'Basic abc' });
  ask(1, { input: asked });
  expect(await next()).toMatchObject({ error: { data: { error: { code: 'invalid_authorization' } } } });

  const odd = await open({}, '?connectionParams=1');
  odd.socket.send('not json');
  expect(await odd.next()).toMatchObject({ id: null, error: { data: { httpStatus: 400 } } });
  await once(odd.socket, 'close');
});

it('does not answer a request twice that is sent again after a lost connection', async () => {
  const before = scripted.upstream.chats.length;
  const { ask, next } = await open({ authorization });
  ask(1, { input: asked, lastEventId: '3' });
  expect(await next()).toMatchObject({
    id: 1,
    error: { data: { httpStatus: 409, error: { code: 'stream_not_resumable', param: 'lastEventId' } } },
  });
  expect(scripted.upstream.chats.length).toBe(before);
});

it('says what is wrong with a message', async () => {
  const { socket, next, ask } = await open({ authorization });
  socket.send('{');
  expect(await next()).toMatchObject({ id: null, error: { data: { error: { code: 'invalid_json' } } } });
  ask(2, { path: 'v1.chat.nothing', input: {} });
  expect(await next()).toMatchObject({ id: 2, error: { data: { error: { code: 'route_not_found' } } } });
  ask(3, { input: { model: 'scripted', messages: [{ role: 'user' }, { role: 'nobody' }] } });
  expect(await next()).toMatchObject({
    id: 3,
    error: { data: { error: { code: 'invalid_field', param: 'messages[1].role' } } },
  });
});

it('answers a ping, also while a stream waits for its upstream', async () => {
  const { script, gate } = gated('One', { gateFrom: 'headers' });
  scripted.upstream.reply(script);
  const { ask, next, nextText, socket } = await open({ authorization });
  ask(1, { input: asked });
  expect(await next()).toMatchObject({ result: { type: 'started' } });
  await gate.reached();
  socket.send('PING');
  expect(await nextText()).toBe('PONG');
});

it('refuses a message that is too large, and nothing else', async () => {
  const before = scripted.upstream.chats.length;
  const { script, gate } = gated('One', { gateFrom: 'headers' });
  scripted.upstream.reply(script);
  const { ask, next, socket } = await open({ authorization });
  ask(1, { input: asked });
  expect(await next()).toMatchObject({ id: 1, result: { type: 'started' } });
  await gate.reached();
  ask(2, { input: { ...asked, messages: [{ role: 'user', content: 'x'.repeat(200_000) }] } });
  const refused = await next();
  expect(refused).toMatchObject({ id: 2, error: { data: { httpStatus: 413, error: { code: 'body_too_large' } } } });
  expect(refused.error?.message).toContain('100000 bytes (MAX_BODY_BYTES)');
  gate.open();
  expect(await next()).toMatchObject({ id: 1, result: { type: 'data' } });
  expect(socket.readyState).toBe(WebSocket.OPEN);
  expect(scripted.upstream.chats.length).toBe(before + 1);
});

it('tells the client package the same of a large message as over HTTP', async () => {
  const { client } = connectClient(scripted);
  const large = { ...asked, messages: [{ role: 'user' as const, content: 'x'.repeat(200_000) }] };
  expect(await errorOf(client.streamChat(large).next())).toMatchObject({ code: 'body_too_large', status: 413 });
  expect(await errorOf(client.v1.chat.create.mutate(large))).toMatchObject({ code: 'body_too_large', status: 413 });
  await client.close();
});

const EVENT_BYTES = 16 * 1024;
const MOST_EVENTS = 16_384;

/** 256 MB, as fast as the gateway reads. */
const flood: Script = async (exchange) => {
  exchange.head(200, { 'content-type': exchange.dialect.streamType });
  const what = { text: ['x'.repeat(EVENT_BYTES)] };
  const token = exchange.dialect.events(what, exchange.request.asked).find((event) => event.token);
  const bytes = Buffer.from(frame(token?.data ?? {}).text);
  for (let sent = 0; sent < MOST_EVENTS; sent += 1) await exchange.write(bytes);
};

it('stops reading the upstream for a client that does not read, goes on when it does, and stops when it left', async () => {
  scripted.upstream.reply(flood);
  const { ask, next, socket } = await open({ authorization });
  ask(1, { input: asked });
  const heard = [await next(), await next()];
  expect(heard.map(({ result }) => result?.type)).toEqual(['started', 'data']);
  socket.pause();
  const request = scripted.upstream.chats.at(-1);
  if (!request) throw new Error('No request came.');
  // Either it comes to a halt, or it runs until everything is written.
  for (let before = -1; before !== request.written; await delay(500)) before = request.written;
  const halted = request.written;
  // Mostly in the kernel's buffers of two connections.
  expect(halted * EVENT_BYTES).toBeLessThan(48 * 1024 * 1024);

  socket.resume();
  await scripted.upstream.waitFor(() => request.written > halted + 100, 'the stream going on');
  socket.pause();
  for (let before = -1; before !== request.written; await delay(500)) before = request.written;
  const left = performance.now();
  socket.terminate();
  const { at } = await request.aborted;
  expect(at - left).toBeLessThan(1_000);
});

it('frees the conversation of a client that does not read, as soon as it stops the stream', async () => {
  scripted.upstream.reply(flood);
  const { ask, next, socket } = await open({ authorization });
  ask(1, { path: 'c1.chat.stream', input: { model: 'scripted', message: 'Flood.', on_disconnect: 'cancel' } });
  await next();
  const { result } = await next();
  socket.pause();
  const request = scripted.upstream.chats.at(-1);
  if (!request) throw new Error('No request came.');
  for (let before = -1; before !== request.written; await delay(500)) before = request.written;
  socket.send(JSON.stringify({ id: 1, method: 'subscription.stop' }));
  const { client } = connectClient(scripted);
  const conversation_id = result?.data?.data.conversation_id ?? '';
  await expect
    .poll(async () => (await client.conversations.get.query({ conversation_id })).messages[1]?.status)
    // A run does not wait for its readers: such a flood may have come to the limit of its bytes first.
    .toMatch(/^(cancelled|incomplete)$/);
});
