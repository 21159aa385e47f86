import * as zlib from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf } from '../../support/error-of.ts';
import { bearer } from '../../support/start-gateway.ts';
import { type ScriptedGateway, startScripted } from '../../support/start-scripted.ts';

const { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } = zlib;
/** Of a body, in bytes. */
const LIMIT = 200_000;

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted({ env: { MAX_BODY_BYTES: String(LIMIT) } });
});
afterAll(() => gateway.close());

const post = (path: string, body: Buffer | string, encoding: string, type = 'application/json') =>
  fetch(gateway.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': type, 'content-encoding': encoding },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });

const messages = [{ role: 'user', content: 'Grüße 👋' }];
const surfaces = [
  ['/v1/chat/completions', { model: 'scripted', messages }],
  ['/c1/chat', { model: 'scripted', message: 'Grüße 👋' }],
  ['/v1/messages', { model: 'scripted', max_tokens: 10, messages }],
  ['/v1/responses', { model: 'scripted', input: 'Grüße 👋' }],
  ['/trpc/v1.chat.create', { model: 'scripted', messages }],
] as const;
const codings: [name: string, compress: (text: string | Buffer) => Buffer][] = [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['GZIP', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
  ['gzip, br', (text) => brotliCompressSync(gzipSync(text))],
  ['identity', (text) => Buffer.from(text)],
];

describe('a compressed body', () => {
  test.each(surfaces)('is decoded at %s', async (path, body) => {
    for (const [name, compress] of codings) {
      const response = await post(path, compress(JSON.stringify(body)), name);
      expect([name, response.status]).toEqual([name, 200]);
      await response.text();
      expect(gateway.upstream.chats.at(-1)?.body.toString()).toContain('Grüße 👋');
    }
  });

  test('may begin with a byte order mark', async () => {
    const [path, body] = surfaces[0];
    expect((await post(path, gzipSync(`\ufeff${JSON.stringify(body)}`), 'gzip')).status).toBe(200);
  });

  const bomb = JSON.stringify({ model: 'scripted', x: 'x'.repeat(3_000_000) });
  const bombs = codings.slice(0, 7).map(([name, compress]) => [name, compress(bomb)] as const);

  test.each(surfaces)('that would become larger than the limit is 413 at %s', async (path) => {
    for (const [name, body] of bombs) {
      const response = await post(path, body, name);
      expect([name, response.status]).toEqual([name, 413]);
      expect(await response.text()).toMatch(/body_too_large/i);
    }
  });

  test('of exactly the limit passes, and one byte more does not', async () => {
    const base = JSON.stringify({ model: 'scripted', messages: [{ role: 'user', content: '' }] }).length;
    const bodyOf = (bytes: number) =>
      gzipSync(JSON.stringify({ model: 'scripted', messages: [{ role: 'user', content: 'x'.repeat(bytes - base) }] }));
    expect((await post('/v1/chat/completions', bodyOf(LIMIT), 'gzip')).status).toBe(200);
    expect((await post('/v1/chat/completions', bodyOf(LIMIT + 1), 'gzip')).status).toBe(413);
  });

  test.each<[what: string, body: Buffer]>([
    ['plain text', Buffer.from('{"model":"scripted"}')],
    ['a part of it', gzipSync('{"model":"scripted"}').subarray(0, 15)],
    ['nonsense', Buffer.alloc(50, 0xff)],
  ])('that is %s in truth is 400 and names the coding', async (_what, body) => {
    for (const name of ['gzip', 'br', 'deflate']) {
      const error = await errorOf(await post('/v1/chat/completions', body, name));
      expect(error).toMatchObject({ code: 'invalid_json' });
      expect(error.message).toContain(name);
    }
  });
});

describe('a body that is not decoded', () => {
  test.each(['compress', 'aws-chunked', 'gzip, unknown', 'gzip,gzip,gzip,gzip'])(
    'as %s is 415 and says so',
    async (name) => {
      for (const [path] of surfaces.slice(0, 2)) {
        const error = await errorOf(await post(path, 'x', name));
        expect(error).toMatchObject({ code: 'unsupported_media_type', param: 'Content-Encoding' });
      }
      expect((await post('/trpc/v1.chat.create', 'x', name)).status).toBe(415);
    },
  );

  test.each(['/v1/audio/transcriptions', '/v1/images/edits'])('is a form at %s, which is 415', async (path) => {
    const error = await errorOf(await post(path, gzipSync('x'), 'gzip', 'multipart/form-data; boundary=b'));
    expect(error).toMatchObject({ code: 'unsupported_media_type', param: 'Content-Encoding' });
    expect(error.message).toContain('gzip');
  });

  test('as zstd names the coding where Node has no decoder for it', async () => {
    const error = await errorOf(await post('/v1/chat/completions', 'x', 'zstd'));
    const decodes = 'zstdDecompress' in zlib;
    expect(error).toMatchObject({ code: decodes ? 'invalid_json' : 'unsupported_media_type' });
    expect(error.message).toContain('zstd');
  });
});

/** A frame in which nothing is compressed (RFC 8878, 3.1.1): one segment, a content size of four bytes, raw blocks. */
function zstdOf(text: string): Buffer {
  const content = Buffer.from(text);
  const head = Buffer.alloc(12);
  head.writeUInt32LE(0xfd2fb528, 0);
  head.writeUInt8(0xa0, 4);
  head.writeUInt32LE(content.length, 5);
  head.writeUIntLE((content.length << 3) | 1, 9, 3);
  return Buffer.concat([head, content]);
}

describe.skipIf(!('zstdDecompress' in zlib))('zstd', () => {
  test.each(surfaces)('is decoded at %s', async (path, body) => {
    const response = await post(path, zstdOf(JSON.stringify(body)), 'zstd');
    expect(response.status).toBe(200);
    await response.text();
  });

  test('with a window beyond that of HTTP is refused before it is allocated', async () => {
    // A frame without a content size whose header asks for a window of 1 GiB.
    const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa0, 0x01, 0x00, 0x00]);
    const error = await errorOf(await post('/v1/chat/completions', frame, 'zstd'));
    expect(error).toMatchObject({ code: 'invalid_json' });
  });
});

test('a decompression bomb is stopped at the limit, and others are served meanwhile', async () => {
  const bomb = gzipSync(Buffer.alloc(150_000_000));
  expect(bomb.length).toBeLessThan(LIMIT);
  const before = process.memoryUsage().arrayBuffers;
  const sent = post('/v1/chat/completions', bomb, 'gzip');
  expect((await gateway.call('GET', '/healthz')).status).toBe(200);
  expect((await sent).status).toBe(413);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
});
