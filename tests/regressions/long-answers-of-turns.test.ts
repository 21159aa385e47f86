import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { listenLocally } from '../support/listen-locally.ts';
import { frameOf, OPCODE, openRawWebsocket } from '../support/raw-websocket.ts';
import { readerOf } from '../support/read-events.ts';
import { bearer, type Gateway, startGateway } from '../support/start-gateway.ts';

/** The answer is of so many pieces, each of so many characters. Each piece differs, so that a lost or doubled one is noticed. */
const PIECES = 750;
const PIECE = 4_000;
const pieceAt = (number: number): string => `${number} `.padEnd(PIECE, 'x');
const answer = Array.from({ length: PIECES }, (_, i) => pieceAt(i)).join('');

const chunk = (delta: object, finish_reason: string | null = null): string => {
  const choices = [{ index: 0, delta, finish_reason }];
  return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices })}\n\n`;
};

const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"at":' } };

/** How the answer ends, by the name of the model. */
const ends: Readonly<Record<string, (response: ServerResponse) => void>> = {
  calling(response) {
    response.write(chunk({ tool_calls: [call] }));
    response.write(chunk({ tool_calls: [{ index: 0, function: { arguments: '1}' } }] }));
    response.end(`${chunk({}, 'tool_calls')}data: [DONE]\n\n`);
  },
  breaking: (response) => response.end(),
  waiting: () => undefined,
};

async function writeAnswer(response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  for (let i = 0; i < PIECES && !response.destroyed; i++) {
    if (response.write(chunk({ ...(i === 0 ? { reasoning_content: 'Hm.' } : {}), content: pieceAt(i) }))) continue;
    await once(response, 'drain', { signal: gone.signal }).catch(() => undefined);
  }
}

const upstream = createServer(async (request, response) => {
  const { model } = JSON.parse(await text(request));
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  await writeAnswer(response);
  ends[model]?.(response);
});

let gateway: Gateway;
beforeAll(async () => {
  const port = await listenLocally(upstream);
  const aliases = Object.keys(ends).map(
    (name) => `  - { alias: ${name}, backends: [{ provider: up, model: ${name} }] }`,
  );
  gateway = await startGateway({
    // Clients that read nothing stay connected as long as they are looked at.
    env: { ANSWER_STALL_SECONDS: '600' },
    models: `providers:\n  up: { kind: openai-compatible, base_url: "http://127.0.0.1:${port}/v1" }\nmodels:\n${aliases.join('\n')}\n`,
  });
});
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});
afterAll(async () => {
  await gateway.close();
  upstream.closeAllConnections();
  upstream.close();
});

async function storedAfter(turn: Response) {
  await turn.text();
  const id = turn.headers.get('x-conversation-id');
  const { messages } = await (await gateway.call('GET', `/c1/conversations/${id}`)).json();
  return messages.at(-1);
}

test('a long answer is stored whole, with what comes behind its text', async () => {
  const turn = await gateway.call('POST', '/c1/chat', { model: 'calling', message: 'Hi', stream: true });
  const stored = await storedAfter(turn);
  expect(stored).toMatchObject({ status: 'completed', finish_reason: 'tool_calls', reasoning_content: 'Hm.' });
  expect(stored.content === answer).toBe(true);
  expect(stored.tool_calls).toEqual([
    { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } },
  ]);
});

test('what came of a long answer that broke off is stored', async () => {
  const turn = await gateway.call('POST', '/c1/chat', { model: 'breaking', message: 'Hi', stream: true });
  const stored = await storedAfter(turn);
  expect(stored.status).toBe('incomplete');
  expect(stored.content === answer).toBe(true);
});

/** Sends a request, and reads no more than its headers. Resolves with them. */
function openUnread(address: string, body?: object): Promise<string> {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  const json = body ? JSON.stringify(body) : '';
  const lines = [
    `${body ? 'POST' : 'GET'} ${address} HTTP/1.1`,
    'Host: gateway',
    `Authorization: Bearer ${bearer}`,
    'Content-Type: application/json',
    `Content-Length: ${json.length}`,
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n${json}`);
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('data', (bytes: Buffer) => {
      socket.pause();
      resolve(bytes.toString('latin1'));
    });
  });
}

/** Begins a turn, and reads no more than its headers. Resolves with the run's id. */
async function beginUnread(): Promise<string> {
  const head = await openUnread('/c1/chat', { model: 'waiting', message: 'Hi', stream: true });
  return /x-run-id: (\S+)/i.exec(head)?.[1] ?? '';
}

/** Resolves when the run has the last piece of its answer. */
async function untilWritten(run: string): Promise<void> {
  const watched = await gateway.call('GET', `/c1/runs/${run}/events?after=${PIECES - 2}`);
  const reader = readerOf(watched);
  await reader.until(`id: ${PIECES - 1}\n`);
  await watched.body?.cancel().catch(() => undefined);
}

function usedMemory(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

test('a run whose client reads nothing does not keep its long answer in memory', async () => {
  const runs = 10;
  const before = usedMemory();
  for (let i = 0; i < runs; i++) await untilWritten(await beginUnread());
  await expect.poll(() => usedMemory() - before).toBeLessThan((runs * answer.length) / 2);
});

/** A long response that is stored: its id, and the number of an event behind its pieces. The last events repeat all of it. */
async function storeResponse(): Promise<{ readonly id: string; readonly after: number }> {
  const made = await gateway.call('POST', '/v1/responses', { model: 'calling', input: 'Hi', stream: true });
  const events = (await made.text()).matchAll(/"sequence_number":(\d+)/g);
  const last = Math.max(...Array.from(events, ([, number]) => Number(number)));
  return { id: made.headers.get('x-run-id')?.replace('run_', 'resp_') ?? '', after: last - 8 };
}

test('clients that read nothing of a long stored response hold two events of it each, and not its end', async () => {
  const { id, after } = await storeResponse();
  const clients = 10;
  const before = usedMemory();
  for (let i = 0; i < clients; i++) {
    await openUnread(`/v1/responses/${id}?stream=true&starting_after=${after}`);
  }
  await expect.poll(() => usedMemory() - before).toBeLessThan(clients * answer.length * 3);
});

test('the subscriptions of a websocket whose client reads nothing do not hold a long event each', async () => {
  const { id, after } = await storeResponse();
  const subscriptions = 20;
  const { socket } = await openRawWebsocket(gateway, { authorization: `Bearer ${bearer}` });
  sockets.push(socket);
  socket.pause();
  const before = usedMemory();
  const subscribe = (call: number) => {
    const input = { response_id: id, lastEventId: String(after) };
    const params = { path: 'v1.responses.follow', input };
    socket.write(frameOf(OPCODE.text, JSON.stringify({ id: call, method: 'subscription', params })));
  };
  const readWhole = async () => (await gateway.call('GET', `/v1/responses/${id}?stream=true`)).text();
  subscribe(0);
  // The first fills the connection while the same response is read several times. Subscriptions that begin before the
  // connection is full read an event each.
  for (let i = 0; i < 5; i++) await readWhole();
  for (let call = 1; call < subscriptions; call++) subscribe(call);
  // A request that comes behind them is answered when they have what they can get.
  for (let i = 0; i < 20; i++) await readWhole();
  await expect.poll(() => usedMemory() - before).toBeLessThan((subscriptions * answer.length) / 2);
});
