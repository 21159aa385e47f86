import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { bearer, type Gateway, startGateway } from '../support/start-gateway.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const asBrowser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const page = (path: string, headers: Record<string, string> = {}, base = gateway) =>
  fetch(base.url + path, { headers: { ...asBrowser, ...headers } });

const scriptOf = (html: string) => /<script[^>]* src="([^"]+)"/.exec(html)?.[1] ?? '';

describe('the console', () => {
  test.each(['/', '/playground', '/playground/conv_1', '/console', '/console/keys'])(
    'is what a browser gets at %s, under a policy that lets nothing inline and nothing foreign in',
    async (path) => {
      const response = await page(path);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
      const policy = response.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      const html = await response.text();
      expect(html).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/);
      expect(scriptOf(html)).toMatch(/^\/console\/assets\/[\w.-]+\.js$/);
    },
  );

  test('leaves / to programs as it was', async () => {
    const response = await fetch(gateway.url);
    expect(response.headers.get('vary')).toMatch(/accept/i);
    expect(await response.text()).toContain('/v1/chat/completions');
  });

  test('has files that are compressed, kept for ever, and not sent twice', async () => {
    const script = scriptOf(await (await page('/console')).text());
    const plain = await fetch(gateway.url + script, { headers: { 'accept-encoding': 'identity' } });
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(plain.headers.get('cache-control')).toContain('immutable');
    const text = await plain.text();
    for (const encoding of ['br', 'gzip']) {
      const packed = await fetch(gateway.url + script, { headers: { 'accept-encoding': encoding } });
      expect(packed.headers.get('content-encoding')).toBe(encoding);
      expect(packed.headers.get('vary')).toMatch(/accept-encoding/i);
      expect(await packed.text()).toBe(text);
      const etag = packed.headers.get('etag') ?? '';
      const again = await fetch(gateway.url + script, {
        headers: { 'accept-encoding': encoding, 'if-none-match': etag },
      });
      expect([again.status, await again.text()]).toEqual([304, '']);
    }
    const refused = await fetch(gateway.url + script, { headers: { 'accept-encoding': 'br;q=0, gzip;q=0' } });
    expect(refused.headers.get('content-encoding')).toBeNull();
  });

  test('answers 404 for a file that a new build has taken away, and lets nobody keep that answer', async () => {
    const consoleDir = mkdtempSync(join(tmpdir(), 'duplex-console-'));
    const assets = join(consoleDir, 'assets');
    mkdirSync(assets);
    writeFileSync(join(consoleDir, 'index.html'), '<!doctype html>');
    writeFileSync(join(assets, 'old-1a2b.js'), 'export {};');
    const rebuilt = await startGateway({ consoleDir });
    rmSync(assets, { recursive: true });
    const response = await fetch(`${rebuilt.url}/console/assets/old-1a2b.js`);
    expect([response.status, response.headers.get('cache-control')]).toEqual([404, null]);
    await rebuilt.close();
    rmSync(consoleDir, { recursive: true });
  });

  test('gives no other file away', async () => {
    for (const path of [
      '/console/assets/../index.html',
      '/console/assets/%2e%2e%2fsources.txt',
      '/console/assets/nothing.js',
    ]) {
      const status = await new Promise((resolve, reject) => {
        request(gateway.url, { path }, (response) => resolve(response.resume().statusCode))
          .on('error', reject)
          .end();
      });
      expect([path, status]).toEqual([path, 404]);
    }
  });

  test('names the path prefix as the server of the OpenAPI document', async () => {
    const serversAt = async (headers: Record<string, string>) => {
      const response = await page('/openapi.json', headers);
      expect(response.headers.get('vary')).toMatch(/x-forwarded-prefix/i);
      return (await response.json()).servers;
    };
    expect(await serversAt({})).toEqual([{ url: '/' }]);
    expect(await serversAt({ 'x-forwarded-prefix': '/llm/' })).toEqual([{ url: '/llm' }]);
    expect(await serversAt({ 'x-forwarded-prefix': '//evil.example' })).toEqual([{ url: '/' }]);
    const based = await startGateway({ env: { BASE_PATH: '/chat' } });
    const document = await page('/chat/openapi.json', {}, based);
    expect((await document.json()).servers).toEqual([{ url: '/chat' }]);
    await based.close();
  });

  test('takes a path prefix from the proxy in front, and nothing that is not a path', async () => {
    const prefixed = await page('/playground', { 'x-forwarded-prefix': '/llm/' });
    expect(scriptOf(await prefixed.text())).toMatch(/^\/llm\/console\/assets\//);
    expect(prefixed.headers.get('vary')).toMatch(/x-forwarded-prefix/i);
    for (const hostile of ['//evil.example', '/x"><script>', 'https://evil.example', '/..//x', `/${'a'.repeat(300)}`]) {
      const answer = await page('/playground', { 'x-forwarded-prefix': hostile });
      expect(scriptOf(await answer.text())).toMatch(/^\/console\/assets\//);
    }
  });
});

describe('with BASE_PATH', () => {
  let below: Gateway;
  beforeAll(async () => {
    below = await startGateway({ env: { BASE_PATH: '/llm' } });
  });
  afterAll(() => below.close());

  test('everything is served with the path and without it, websockets too', async () => {
    for (const path of ['/llm/playground', '/playground']) {
      const script = scriptOf(await (await page(path, {}, below)).text());
      expect(script).toMatch(/^\/llm\/console\/assets\//);
      expect((await fetch(below.url + script)).status).toBe(200);
    }
    for (const path of ['/llm/v1/models', '/v1/models', '/llm/v1/models?x=1']) {
      expect([path, (await below.call('GET', path)).status]).toEqual([path, 200]);
    }
    expect((await fetch(`${below.url}/llmx/v1/models`)).status).toBe(404);
    const socket = new WebSocket(`${below.url.replace('http', 'ws')}/llm/trpc?connectionParams=1`);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    socket.send(JSON.stringify({ method: 'connectionParams', data: { apiKey: bearer } }));
    socket.send(JSON.stringify({ id: 1, method: 'query', params: { path: 'models.info' } }));
    const answer = await new Promise((resolve) => socket.once('message', (data) => resolve(String(data))));
    expect(answer).toContain('"name":"duplex"');
    socket.close();
  });
});

test('where the console was not built, / is the page of text and the rest says what to do', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'no-console-'));
  const bare = await startGateway({ consoleDir: empty });
  expect(await (await page('/', {}, bare)).text()).toContain('/v1/chat/completions');
  const refused = await page('/playground', {}, bare);
  expect(refused.status).toBe(404);
  expect(await refused.text()).toContain('npm run build');
  await bare.close();
  rmSync(empty, { recursive: true });
});
