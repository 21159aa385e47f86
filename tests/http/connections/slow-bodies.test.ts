import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepPace } from '../../support/keep-pace.ts';
import { openRaw, type RawConnection } from '../../support/raw-request.ts';
import { startEndpoints } from '../../support/start-endpoints.ts';
import { bearer } from '../../support/start-gateway.ts';
import type { ScriptedGateway } from '../../support/start-scripted.ts';

/** A second of standing still is too long, and so is less than 2,000 bytes a second. */
const impatient = { BODY_STALL_SECONDS: '1', MIN_BYTES_PER_SECOND: '2000', HEADERS_TIMEOUT_SECONDS: '1' };

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startEndpoints(impatient);
});
afterAll(() => gateway.close());

const json = 'Content-Type: application/json';
const form = 'Content-Type: multipart/form-data; boundary=b';
const formStart =
  '--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp3"\r\n\r\nxxxx';

interface Upload {
  readonly path: string;
  readonly type: string;
  readonly start: string;
  readonly code: RegExp;
}

const envelope = /"type":"invalid_request_error","code":"request_timeout"/;
const uploads: Upload[] = [
  { path: '/v1/chat/completions', type: json, start: '{"model":"chatter",', code: envelope },
  { path: '/c1/chat', type: json, start: '{', code: envelope },
  { path: '/v1/responses', type: json, start: '', code: envelope },
  { path: '/v1/embeddings', type: json, start: '{', code: envelope },
  { path: '/v1/audio/speech', type: json, start: '{', code: envelope },
  { path: '/v1/messages', type: json, start: '{"model":', code: /"type":"error","error":\{"type":"/ },
  { path: '/trpc/v1.chat.create', type: json, start: '{"model":', code: /"code":"TIMEOUT".*"code":"request_timeout"/ },
  { path: '/v1/audio/transcriptions', type: form, start: '', code: envelope },
  { path: '/v1/audio/transcriptions', type: form, start: '--b\r\nContent-Dispo', code: envelope },
  { path: '/v1/audio/translations', type: form, start: formStart, code: envelope },
  { path: '/v1/images/edits', type: form, start: formStart, code: envelope },
];

function begin({ path, type, start }: Upload, framing: string, frame = (text: string) => text): RawConnection {
  const connection = openRaw(gateway.url);
  const lines = [`POST ${path} HTTP/1.1`, 'Host: gateway', `Authorization: Bearer ${bearer}`, type, framing];
  connection.socket.setNoDelay(true);
  connection.socket.write(`${lines.join('\r\n')}\r\n\r\n${start && frame(start)}`);
  return connection;
}

const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

/** Writes one byte every 20 ms, which is 50 a second, until the connection is closed. */
function drip({ socket, closed }: RawConnection, frame = (text: string) => text): void {
  const timer = setInterval(() => socket.write(frame(' ')), 20);
  void closed.then(() => clearInterval(timer));
}

describe.concurrent('a body that stands still is refused', () => {
  test.each(uploads)('at $path, after "$start"', async (upload) => {
    const text = await begin(upload, 'Content-Length: 100000').closed;
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(text).toMatch(/^connection: close\r$/im);
    expect(text).toMatch(upload.code);
  });

  test('also when it is chunked', async () => {
    const chunked = uploads.slice(0, 2).map((upload) => begin(upload, 'Transfer-Encoding: chunked', chunk).closed);
    for (const text of await Promise.all(chunked)) expect(text).toMatch(/^HTTP\/1\.1 408 .*"request_timeout"/s);
  });

  test('also when nobody reads it any more, because the request is refused already', async () => {
    const refused = { ...(uploads[0] as Upload), path: '/v1/models', type: 'Content-Type: text/plain' };
    expect(await begin(refused, 'Content-Length: 100000').closed).toMatch(/^HTTP\/1\.1 405 /);
    const unsupported = { ...(uploads[0] as Upload), type: 'Content-Type: text/plain' };
    expect(await begin(unsupported, 'Content-Length: 100000').closed).toMatch(/^HTTP\/1\.1 415 /);
  });
});

describe.concurrent('a body that drips is refused', () => {
  test.each(uploads)('at $path, after "$start"', async (upload) => {
    const connection = begin(upload, 'Content-Length: 100000');
    drip(connection);
    expect(await connection.closed).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('also when it drips in chunks', async () => {
    const connection = begin(uploads[0] as Upload, 'Transfer-Encoding: chunked', chunk);
    drip(connection, chunk);
    expect(await connection.closed).toMatch(/^HTTP\/1\.1 408 .*"request_timeout"/s);
  });
});

describe('a body that keeps up the rate is received', () => {
  test('though it takes several times as long as one may stand still', () =>
    keepPace(300, async () => {
      const body = JSON.stringify({ model: 'chatter', messages: [{ role: 'user', content: 'x'.repeat(60_000) }] });
      const connection = begin({ ...(uploads[0] as Upload), start: '' }, `Content-Length: ${body.length}`);
      let sent = 0;
      // 50,000 bytes a second, or fewer on a busy machine.
      const timer = setInterval(() => {
        connection.socket.write(body.slice(sent, sent + 1_000));
        sent += 1_000;
        if (sent >= body.length) clearInterval(timer);
      }, 20);
      try {
        await connection.until(/"chat\.completion"/);
      } finally {
        clearInterval(timer);
        connection.socket.destroy();
      }
    }));
});

describe.concurrent('a head that does not arrive', () => {
  test.each([
    ['nothing at all', ''],
    ['half of a line', 'GET /heal'],
    ['no empty line', 'GET /healthz HTTP/1.1\r\nHost: gateway\r\n'],
  ])('is given up: %s', async (_what, start) => {
    const connection = openRaw(gateway.url);
    connection.socket.write(start);
    expect(await connection.closed).toMatch(/^HTTP\/1\.1 408 .*"request_timeout"/s);
  });

  test('is refused when it drips', async () => {
    const connection = openRaw(gateway.url);
    connection.socket.write('GET /healthz HTTP/1.1\r\n');
    drip(connection, () => 'x: y\r\n');
    expect(await connection.closed).toMatch(/^HTTP\/1\.1 (408|431) /s);
  });
});
