import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser, openBrowser } from '../support/open-browser.ts';
import { openRaw } from '../support/raw-request.ts';
import { type Gateway, startGateway } from '../support/start-gateway.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const pages = ['/', '/docs', '/docs/chat', '/docs/errors', '/docs/decisions/0004-routing', '/openapi', '/openapi/'];
const data = ['/openapi.json', '/errors', '/healthz', '/readyz'];
const errors = ['/nothing', '/docs/nothing', '/openapi/nothing', '/v1/models', '/%zz', '/console/assets/%2e%2e/x'];

describe('what a browser may do with an answer', () => {
  test.each([...pages, ...data, ...errors])(
    '%s forbids frames, foreign and inline scripts, guesses and referrers',
    async (path) => {
      const { headers } = await fetch(gateway.url + path);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toMatch(/default-src 'none'/);
      expect(policy).toMatch(/frame-ancestors 'none'/);
      expect(policy).not.toMatch(/unsafe|\*|https?:/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
    },
  );

  test.each([
    ['an error over tRPC', 'POST', '/trpc/v1.chat.create', '{}'],
    ['an answer over tRPC', 'GET', '/trpc/system.health', undefined],
    ['a refused call of tRPC', 'DELETE', '/trpc/system.health', undefined],
    ['an answer with a key', 'GET', '/v1/models', undefined],
    [
      'a stream',
      'POST',
      '/v1/chat/completions',
      '{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"Hi"}]}',
    ],
    ['an error of a route', 'POST', '/v1/embeddings', '{}'],
  ])('so does %s', async (_, method, path, body) => {
    const { headers } = await gateway.call(method, path, body);
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  test('so does a refused websocket', async () => {
    const { socket, closed } = openRaw(gateway.url);
    socket.write(
      'GET /trpc HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    expect(await closed).toMatch(
      /^HTTP\/1.1 400 .*^x-content-type-options: nosniff\r.*^content-security-policy: default-src 'none'/ms,
    );
  });

  test('so does an answer to bytes that are not HTTP', async () => {
    const { socket, closed } = openRaw(gateway.url);
    socket.write('nonsense\r\n\r\n');
    expect(await closed).toMatch(/^x-content-type-options: nosniff\r.*^content-security-policy: default-src 'none'/ms);
  });

  test('no page has an inline script, a handler or a style attribute, which the policy would not run', async () => {
    for (const path of pages) {
      const html = await (await fetch(gateway.url + path)).text();
      expect([path, html.match(/<script(?![^>]*\ssrc=)|\son\w+=|<[^>]+\sstyle=|javascript:/i)?.[0]]).toEqual([
        path,
        undefined,
      ]);
    }
  });
});

describe('a page', () => {
  test.each([...pages, '/openapi.json'])('%s is not sent again to who has it', async (path) => {
    const first = await fetch(gateway.url + path);
    const again = await fetch(gateway.url + path, { headers: { 'if-none-match': first.headers.get('etag') ?? '' } });
    expect([first.status, again.status, await again.text()]).toEqual([200, 304, '']);
    const other = await fetch(gateway.url + path, { headers: { 'if-none-match': '"other"' } });
    expect(other.status).toBe(200);
  });

  test.each([
    '/console/assets/%2e%2e/x',
    '/console/assets/..%2f..%2fpackage.json',
    '/console/assets/%00',
    '/console/assets/%5c..%5cpackage.json',
    '/console/assets/index.html/../../package.json',
    '/console/assets/toString',
    '/docs/%00',
    '/docs/%2e%2e/package',
    '/docs/__proto__',
    '/docs/decisions/%2e%2e/%2e%2e/README',
  ])('GET %s is 404', async (path) => {
    const { socket, until } = openRaw(gateway.url);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: gateway\r\n\r\n`);
    expect(await until(/\}\}$/)).toMatch(/^HTTP\/1\.1 404 .*"route_not_found"/s);
    socket.destroy();
  });

  test.each(['/openapi', '/openapi.json'])('POST %s is 405', async (path) => {
    const response = await fetch(gateway.url + path, { method: 'POST' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});

describe.runIf(hasBrowser)('in Chromium', () => {
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    browser = await openBrowser();
    page = await browser.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.addInitScript(
      "document.addEventListener('securitypolicyviolation', (e) => console.error('CSP', e.violatedDirective, e.blockedURI))",
    );
  });
  afterAll(() => browser.close());

  test.each(pages.filter((path) => path.startsWith('/docs')))(
    '%s is shown with its style and without a script, and nothing is blocked',
    async (path) => {
      complaints.length = 0;
      await page.goto(`${gateway.url}${path}?plain`);
      expect(await page.evaluate('getComputedStyle(document.body).maxWidth')).not.toBe('none');
      expect(complaints).toEqual([]);
    },
  );
});
