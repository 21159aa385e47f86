import { afterAll, beforeAll, expect, test } from 'vitest';
import { ErrorBody } from '../../contracts/errors.ts';
import { openRaw } from '../support/raw-request.ts';
import { bearer, type Gateway, startGateway } from '../support/start-gateway.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const post = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${bearer}\r\n`;
const json = 'content-type: application/json\r\n';

test.each([
  ['no HTTP at all', 'Hello there\r\n\r\n', 400, 'malformed_request'],
  ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, 'malformed_request'],
  ['an unknown method', 'FETCH /healthz HTTP/1.1\r\nhost: x\r\n\r\n', 400, 'malformed_request'],
  ['a length that is no number', `${post}${json}content-length: abc\r\n\r\n`, 400, 'malformed_request'],
  ['two lengths', `${post}${json}content-length: 1\r\ncontent-length: 2\r\n\r\n{}`, 400, 'malformed_request'],
  [
    'a length and chunks',
    `${post}${json}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n`,
    400,
    'malformed_request',
  ],
  ['a malformed header', 'GET /healthz HTTP/1.1\r\nhost: x\r\nno colon\r\n\r\n', 400, 'malformed_request'],
  ['a malformed chunk', `${post}${json}transfer-encoding: chunked\r\n\r\nzz\r\n`, 400, 'malformed_request'],
  ['two hosts', 'GET /healthz HTTP/1.1\r\nHost: x\r\nhost: y\r\nconnection: close\r\n\r\n', 400, 'malformed_request'],
  ['two hosts that are one', 'GET / HTTP/1.0\r\nhost: x\r\nhost: x\r\n\r\n', 400, 'malformed_request'],
  ['a host with a path', 'GET /healthz HTTP/1.1\r\nhost: x/y\r\nconnection: close\r\n\r\n', 400, 'malformed_request'],
  ['a host with a user', 'GET /healthz HTTP/1.1\r\nhost: a@b\r\nconnection: close\r\n\r\n', 400, 'malformed_request'],
  ['a host with blanks', 'GET /healthz HTTP/1.1\r\nhost: a b\r\nconnection: close\r\n\r\n', 400, 'malformed_request'],
  ['two bearers', `${post}authorization: Bearer other\r\nconnection: close\r\n\r\n`, 400, 'malformed_request'],
  [
    'a websocket of two hosts',
    'GET /trpc HTTP/1.1\r\nhost: x\r\nhost: y\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    400,
    'malformed_request',
  ],
  [
    'another upgrade of two hosts',
    'GET /healthz HTTP/1.1\r\nhost: x\r\nhost: y\r\nconnection: Upgrade, close\r\nupgrade: h2c\r\n\r\n',
    400,
    'malformed_request',
  ],
  [
    'two codings',
    `${post}${json}transfer-encoding: chunked\r\ntransfer-encoding: gzip\r\n\r\n`,
    400,
    'malformed_request',
  ],
  ['no host', 'GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n', 400, 'malformed_request'],
  ['large headers', `GET / HTTP/1.1\r\nhost: x\r\nx-large: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
])('%s is answered with the envelope, and the connection is closed', async (_what, bytes, status, code) => {
  const connection = openRaw(gateway.url);
  connection.socket.write(bytes, 'latin1');
  const [head = '', body = ''] = (await connection.closed).split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} \\w`));
  expect(head).toMatch(/^x-request-id: req_/m);
  expect(head).toMatch(/^content-type: application\/json/m);
  expect(ErrorBody.parse(JSON.parse(body)).error).toMatchObject({ code, type: 'invalid_request_error' });
});

test('an unknown expectation is passed over', async () => {
  const connection = openRaw(gateway.url);
  connection.socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\nexpect: miracles\r\nconnection: close\r\n\r\n');
  expect(await connection.closed).toMatch(/^HTTP\/1\.1 200 .*"status":"ok"/s);
});

test('nonsense after a request ends the connection without touching the answer', async () => {
  const connection = openRaw(gateway.url);
  connection.socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\nnonsense\r\n\r\n');
  const text = await connection.closed;
  expect(text.startsWith('HTTP/1.1 200') || text.startsWith('HTTP/1.1 400')).toBe(true);
  expect(text.match(/HTTP\/1\.1 \d+/g)?.length).toBeLessThan(3);
});

test.each(['x', 'x:3000', '[::1]:3000', '127.0.0.1', 'a_b.example.com', ''])(
  'the host %s is accepted',
  async (host) => {
    const connection = openRaw(gateway.url);
    connection.socket.write(`GET /healthz HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
    expect(await connection.closed).toMatch(/^HTTP\/1\.1 200 /);
  },
);
