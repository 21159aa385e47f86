import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bearer, type Gateway, startGateway } from '../support/start-gateway.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

/** Sends a body in so many chunks of so many bytes each, and returns the answer. */
async function send(path: string, count: number, size: number): Promise<string> {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  const answered = once(socket, 'data');
  const head = [
    `POST ${path} HTTP/1.1`,
    'Host: gateway',
    `Authorization: Bearer ${bearer}`,
    'Content-Type: application/json',
    'Transfer-Encoding: chunked',
  ];
  const chunk = `${size.toString(16)}\r\n${' '.repeat(size)}\r\n`;
  socket.write(`${head.join('\r\n')}\r\n\r\n${chunk.repeat(count)}0\r\n\r\n`);
  const [answer] = await answered;
  socket.destroy();
  return String(answer);
}

// Each chunk takes an object of several hundred bytes: 2 MB in chunks of one byte took 800 MB of memory.
test.each(['/v1/chat/completions', '/c1/chat', '/trpc/v1.chat.create'])(
  'a body of %s in very many tiny chunks is refused, and larger chunks are taken',
  async (path) => {
    expect(await send(path, 40_000, 1)).toMatch(/^HTTP\/1.1 400 .*(?=.*"body_too_complex").*20000 chunks/s);
    expect(await send(path, 15_000, 1)).toMatch(/^HTTP\/1.1 400 .*"invalid_json"/s);
    expect(await send(path, 40_000, 100)).toMatch(/^HTTP\/1.1 400 .*"invalid_json"/s);
  },
);
