import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { hasProgram } from '../support/find-program.ts';
import { openRaw } from '../support/raw-request.ts';
import { bearer, root } from '../support/start-gateway.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { gated } from '../support/upstream/scripts/answers.ts';

const run = promisify(execFile);
const hasCurl = await hasProgram('curl', ['--version']);
const hasJava = await hasProgram('java', ['-version']);

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted();
});
afterAll(() => gateway.close());

const chat = '/v1/chat/completions';
const bodyOf = (text: string) => JSON.stringify({ model: 'scripted', messages: [{ role: 'user', content: text }] });
const h2c = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAEAAEAAAAIAAAAB'];
const asked = [
  `POST ${chat} HTTP/1.1`,
  'Host: gateway',
  `Authorization: Bearer ${bearer}`,
  'Content-Type: application/json',
];
const headOf = (...lines: string[]) => `${lines.join('\r\n')}\r\n\r\n`;
const ANSWERED = /^HTTP\/1\.1 200 .*"chat\.completion"/s;

describe('a request that asks for another protocol is served as if it had not asked', () => {
  const body = bodyOf('Hi');
  const sized = headOf(...asked, ...h2c, `Content-Length: ${body.length}`);

  test('with its body in the packet of the head', async () => {
    const { socket, until } = openRaw(gateway.url);
    socket.write(sized + body);
    expect(await until(ANSWERED)).not.toMatch(/101 Switching/);
    socket.destroy();
  });

  test('with its body in packets of their own, and with a body of many packets', async () => {
    const large = bodyOf('x'.repeat(500_000));
    for (const text of [body, large]) {
      const { socket, until } = openRaw(gateway.url);
      socket.setNoDelay(true);
      socket.write(headOf(...asked, ...h2c, `Content-Length: ${text.length}`));
      await new Promise((resolve) => setImmediate(resolve));
      for (let at = 0; at < text.length; at += 100_000) socket.write(text.slice(at, at + 100_000));
      await until(ANSWERED);
      expect(gateway.upstream.chats.at(-1)?.body.length).toBeGreaterThanOrEqual(text.length - 20);
      socket.destroy();
    }
  });

  test('with a chunked body, and the next requests on its connection are served too', async () => {
    const { socket, until } = openRaw(gateway.url);
    const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
    socket.write(headOf(...asked, ...h2c, 'Transfer-Encoding: chunked') + chunk(body.slice(0, 9)));
    socket.write(`${chunk(body.slice(9))}0\r\n\r\n`);
    await until(ANSWERED);
    socket.write(sized + body);
    await until(/("chat\.completion".*){2}/s);
    socket.write('GET /healthz HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n');
    await until(/"ok"\}/);
  });

  test('when it comes before the answer to the request before it, and answers keep their order', async () => {
    const { script, gate } = gated('first answer');
    gateway.upstream.reply(script);
    const { socket, until } = openRaw(gateway.url);
    socket.write(headOf(...asked, `Content-Length: ${body.length}`) + body);
    socket.write(headOf('GET /healthz HTTP/1.1', 'Host: gateway', ...h2c));
    await gateway.upstream.waitForChat();
    gate.open();
    const text = await until(/"ok"\}/);
    expect(text.indexOf('first answer')).toBeGreaterThan(0);
    expect(text.indexOf('first answer')).toBeLessThan(text.indexOf('"ok"}'));
    socket.destroy();
  });

  test('when its client disconnects before the answer to the request before it', async () => {
    const { script, gate } = gated('never read');
    gateway.upstream.reply(script);
    const { socket, closed } = openRaw(gateway.url);
    const before = gateway.upstream.chats.length;
    socket.write(headOf(...asked, `Content-Length: ${body.length}`) + body);
    socket.write(headOf('GET /healthz HTTP/1.1', 'Host: gateway', ...h2c));
    await gateway.upstream.waitFor(({ chats }) => chats.length > before);
    socket.resetAndDestroy();
    await closed;
    gate.open();
    expect((await gateway.call('GET', '/healthz')).status).toBe(200);
  });

  test.each([
    ['TLS', ['Connection: Upgrade', 'Upgrade: TLS/1.0, HTTP/1.1']],
    ['no `Connection`, which is no upgrade', ['Upgrade: h2c']],
    ['`keep-alive` beside it', ['Connection: keep-alive, Upgrade', 'Upgrade: h2c']],
    ['other letters', ['connection: UPGRADE', 'UPGRADE: H2C']],
    [
      'a websocket on an address that has none',
      [
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      ],
    ],
  ])('with %s', async (_what, lines) => {
    const { socket, until } = openRaw(gateway.url);
    socket.write(headOf(...asked, ...lines, `Content-Length: ${body.length}`) + body);
    await until(ANSWERED);
    socket.destroy();
  });

  test('with `Expect: 100-continue`', async () => {
    const { socket, until } = openRaw(gateway.url);
    socket.write(headOf(...asked, ...h2c, `Content-Length: ${body.length}`, 'Expect: 100-continue'));
    await until(/^HTTP\/1\.1 100 Continue\r\n\r\n/);
    socket.write(body);
    await until(/HTTP\/1\.1 200 .*"chat\.completion"/s);
    socket.destroy();
  });

  test('and is refused like any other without a key, for an unknown method or an unknown address', async () => {
    for (const [line, status] of [
      [`POST ${chat} HTTP/1.1`, 401],
      [`GET ${chat} HTTP/1.1`, 405],
      ['GET /nothing HTTP/1.1', 404],
    ] as const) {
      const { socket, until } = openRaw(gateway.url);
      socket.write(headOf(line, 'Host: gateway', ...h2c));
      await until(new RegExp(`^HTTP/1\\.1 ${status} .*\\}\\}$`, 's'));
      socket.destroy();
    }
  });

  test('while websockets are opened where they are served', async () => {
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/trpc`);
    await once(socket, 'open');
    socket.close();
    await once(socket, 'close');
  });
});

test.skipIf(!hasCurl)('`curl --http2` is answered in HTTP/1.1', async () => {
  for (const extra of [[], ['-H', 'transfer-encoding: chunked']]) {
    const { stdout } = await run('curl', [
      ...['-sS', '--http2', '-w', '\n%{http_code} %{http_version}', '-H', `authorization: Bearer ${bearer}`, ...extra],
      ...['-H', 'content-type: application/json', '-d', bodyOf('Hi'), gateway.url + chat],
    ]);
    expect(stdout).toMatch(/chat\.completion.*\n200 1\.1$/s);
  }
});

test.skipIf(!hasJava)("Java's own HTTP client is answered, with its default settings", async () => {
  const program = join(root, 'tests/clients/java/AskWithDefaults.java');
  const { stdout } = await run('java', [program, gateway.url, bearer]);
  const answers = stdout.trim().split('\n');
  expect(answers.map((line) => line.split(' {')[0])).toEqual([
    'one packet: HTTP_1_1 200',
    'the next request: HTTP_1_1 200',
    'several packets: HTTP_1_1 200',
    'chunked: HTTP_1_1 200',
    'a stream: HTTP_1_1 200 data:',
  ]);
  expect(answers.at(-1)).toMatch(/data: \[DONE\]$/);
});
