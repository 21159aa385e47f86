import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { PieceList } from '../../server/providers/http/piece-list.ts';
import { UpstreamClient } from '../../server/providers/http/upstream-client.ts';

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n';

/** A client of an upstream that answers each request as `answer` does, byte for byte. */
async function clientOf(answer: (socket: Socket) => void): Promise<UpstreamClient> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => answer(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (!address || typeof address === 'string') throw new Error('no port');
  const settings = { apiKey: undefined, firstByteMs: undefined, idleMs: undefined };
  const client = new UpstreamClient({ baseUrl: `http://127.0.0.1:${address.port}`, ...settings }, {});
  onTestFinished(async () => {
    await client.close();
    server.close();
  });
  return client;
}

const post = (client: UpstreamClient) => client.post('/', Buffer.from('{}'), new AbortController().signal);

test('data that came in the last packet of a broken connection is read before the failure', async () => {
  const client = await clientOf((socket) => socket.end(`${HEAD}transfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n`));
  const exchange = post(client);
  expect(Buffer.concat((await exchange.read()) ?? []).toString()).toBe('first');
  await expect(exchange.read()).rejects.toThrow();
  await expect(exchange.read()).rejects.toThrow();
});

test('pieces that arrive together are read together, and the end after them', async () => {
  const chunks = 'transfer-encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n';
  const client = await clientOf((socket) => socket.write(HEAD + chunks));
  const exchange = post(client);
  expect(Buffer.concat((await exchange.read()) ?? []).toString()).toBe('onetwo');
  expect(await exchange.read()).toBeNull();
});

test('a whole answer is collected, and one that is cut off fails', async () => {
  let cut = false;
  const client = await clientOf((socket) => {
    socket.write(`${HEAD}content-length: 6\r\n\r\n${cut ? 'who' : 'wholes'}`);
    if (cut) socket.end();
  });
  expect((await post(client).collect(100)).body.toString()).toBe('wholes');
  cut = true;
  await expect(post(client).collect(100)).rejects.toThrow();
});

/** So many bytes pause a connection that nobody reads, with the last one of them. */
const PAUSING = 1024 * 1024 + 1;
const untilEnd = `${HEAD}connection: close\r\n\r\n`;

/** Reads whatever there is. Null: it broke. */
async function lengthOf(exchange: ReturnType<typeof post>): Promise<number | null> {
  try {
    return (await exchange.readAll(10 * PAUSING)).length;
  } catch {
    return null;
  }
}

test('an answer that ends while its connection is paused is read to its end', async () => {
  let closed: Promise<unknown> | undefined;
  const client = await clientOf((socket) => {
    closed = once(socket, 'end');
    socket.end(Buffer.concat([Buffer.from(untilEnd), Buffer.alloc(PAUSING, 'x')]));
  });
  const exchange = post(client);
  await exchange.head;
  // The upstream has closed; nobody has read.
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(await lengthOf(exchange)).toBe(PAUSING);
  await closed;
});

test('a connection that is reset while it is paused ends that exchange, and nothing else', async () => {
  let upstream: Socket | undefined;
  const client = await clientOf((socket) => {
    upstream = socket;
    socket.write(Buffer.concat([Buffer.from(untilEnd), Buffer.alloc(PAUSING, 'x')]));
  });
  const exchange = post(client);
  await exchange.head;
  await new Promise((resolve) => setTimeout(resolve, 300));
  upstream?.resetAndDestroy();
  await new Promise((resolve) => setTimeout(resolve, 100));
  // A reset that came before the last byte was read ends the answer there.
  expect((await lengthOf(exchange)) ?? 0).toBeLessThanOrEqual(PAUSING);
  const next = await clientOf((socket) => socket.write(`${HEAD}content-length: 2\r\n\r\nok`));
  expect(await lengthOf(post(next))).toBe(2);
});

test('an aborted exchange has nothing more to read', async () => {
  const client = await clientOf((socket) => socket.write(`${HEAD}content-length: 6\r\n\r\nwho`));
  const exchange = post(client);
  const reading = exchange.read();
  await exchange.head;
  exchange.abort();
  expect(Buffer.concat((await reading) ?? []).toString()).toBe('who');
  await expect(exchange.read()).rejects.toThrow();
});

test('a megabyte in chunks of one byte is a few pieces, not a million', () => {
  const pieces = new PieceList();
  for (let i = 0; i < 1024 * 1024; i++) pieces.push(Buffer.from([i % 256]));
  expect(pieces.bytes).toBe(1024 * 1024);
  const taken = pieces.take();
  expect(taken.length).toBeLessThan(200);
  const whole = Buffer.concat(taken);
  expect([whole.length, whole[0], whole[777], whole.at(-1)]).toEqual([1024 * 1024, 0, 777 % 256, 255]);
  expect([pieces.bytes, pieces.join().length]).toEqual([0, 0]);
});

test('no more than a part of what arrived is given out in one turn of the event loop', async () => {
  const size = 700_000;
  const client = await clientOf((socket) => {
    socket.write(`${HEAD}content-length: ${size}\r\n\r\n${'x'.repeat(size)}`);
  });
  const exchange = post(client);
  let bytes = 0;
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  for (let batch = await exchange.read(); batch; batch = await exchange.read()) {
    const length = batch.reduce((sum, piece) => sum + piece.length, 0);
    expect(length).toBeLessThanOrEqual(2 * 64 * 1024);
    bytes += length;
  }
  clearInterval(timer);
  expect(bytes).toBe(size);
});

test('endless interim responses are aborted', async () => {
  const hint = 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n';
  const client = await clientOf((socket) => socket.write(hint.repeat(200)));
  await expect(post(client).head).rejects.toThrow('interim');
  const few = await clientOf((socket) => socket.write(`${hint.repeat(3)}${HEAD}content-length: 2\r\n\r\nok`));
  expect((await post(few).collect(100)).body.toString()).toBe('ok');
});

test('only the needed part of an error body is read, also when the body never ends or breaks off', async () => {
  const head = 'HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\ntransfer-encoding: chunked\r\n\r\n';
  const piece = `10000\r\n${'x'.repeat(65_536)}\r\n`;
  const endless = await clientOf((socket) => socket.write(head + piece.repeat(10)));
  const collected = await post(endless).collect(1024 * 1024 * 1024);
  expect([collected.status, collected.headers['retry-after']]).toEqual([429, '7']);
  expect((await post(endless).readAll(64 * 1024)).length).toBeGreaterThan(0);
  const broken = await clientOf((socket) => socket.end(`${head}5\r\nfirst\r\n`));
  expect((await post(broken).collect(100)).body.toString()).toBe('first');
});

test('endless headers and trailers break the exchange, and nothing else', async () => {
  const headers = await clientOf((socket) => socket.write(`HTTP/1.1 200 OK\r\n${'x-a: b\r\n'.repeat(100_000)}`));
  await expect(post(headers).head).rejects.toThrow();
  const trailers = await clientOf((socket) =>
    socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\n0\r\n${'x-a: b\r\n'.repeat(100_000)}`),
  );
  await expect(post(trailers).collect(100)).rejects.toThrow();
});
