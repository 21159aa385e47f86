import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { openRaw } from '../support/raw-request.ts';
import { bearer } from '../support/start-gateway.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';

const run = promisify(execFile);
const MB = 1024 * 1024;
const chat = '/v1/chat/completions';

let folder: string;
let gateway: ScriptedGateway;
let small: ScriptedGateway;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'duplex-bodies-'));
  [gateway, small] = await Promise.all([startScripted(), startScripted({ env: { MAX_BODY_BYTES: '20000' } })]);
});
afterAll(async () => {
  await Promise.all([gateway.close(), small.close()]);
  rmSync(folder, { recursive: true });
});

/** A request of about so many bytes. */
const bodyOf = (bytes: number) =>
  JSON.stringify({ model: 'scripted', messages: [{ role: 'user', content: 'x'.repeat(bytes) }] });

const hasCurl = await run('curl', ['--version']).then(
  () => true,
  () => false,
);

describe('a body beyond the limit', () => {
  test.each([chat, '/c1/chat'])('of %s is a clean 413 to a client that declares its length', async (path) => {
    const error = await errorOf(await small.call('POST', path, bodyOf(30_000)));
    expect(error).toMatchObject({ code: 'body_too_large', param: null });
    expect(small.upstream.chats).toHaveLength(0);
  });

  test('is a clean 413 to fetch and to curl while they are still sending 40 MB', async () => {
    const body = bodyOf(40 * MB);
    for (const { call } of [gateway, small]) {
      expect((await errorOf(await call('POST', chat, body))).code).toBe('body_too_large');
    }
  });

  test.skipIf(!hasCurl)('is a clean 413 to curl, with and without a declared length', async () => {
    const file = join(folder, 'big.json');
    writeFileSync(file, bodyOf(40 * MB));
    for (const extra of [[], ['-H', 'transfer-encoding: chunked'], ['-H', 'expect:']]) {
      for (const { url } of [gateway, small]) {
        const { stdout } = await run('curl', [
          ...['-sS', '-w', '\n%{http_code}', '-H', `authorization: Bearer ${bearer}`],
          ...['-H', 'content-type: application/json', ...extra, '--data-binary', `@${file}`, url + chat],
        ]);
        const [body = '', status] = stdout.split('\n');
        expect([status, JSON.parse(body).error.code]).toEqual(['413', 'body_too_large']);
      }
    }
  });

  test('is a clean 413 to clients that do not announce its length, every time', async () => {
    const upload = () => {
      const pieces = (async function* () {
        for (let i = 0; i < 40; i++) yield Buffer.alloc(MB, 'x');
      })();
      const init: RequestInit = {
        method: 'POST',
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
        body: ReadableStream.from(pieces),
        duplex: 'half',
      };
      return fetch(small.url + chat, init);
    };
    for (let round = 0; round < 5; round++) {
      for (const response of await Promise.all([upload(), upload(), upload(), upload()])) {
        expect((await errorOf(response)).code).toBe('body_too_large');
      }
    }
  });

  test('leaves the gateway serving, also on the same connection', async () => {
    await errorOf(await small.call('POST', chat, bodyOf(30_000)));
    expect((await small.call('POST', chat, bodyOf(10_000))).status).toBe(200);
  });

  test.each([
    ['with a declared length', 'content-length: 1000000', (piece: string) => piece],
    ['without one', 'transfer-encoding: chunked', (piece: string) => `${piece.length.toString(16)}\r\n${piece}\r\n`],
  ])(
    'lets a client %s send it to its end, and its next request on that connection is served',
    async (_how, length, encode) => {
      const { socket, until } = openRaw(small.url);
      const lines = [
        `POST ${chat} HTTP/1.1`,
        'host: gateway',
        `authorization: Bearer ${bearer}`,
        'content-type: application/json',
      ];
      socket.write(`${[...lines, length].join('\r\n')}\r\n\r\n${encode('x'.repeat(100_000))}`);
      await until(/^HTTP\/1\.1 413 .*\}\}/s);
      for (let sent = 100_000; sent < 1_000_000; sent += 100_000) socket.write(encode('x'.repeat(100_000)));
      if (length.startsWith('transfer')) socket.write('0\r\n\r\n');
      socket.write('GET /healthz HTTP/1.1\r\nhost: gateway\r\n\r\n');
      await until(/HTTP\/1\.1 200 .*"ok"/s);
      socket.destroy();
    },
  );

  test('at exactly the limit passes, one byte more does not', async () => {
    const base = bodyOf(0).length;
    const [fits, exceeds] = [bodyOf(20_000 - base), bodyOf(20_001 - base)];
    expect([fits.length, exceeds.length]).toEqual([20_000, 20_001]);
    expect((await small.call('POST', chat, fits)).status).toBe(200);
    expect((await small.call('POST', chat, exceeds)).status).toBe(413);
  });
});

test('a body of 27 MB with an image reaches the upstream byte for byte', async () => {
  const url = `data:image/png;base64,${'A'.repeat(27 * MB)}`;
  const content = [
    { type: 'text', text: 'What is this?' },
    { type: 'image_url', image_url: { url } },
  ];
  for (const [path, body] of [
    [chat, { model: 'scripted', messages: [{ role: 'user', content }] }],
    ['/c1/chat', { model: 'scripted', message: content }],
  ] as const) {
    const response = await gateway.call('POST', path, body);
    expect(response.status).toBe(200);
    const asked = gateway.upstream.chats.at(-1);
    expect(asked?.json).toMatchObject({ model: 'test-model' });
    expect(asked?.body.includes(url)).toBe(true);
  }
});

test('while 27 MB are read, another client is served', async () => {
  const body = bodyOf(27 * MB);
  const big = gateway.call('POST', chat, body);
  expect((await gateway.call('GET', '/healthz')).status).toBe(200);
  expect((await big).status).toBe(200);
});

describe('who may come in is decided before the body is read', () => {
  const head = (lines: string[]) =>
    `${['POST /v1/chat/completions HTTP/1.1', 'host: gateway', ...lines].join('\r\n')}\r\n\r\n`;
  const sized = ['content-type: application/json', 'content-length: 1000000'];

  test.each([
    ['no key', [], 'missing_authorization'],
    ['a wrong key', ['authorization: Bearer wrong'], 'invalid_authorization'],
    ['a malformed key', ['authorization: Basic x'], 'invalid_authorization'],
  ])('with %s the 401 comes though no byte of the body was sent', async (_what, lines, code) => {
    const connection = openRaw(gateway.url);
    connection.socket.write(head([...sized, ...lines]));
    expect(await connection.until(/\}\}$/)).toMatch(new RegExp(`^HTTP/1\\.1 401 .*"${code}"`, 's'));
    connection.socket.destroy();
  });

  test('the same holds at /trpc, for 404, for 405 and for a declared length beyond the limit', async () => {
    for (const [line, lines, status] of [
      ['POST /trpc/v1.chat.create HTTP/1.1', sized, 401],
      ['POST /nothing HTTP/1.1', sized, 404],
      ['POST /v1/models HTTP/1.1', sized, 405],
      [
        'POST /c1/chat HTTP/1.1',
        [`authorization: Bearer ${bearer}`, 'content-type: application/json', 'content-length: 99999999'],
        413,
      ],
    ] as const) {
      const connection = openRaw(gateway.url);
      connection.socket.write(`${[line, 'host: gateway', ...lines].join('\r\n')}\r\n\r\n`);
      expect(await connection.until(/\}\}+$/)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      connection.socket.destroy();
    }
  });

  test('with the right key it waits for the body', async () => {
    const body = bodyOf(10);
    const connection = openRaw(gateway.url);
    const seen = gateway.upstream.chats.length;
    const lines = [
      `authorization: Bearer ${bearer}`,
      'content-type: application/json',
      `content-length: ${body.length}`,
    ];
    connection.socket.write(head(lines) + body.slice(0, 20));
    expect((await gateway.call('GET', '/healthz')).status).toBe(200);
    expect(gateway.upstream.chats.length).toBe(seen);
    connection.socket.write(body.slice(20));
    expect(await connection.until(/chat\.completion/)).toMatch(/^HTTP\/1\.1 200 /);
    connection.socket.destroy();
  });
});

test('a client that disconnects in the middle of its body harms nobody', async () => {
  const seen = gateway.upstream.chats.length;
  const connections = Array.from({ length: 50 }, () => openRaw(gateway.url));
  for (const { socket } of connections) {
    socket.write(
      `POST ${chat} HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer ${bearer}\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n{"model":`,
    );
    socket.end();
  }
  await Promise.all(connections.map(({ closed }) => closed));
  expect((await gateway.call('POST', chat, bodyOf(5))).status).toBe(200);
  expect(gateway.upstream.chats.length).toBe(seen + 1);
});
