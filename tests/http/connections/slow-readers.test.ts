import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepPace } from '../../support/keep-pace.ts';
import { bearer, type Gateway, startGateway } from '../../support/start-gateway.ts';

/** More than the buffers of both sides of a connection hold, in bytes. */
const LARGE = 24 * 1024 * 1024;

const answer = JSON.stringify({
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'x'.repeat(LARGE) }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});
const event = `data: ${JSON.stringify({
  id: 'c',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta: { role: 'assistant', content: 'x'.repeat(50_000) }, finish_reason: null }],
})}\n\n`;

function streamForEver(response: ServerResponse): void {
  while (!response.destroyed && response.write(event));
  response.once('drain', () => streamForEver(response));
}

/** A model server whose answers are large. */
const upstream = createServer(async (request, response) => {
  const isStream = (await text(request)).includes('"stream":true');
  if (request.url?.endsWith('/speech'))
    response.writeHead(200, { 'content-type': 'audio/mpeg' }).end(Buffer.alloc(LARGE));
  else if (isStream) streamForEver(response.writeHead(200, { 'content-type': 'text/event-stream' }));
  else response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
});

function start(env: Record<string, string>): Promise<Gateway> {
  const { port } = upstream.address() as AddressInfo;
  return startGateway({
    models: `providers:
  up: { kind: openai-compatible, base_url: "http://127.0.0.1:${port}/v1" }
models:
  - { alias: talker, backends: [{ provider: up, model: m }] }
  - { alias: voice, endpoints: [speech], backends: [{ provider: up, model: m }] }
`,
    env,
  });
}

let gateway: Gateway;
/** A gateway whose slow clients may take as long as they like, but not hold much together. */
let patient: Gateway;
beforeAll(async () => {
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  gateway = await start({ ANSWER_STALL_SECONDS: '1' });
  patient = await start({ ANSWER_STALL_SECONDS: '3600', UNSENT_BYTES: String(LARGE) });
});
afterAll(async () => {
  await gateway.close();
  await patient.close();
  upstream.closeAllConnections();
  upstream.close();
});

/** Sends requests, and reads nothing until it is told to. */
function sendOnly(requests: string, { url } = gateway): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.write(requests);
  return socket;
}

const post = (path: string, body: object): string => {
  const json = JSON.stringify(body);
  const lines = [
    `POST ${path} HTTP/1.1`,
    'Host: gateway',
    `Authorization: Bearer ${bearer}`,
    'Content-Type: application/json',
    `Content-Length: ${json.length}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${json}`;
};

/** Resolves when the other side has closed the connection: who reads nothing hears of it when it writes. */
function dropped(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    // An empty line before a request means nothing in HTTP.
    const timer = setInterval(() => socket.write('\r\n'), 100);
    socket.once('close', () => {
      clearInterval(timer);
      resolve();
    });
  });
}

const messages = [{ role: 'user', content: 'Hi' }];
const chat = post('/v1/chat/completions', { model: 'talker', messages });

describe.concurrent('a client that takes nothing of its answer is dropped', () => {
  test.each([
    ['JSON', chat],
    ['a stream', post('/v1/chat/completions', { model: 'talker', messages, stream: true })],
    ["a turn's stream", post('/c1/chat', { model: 'talker', message: 'Hi', stream: true })],
    ['an answer over tRPC', post('/trpc/v1.chat.create', { model: 'talker', messages })],
    ['sound', post('/v1/audio/speech', { model: 'voice', input: 'Hi', voice: 'a' })],
    ['pages', 'GET /openapi.json HTTP/1.1\r\nHost: gateway\r\n\r\n'.repeat(20)],
  ])('of %s', async (_what, requests) => {
    await dropped(sendOnly(requests));
  });
});

test('a client that reads on gets all of it, though that takes longer than it may stand still', () =>
  keepPace(300, async () => {
    const socket = sendOnly(chat);
    const startedAt = performance.now();
    let received = 0;
    await new Promise<void>((resolve, reject) => {
      socket.on('data', (bytes: Buffer) => {
        received += bytes.length;
        if (received > LARGE) resolve();
        socket.pause();
        setTimeout(() => socket.resume(), 10);
      });
      socket.once('close', () => reject(new Error(`The connection was closed after ${received} bytes.`)));
    });
    expect(performance.now() - startedAt).toBeGreaterThan(1_000);
    socket.destroy();
  }));

test.each([
  ['several', Array.from({ length: 2 }, () => chat)],
  ['one that sends several requests at once', [chat + chat]],
])('clients that hold too much of long answers together are dropped: %s', async (_what, requests) => {
  const sockets = requests.map((request) => sendOnly(request, patient));
  await Promise.race(sockets.map(dropped));
  for (const socket of sockets) socket.destroy();
});
