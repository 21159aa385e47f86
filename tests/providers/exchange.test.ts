import { createServer, type Server, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
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

test('what came in one packet with the break of a connection is read before the failure', async () => {
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

test('a whole answer is collected, and one that is cut short is none', async () => {
  let cut = false;
  const client = await clientOf((socket) => {
    socket.write(`${HEAD}content-length: 6\r\n\r\n${cut ? 'who' : 'wholes'}`);
    if (cut) socket.end();
  });
  expect((await post(client).collect(100)).body.toString()).toBe('wholes');
  cut = true;
  await expect(post(client).collect(100)).rejects.toThrow();
});

test('an exchange that is given up has no more to read', async () => {
  const client = await clientOf((socket) => socket.write(`${HEAD}content-length: 6\r\n\r\nwho`));
  const exchange = post(client);
  const reading = exchange.read();
  await exchange.head;
  exchange.abort();
  expect(Buffer.concat((await reading) ?? []).toString()).toBe('who');
  await expect(exchange.read()).rejects.toThrow();
});
