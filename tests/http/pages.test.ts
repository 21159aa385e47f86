import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorCatalog } from '../../contracts/errors.ts';
import { Readiness } from '../../contracts/system/health.ts';
import { type Gateway, startGateway } from '../support/start-gateway.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';

let demo: Gateway;
let scripted: ScriptedGateway;
beforeAll(async () => {
  [demo, scripted] = await Promise.all([startGateway(), startScripted()]);
});
afterAll(() => Promise.all([demo.close(), scripted.close()]));

const textOf = async (path: string, from: Gateway = demo) => (await fetch(from.url + path)).text();
const jsonOf = async (path: string, from: Gateway = demo) => (await fetch(from.url + path)).json();

test('/healthz says ok', async () => {
  expect(await jsonOf('/healthz')).toEqual({ status: 'ok' });
});

describe('/readyz', () => {
  test('tells each backend with its latency, and the database', async () => {
    const ready = Readiness.strict().parse(await jsonOf('/readyz', scripted));
    expect(ready).toMatchObject({
      status: 'ready',
      demo: false,
      database: { status: 'up', latency_ms: expect.any(Number) },
      backends: [{ provider: 'up', kind: 'openai-compatible', status: 'up', latency_ms: expect.any(Number) }],
    });
  });

  test('says so in demo mode', async () => {
    await expect
      .poll(async () => Readiness.parse(await jsonOf('/readyz')))
      .toMatchObject({
        status: 'ready',
        demo: true,
        backends: [{ provider: 'embedded', status: 'up' }],
        notice: expect.stringMatching(/demo mode/i),
      });
  });

  test('asks no upstream for a token, and not for every caller', async () => {
    for (let i = 0; i < 20; i++) await jsonOf('/readyz', scripted);
    const probes = scripted.upstream.requests.map(({ method, path }) => `${method} ${path}`);
    expect(new Set(probes)).toEqual(new Set(['GET /v1/models']));
    expect(probes.length).toBeLessThan(5);
  });
});

describe('the error catalog', () => {
  test('/errors lists every code as the catalog has it', async () => {
    const { entries } = await jsonOf('/errors');
    expect(Object.fromEntries(entries.map((entry: { code: string }) => [entry.code, entry]))).toEqual(
      Object.fromEntries(
        Object.entries(errorCatalog).map(([code, row]) => [
          code,
          {
            code,
            type: row.type,
            http_status: row.status,
            title: row.title,
            description: row.description,
            remediation: row.remediation,
            typical_param: 'typicalParam' in row ? row.typicalParam : null,
          },
        ]),
      ),
    );
    expect(entries).toHaveLength(Object.keys(errorCatalog).length);
  });

  test('every code has its anchor at /docs/errors, and no anchor is without a code', async () => {
    const anchors = [...(await textOf('/docs/errors')).matchAll(/<section id="([^"]+)"/g)].map(([, id]) => id);
    expect(anchors).toEqual(Object.keys(errorCatalog));
  });

  test('the page shows code as it is to be typed', async () => {
    const page = await textOf('/docs/errors');
    expect(page).toContain('<code>Authorization: Bearer &lt;key&gt;</code>');
    expect(page).not.toContain('&amp;lt;');
  });

  test('every code stands in the OpenAPI document, in the enum and under its status', async () => {
    const document = await jsonOf('/openapi.json');
    const { properties } = document.components.schemas.ErrorBody.properties.error;
    expect(properties.code.enum).toEqual(Object.keys(errorCatalog));
    const operations = Object.values<Record<string, { responses: Record<string, { description: string }> }>>(
      document.paths,
    );
    const said = operations
      .flatMap((methods) => Object.values(methods).flatMap(({ responses }) => Object.values(responses)))
      .map(({ description }) => description)
      .join();
    const described = Object.entries(errorCatalog).filter(([code]) => !said.includes(`\`${code}\``));
    // No operation of the document answers with it: there is no such method.
    expect(described.map(([code]) => code)).toEqual(['method_not_allowed']);
  });

  test('the types of the codes follow their statuses', () => {
    const types: Record<number, string[]> = {
      400: ['invalid_request_error'],
      401: ['authentication_error'],
      402: ['permission_denied'],
      403: ['permission_denied'],
      404: ['not_found'],
      405: ['invalid_request_error'],
      408: ['invalid_request_error'],
      409: ['invalid_request_error'],
      410: ['not_found'],
      413: ['invalid_request_error'],
      415: ['invalid_request_error'],
      422: ['invalid_request_error'],
      429: ['rate_limit_exceeded'],
      431: ['invalid_request_error'],
      499: ['invalid_request_error'],
      500: ['internal_error'],
      502: ['upstream_error'],
      503: ['upstream_error', 'internal_error'],
      504: ['upstream_error', 'internal_error'],
    };
    for (const [code, { status, type }] of Object.entries(errorCatalog)) {
      expect([code, types[status]]).toEqual([code, expect.arrayContaining([type])]);
    }
  });
});

describe('the pages', () => {
  test('/ links everything that there is, and every link leads somewhere', async () => {
    const page = await textOf('/');
    const links = [...page.matchAll(/href="(\/[^"]*)"/g)].map(([, href = '']) => href);
    expect(links).toEqual(
      expect.arrayContaining(['/openapi', '/openapi.json', '/docs', '/docs/errors', '/errors', '/healthz', '/readyz']),
    );
    for (const link of new Set(links)) expect([link, (await fetch(demo.url + link)).status]).toEqual([link, 200]);
  });

  test('/ says that it is demo mode, and only then', async () => {
    expect(await textOf('/')).toMatch(/demo mode/i);
    expect(await textOf('/', scripted)).not.toMatch(/demo mode/i);
  });

  test.each(['/', '/docs', '/docs/errors'])('%s is a page of text in UTF-8', async (path) => {
    const response = await fetch(demo.url + path);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await response.text()).toMatch(/^<!doctype html>/i);
  });

  test('every link between the pages of the documentation leads to a page, and to an anchor that exists', async () => {
    const seen = new Map<string, string>();
    const open = ['/docs'];
    for (let path = open.pop(); path !== undefined; path = open.pop()) {
      const page = await fetch(demo.url + path);
      expect([path, page.status]).toEqual([path, 200]);
      const text = await page.text();
      seen.set(path, text);
      for (const [, href = ''] of text.matchAll(/href="(\/docs[^"#]*)/g)) {
        if (!seen.has(href) && !open.includes(href)) open.push(href);
      }
    }
    for (const [path, text] of seen) {
      for (const [, href = '', anchor = ''] of text.matchAll(/href="(\/docs[^"#]*)?#([^"]+)"/g)) {
        expect([path, href, anchor, (seen.get(href || path) ?? '').includes(`id="${anchor}"`)]).toEqual([
          path,
          href,
          anchor,
          true,
        ]);
      }
    }
  });

  test('no page shows a file outside of the documentation', async () => {
    for (const path of [
      '/docs/..%2fpackage.json',
      '/docs/%2e%2e/README',
      '/docs/decisions/../../README',
      '/docs/models.example.yaml',
    ]) {
      const response = await fetch(demo.url + path);
      expect(response.status).toBe(404);
    }
  });

  test('programs get a page of text at /openapi that names the document, and browsers the console', async () => {
    expect(await textOf('/openapi')).toContain('href="/openapi.json"');
    const shown = await fetch(`${demo.url}/openapi`, { headers: { accept: 'text/html' } });
    expect(await shown.text()).toContain('/console/assets/');
  });

  test('browsers get the documentation in the console, and as text where they ask for it', async () => {
    const headers = { accept: 'text/html' };
    const text = async (path: string) => (await fetch(demo.url + path, { headers })).text();
    expect(await text('/docs/chat')).toContain('/console/assets/');
    expect(await text('/docs/chat?plain')).toContain('<h1 id="chat"');
    expect(await text('/docs/errors')).toContain('<section id=');
    expect((await fetch(`${demo.url}/docs/nothing`, { headers })).status).toBe(404);
  });

  test('the pages of the documentation are listed, read as they are written, and found by their words', async () => {
    const { items } = await jsonOf('/api/docs');
    expect(items[0]).toMatchObject({ name: 'README' });
    expect(items).toContainEqual({ name: 'chat', title: 'Chat', section: 'For users' });
    const page = await jsonOf('/api/docs/page?name=decisions/0011-console');
    expect(page.markdown).toMatch(/^# 11\. /);
    const found = await jsonOf('/api/docs/search?q=prefix+CACHE');
    expect(found.items.length).toBeGreaterThan(0);
    for (const { excerpt, heading, name } of found.items) expect([name, heading, excerpt].join()).not.toBe('');
    expect((await jsonOf('/api/docs/search?q=xyzzyplugh')).items).toEqual([]);
    // Anybody may search: of a long question the first twelve words are looked for, each once.
    const long = encodeURIComponent(`${'a b c d e f g h i l m n '.repeat(4)}xyzzyplugh`);
    expect((await jsonOf(`/api/docs/search?q=${long}`)).items.length).toBeGreaterThan(0);
    for (const name of ['../package', 'nothing', 'models.example']) {
      const response = await fetch(`${demo.url}/api/docs/page?name=${encodeURIComponent(name)}`);
      expect([name, response.status]).toEqual([name, 404]);
    }
  });
});

describe('the models', () => {
  test('/v1/models lists every alias, and each can be got by its name', async () => {
    const list = await (await demo.call('GET', '/v1/models')).json();
    expect(list.object).toBe('list');
    expect(list.data.length).toBeGreaterThanOrEqual(13);
    for (const model of list.data) {
      const one = await demo.call('GET', `/v1/models/${encodeURIComponent(model.id)}`);
      expect(await one.json()).toEqual(model);
    }
  });

  test('a model whose name has slashes is found, with the slash as it is and escaped', async () => {
    const slashed = await startScripted({ aliases: ['Qwen/Qwen3-8B', 'a/b/c', 'plain'] });
    try {
      for (const [path, id] of [
        ['Qwen/Qwen3-8B', 'Qwen/Qwen3-8B'],
        ['Qwen%2FQwen3-8B', 'Qwen/Qwen3-8B'],
        ['a/b%2Fc', 'a/b/c'],
        ['a/b/c/?x=1', 'a/b/c'],
        ['plain', 'plain'],
      ]) {
        for (const headers of [{}, { 'anthropic-version': '2023-06-01' }]) {
          const response = await slashed.call('GET', `/v1/models/${path}`, undefined, headers);
          expect([path, response.status, (await response.json()).id]).toEqual([path, 200, id]);
        }
      }
      const missing = await slashed.call('GET', '/v1/models/Qwen/other');
      expect([missing.status, (await missing.json()).error.code]).toEqual([404, 'model_not_found']);
      expect((await fetch(`${slashed.url}/v1/models/Qwen/Qwen3-8B`)).status).toBe(401);
      expect((await slashed.call('HEAD', '/v1/models/Qwen/Qwen3-8B')).status).toBe(200);
    } finally {
      await slashed.close();
    }
  });

  test('/v1/info tells honestly what answers in demo mode', async () => {
    const info = await (await demo.call('GET', '/v1/info')).json();
    expect(info).toMatchObject({ name: 'duplex', demo: true, notice: expect.stringMatching(/demo mode/i) });
    const byAlias = new Map(info.models.map((model: { alias: string }) => [model.alias, model]));
    expect(byAlias.get('llama-4-scout')).toMatchObject({
      available: true,
      backends: [{ provider: 'embedded', kind: 'embedded', model: 'tinychat' }],
      constraints: { tools: true, accepts_image_url: false, min_max_tokens: null, typical_response_seconds: 8 },
    });
    expect(byAlias.get('gpt-image')).toMatchObject({ available: false, backends: [] });
    expect(byAlias.get('flagship')).toMatchObject({ constraints: { min_max_tokens: 200 } });
  });

  test('an image-output alias answers 503 no_backend with what to configure', async () => {
    const response = await demo.call('POST', '/v1/chat/completions', {
      model: 'nano-banana',
      messages: [{ role: 'user', content: 'A cat' }],
    });
    const { error } = await response.json();
    expect([response.status, error.code, error.param]).toEqual([503, 'no_backend', 'model']);
    expect(error.message).toContain('OPENROUTER_API_KEY');
  });
});
