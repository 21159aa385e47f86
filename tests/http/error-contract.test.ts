import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { sendRaw } from '../support/raw-request.ts';
import { bearer } from '../support/start-gateway.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted();
});
afterAll(() => gateway.close());

const posts = ['/v1/chat/completions', '/c1/chat'];
const protectedPaths = [
  ['POST', '/v1/chat/completions'],
  ['GET', '/v1/models'],
  ['GET', '/v1/models/scripted'],
  ['GET', '/v1/info'],
  ['POST', '/c1/chat'],
  ['GET', '/c1/conversations'],
  ['GET', '/c1/conversations/conv_x'],
  ['PATCH', '/c1/conversations/conv_x'],
  ['DELETE', '/c1/conversations/conv_x'],
] as const;

describe('an address that does not exist', () => {
  test.each([
    ['GET', '/v1/nothing'],
    ['POST', '/v1/chat/completion'],
    ['POST', '/chat/completions'],
    ['GET', '/c1'],
    ['DELETE', '/v1'],
    ['GET', '/docs/no-such-page'],
    ['GET', '/docs/../package'],
    ['GET', '/docs/%2e%2e%2fpackage'],
    ['PUT', '/nothing?x=1'],
    ['GET', '/v1//models'],
  ])('%s %s is 404 route_not_found', async (method, path) => {
    const error = await errorOf(await gateway.call(method, path));
    expect(error).toMatchObject({ code: 'route_not_found', param: null });
  });

  test.each(['/trpc', '/trpc/'])('%s without a websocket is 404, in the words of tRPC', async (path) => {
    const response = await gateway.call('GET', path);
    expect(response.status).toBe(404);
    expect((await response.json()).error.data).toMatchObject({ httpStatus: 404, error: { code: 'route_not_found' } });
  });

  test('is 404 without a key too, and whatever the body', async () => {
    const response = await fetch(`${gateway.url}/v1/nothing`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: 'no JSON',
    });
    expect((await errorOf(response)).code).toBe('route_not_found');
  });

  test.each(['/v1/models/%zz', '/%', '/c1/conversations/%E0%A4%A', '/v1/models/%c3%28', '/docs/%zz', '/openapi/%zz'])(
    '%s has a bad escape and is an error in the same envelope',
    async (path) => {
      const error = await errorOf(await gateway.call('GET', path));
      expect(error.status).toBe(404);
    },
  );

  test('a very long address is an error in the same envelope', async () => {
    const error = await errorOf(await gateway.call('GET', `/v1/models/${'x'.repeat(2000)}`));
    expect(error.status).toBe(404);
    expect(error.message.length).toBeLessThan(500);
  });

  test('what a stranger wrote into the address comes back as text, never as a page', async () => {
    const response = await gateway.call('GET', '/<script>alert(1)</script>');
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect((await errorOf(response)).code).toBe('route_not_found');
  });
});

describe('a method that an address does not have', () => {
  test.each([
    ['GET', '/v1/chat/completions', 'POST'],
    ['DELETE', '/v1/chat/completions', 'POST'],
    ['PUT', '/c1/chat', 'POST'],
    ['POST', '/v1/models', 'GET, HEAD'],
    ['POST', '/v1/models/scripted', 'GET, HEAD'],
    ['PATCH', '/v1/info', 'GET, HEAD'],
    ['POST', '/c1/conversations', 'GET, DELETE, HEAD'],
    ['PUT', '/c1/conversations/conv_x', 'GET, PATCH, DELETE, HEAD'],
    ['POST', '/c1/conversations/conv_x', 'GET, PATCH, DELETE, HEAD'],
    ['POST', '/healthz', 'GET, HEAD'],
    ['DELETE', '/readyz', 'GET, HEAD'],
    ['POST', '/errors', 'GET, HEAD'],
    ['OPTIONS', '/v1/chat/completions', 'POST'],
    ['OPTIONS', '/healthz', 'GET, HEAD'],
    ['QUERY', '/v1/chat/completions', 'POST'],
    ['QUERY', '/v1/models', 'GET, HEAD'],
    ['PROPFIND', '/v1/models/a/b', 'GET, HEAD'],
    ['M-SEARCH', '/c1/conversations/conv_x', 'GET, PATCH, DELETE, HEAD'],
    ['QUERY', '/v1/audio/speech', 'POST'],
    ['PURGE', '/docs/chat', 'GET, HEAD'],
  ])('%s %s is 405 and Allow says %s', async (method, path, allow) => {
    const response = await gateway.call(method, path, method === 'GET' ? undefined : {});
    expect(response.headers.get('allow')).toBe(allow);
    expect((await errorOf(response)).code).toBe('method_not_allowed');
  });

  test.each(['/', '/docs', '/docs/errors', '/openapi.json'])('POST %s is 405 on the pages too', async (path) => {
    const response = await gateway.call('POST', path, {});
    expect((await errorOf(response)).code).toBe('method_not_allowed');
    expect(response.headers.get('allow')).toContain('GET');
  });

  test('is refused before the body is understood', async () => {
    const response = await gateway.call('POST', '/healthz', 'no JSON', { 'content-type': 'text/csv' });
    expect((await errorOf(response)).code).toBe('method_not_allowed');
  });

  test.each(['QUERY', 'PUT', 'TRACE', 'OPTIONS'])('%s is 405 at /trpc, in the words of tRPC', async (method) => {
    const answer = await sendRaw(gateway.url, [`${method} /trpc/system.health HTTP/1.1`]);
    expect(answer).toMatch(/^HTTP\/1\.1 405 .*^allow: GET, POST, HEAD\r$.*"METHOD_NOT_SUPPORTED"/ms);
  });

  test('CONNECT is 405 too: there is no tunnel', async () => {
    const answer = await sendRaw(gateway.url, ['CONNECT example.com:443 HTTP/1.1']);
    expect(answer).toMatch(/^HTTP\/1\.1 405 .*^allow: GET, .*"method_not_allowed"/ms);
  });

  test('TRACE is 405 too, and an unknown method is not HTTP', async () => {
    expect(await sendRaw(gateway.url, ['TRACE /v1/models HTTP/1.1'])).toMatch(
      /^HTTP\/1\.1 405 .*^allow: GET, HEAD\r$/ms,
    );
    expect(await sendRaw(gateway.url, ['BREW /v1/models HTTP/1.1'])).toMatch(/^HTTP\/1\.1 400 /);
    expect((await gateway.call('GET', '/healthz')).status).toBe(200);
  });
});

describe('a body that is not a JSON object', () => {
  const bodies: [what: string, body: string][] = [
    ['malformed', '{"model": "scripted",'],
    ['with a trailing comma', '{"model":"scripted","messages":[],}'],
    ['with single quotes', "{'model':'scripted'}"],
    ['an array', '[{"model":"scripted"}]'],
    ['a string', '"hello"'],
    ['a number', '42'],
    ['null', 'null'],
    ['blank', '   '],
    ['a lone byte-order mark', '\ufeff'],
    ['two objects', '{}{}'],
    ['NaN', '{"temperature": NaN}'],
  ];
  test.each(posts.flatMap((path) => bodies.map(([what, body]) => [path, what, body] as const)))(
    'POST %s with a body that is %s is 400 invalid_json',
    async (path, _what, body) => {
      const error = await errorOf(await gateway.call('POST', path, body, { 'content-type': 'application/json' }));
      expect(error).toMatchObject({ code: 'invalid_json', param: null });
    },
  );

  test.each(posts)('POST %s without a body is 400 invalid_json', async (path) => {
    const empty = await gateway.call('POST', path, '', { 'content-type': 'application/json' });
    expect((await errorOf(empty)).code).toBe('invalid_json');
    const none = await fetch(gateway.url + path, { method: 'POST', headers: { authorization: `Bearer ${bearer}` } });
    expect((await errorOf(none)).code).toBe('invalid_json');
  });

  test('PATCH of a conversation says the same', async () => {
    const error = await errorOf(await gateway.call('PATCH', '/c1/conversations/conv_x', '[1]'));
    expect(error.code).toBe('invalid_json');
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml'])(
    'the content type %s is 415',
    async (type) => {
      for (const path of posts) {
        const error = await errorOf(await gateway.call('POST', path, '{"model":"scripted"}', { 'content-type': type }));
        expect(error.code).toBe('unsupported_media_type');
      }
    },
  );

  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'APPLICATION/JSON',
    'application/json;charset=UTF-8',
  ])('the content type %s is taken', async (type) => {
    const body = JSON.stringify({ model: 'scripted', messages: [{ role: 'user', content: 'Hi' }] });
    expect((await gateway.call('POST', posts[0] ?? '', body, { 'content-type': type })).status).toBe(200);
  });

  test('a body of lies about its length gets an error, not a hang', async () => {
    const head = [
      'POST /v1/chat/completions HTTP/1.1',
      `authorization: Bearer ${bearer}`,
      'content-type: application/json',
    ];
    expect(await sendRaw(gateway.url, [...head, 'content-length: 5'], '{"mod')).toMatch(/"invalid_json"/);
    const tooLong = await sendRaw(gateway.url, [...head, 'content-length: 5'], '{"model":"scripted"}');
    expect(tooLong).toMatch(/^HTTP\/1\.1 400 /);
    expect(await sendRaw(gateway.url, [...head, 'content-length: x'], '{}')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await sendRaw(gateway.url, [...head, 'transfer-encoding: chunked'], 'zz\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('the key', () => {
  const withHeaders = (path: string, method: string, headers: Record<string, string>) =>
    fetch(gateway.url + path, { method, headers });

  test.each(protectedPaths)('%s %s without one is 401 missing_authorization', async (method, path) => {
    const error = await errorOf(await withHeaders(path, method, {}));
    expect(error).toMatchObject({ code: 'missing_authorization', param: 'Authorization' });
  });

  test.each(protectedPaths)('%s %s with a wrong one is 401 invalid_authorization', async (method, path) => {
    const error = await errorOf(await withHeaders(path, method, { authorization: `Bearer ${bearer}x` }));
    expect(error).toMatchObject({ code: 'invalid_authorization', param: 'Authorization' });
    expect(error.message).not.toContain(bearer);
  });

  test.each(['Bearer', 'Bearer ', `Basic ${bearer}`, bearer, `Bearer ${bearer} extra`, `Token ${bearer}`, 'Bearer\t'])(
    'the Authorization header "%s" is 401 invalid_authorization',
    async (authorization) => {
      expect((await errorOf(await withHeaders('/v1/models', 'GET', { authorization }))).code).toBe(
        'invalid_authorization',
      );
    },
  );

  test('is taken in every usual way', async () => {
    for (const headers of [
      { authorization: `Bearer ${bearer}` },
      { authorization: `bearer ${bearer}` },
      { authorization: `Bearer   ${bearer}` },
      { 'x-api-key': bearer },
    ]) {
      expect((await withHeaders('/v1/models', 'GET', headers)).status).toBe(200);
    }
    expect((await errorOf(await withHeaders('/v1/models', 'GET', { 'x-api-key': 'wrong' }))).code).toBe(
      'invalid_authorization',
    );
  });

  test.each<[string, Record<string, string>]>([
    ['a wrong bearer', { authorization: 'Bearer wrong', 'x-api-key': bearer }],
    ['a bearer of another service', { authorization: `Bearer sk-ant-${'x'.repeat(90)}`, 'api-key': bearer }],
    ['another scheme', { authorization: 'Basic dXNlcjpwYXNz', 'x-api-key': bearer }],
    ['an empty bearer', { authorization: 'Bearer ', 'api-key': bearer }],
    ['a wrong x-api-key', { authorization: `Bearer ${bearer}`, 'x-api-key': 'wrong' }],
    ["Azure's header alone", { 'api-key': bearer }],
    ["a wrong key in Azure's header", { 'x-api-key': bearer, 'api-key': 'wrong' }],
    ['two values of one header', { 'x-api-key': `wrong, ${bearer}` }],
    ['two bearers', { authorization: `Bearer wrong, Bearer ${bearer}` }],
  ])('is right with %s beside it, or alone', async (_what, headers) => {
    expect((await withHeaders('/v1/models', 'GET', headers)).status).toBe(200);
    expect((await withHeaders('/trpc/models.list', 'GET', headers)).status).toBe(200);
  });

  test.each<[string, Record<string, string>]>([
    ['two wrong keys', { authorization: 'Bearer wrong', 'x-api-key': 'wrong too' }],
    ["a wrong key in Azure's header", { 'api-key': 'wrong' }],
    ['another scheme beside a wrong key', { authorization: 'Basic dXNlcjpwYXNz', 'api-key': 'wrong' }],
    [
      'the right key behind too many others',
      { 'x-api-key': `${'w,'.repeat(3)}${'abcdefghi'.split('').join(',')},${bearer}` },
    ],
  ])('is not right with %s', async (_what, headers) => {
    expect((await errorOf(await withHeaders('/v1/models', 'GET', headers))).code).toBe('invalid_authorization');
  });

  test('a 401 says which scheme is wanted', async () => {
    const response = await withHeaders('/v1/models', 'GET', {});
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  test.each(['/', '/healthz', '/readyz', '/errors', '/docs', '/docs/errors', '/openapi', '/openapi.json'])(
    'GET %s needs none',
    async (path) => {
      expect((await fetch(gateway.url + path)).status).toBe(200);
    },
  );
});

test('every answer names its request, and no two share a name', async () => {
  const ids = new Set<string | null>();
  for (const path of ['/healthz', '/v1/models', '/nothing', '/v1/models/none']) {
    ids.add((await gateway.call('GET', path)).headers.get('x-request-id'));
  }
  expect(ids.size).toBe(4);
  expect(ids.has(null)).toBe(false);
});

describe('HEAD and OPTIONS', () => {
  test('HEAD answers as GET does, without the body', async () => {
    for (const path of ['/healthz', '/v1/models', '/errors', '/']) {
      const [head, get] = [await gateway.call('HEAD', path), await gateway.call('GET', path)];
      expect([head.status, await head.text()]).toEqual([200, '']);
      expect(head.headers.get('content-type')).toBe(get.headers.get('content-type'));
      expect(head.headers.get('content-length')).toBe(String(Buffer.byteLength(await get.text())));
    }
    const without = await fetch(`${gateway.url}/v1/models`, { method: 'HEAD' });
    expect([without.status, await without.text()]).toEqual([401, '']);
  });

  const preflight = {
    origin: 'https://app.example',
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type',
  };

  test.each([...posts, '/v1/models', '/trpc/models.list'])(
    'a browser may call %s from another origin',
    async (path) => {
      const response = await fetch(gateway.url + path, { method: 'OPTIONS', headers: preflight });
      expect(response.status).toBe(204);
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      expect(response.headers.get('access-control-allow-methods')).toMatch(/POST/);
      expect(response.headers.get('access-control-allow-methods')).toMatch(/PATCH/);
      expect(response.headers.get('access-control-allow-headers')).toBe('authorization,content-type');
    },
  );

  test('a page on another origin may read the headers that matter, also on errors', async () => {
    for (const path of ['/v1/models', '/nothing']) {
      const response = await gateway.call('GET', path, undefined, { origin: 'https://app.example' });
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      const exposed = response.headers.get('access-control-expose-headers')?.split(', ');
      expect(exposed).toEqual(
        expect.arrayContaining(['x-request-id', 'x-conversation-id', 'retry-after', 'x-gateway-backend']),
      );
    }
  });

  test('a streamed answer may be read from another origin too', async () => {
    const body = { model: 'scripted', messages: [{ role: 'user', content: 'Hi' }], stream: true };
    const response = await gateway.call('POST', posts[0] ?? '', body, { origin: 'https://app.example' });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(await response.text()).toMatch(/data: \[DONE\]\n\n$/);
  });

  test('only the origins of CORS_ORIGINS may, when it is set', async () => {
    const strict = await startScripted({ env: { CORS_ORIGINS: 'https://a.example, https://b.example' } });
    try {
      const originOf = async (origin: string) =>
        (await strict.call('GET', '/healthz', undefined, { origin })).headers.get('access-control-allow-origin');
      expect(await originOf('https://b.example')).toBe('https://b.example');
      expect(await originOf('https://evil.example')).toBeNull();
    } finally {
      await strict.close();
    }
  });
});
