import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasBrowser, openBrowser } from '../support/open-browser.ts';
import { bearer, root } from '../support/start-gateway.ts';
import { startProxy } from '../support/start-proxy.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { gated, say } from '../support/upstream/scripts/answers.ts';

const bundle = (entry: string, format: 'esm' | 'iife') =>
  build({
    entryPoints: [join(root, 'clients/typescript/src', entry)],
    bundle: true,
    minify: true,
    platform: 'browser',
    target: 'es2022',
    format,
    globalName: 'duplex',
    metafile: true,
    write: false,
  });

const readme = readFileSync(join(root, 'clients/typescript/README.md'), 'utf8');

describe.each([
  ['@duplex/client', 'index.ts'],
  ['@duplex/client/ai-sdk', 'ai-sdk/chat-transport.ts'],
])('the bundle of %s for browsers', (name, entry) => {
  it('holds nothing of the server, of zod or of Node, and is as small as the README says', async () => {
    const { outputFiles, metafile } = await bundle(entry, 'esm');
    const [output] = outputFiles;
    const foreign = Object.keys(metafile.inputs).filter(
      (path) => !/^(clients\/typescript\/src|node_modules\/@trpc\/(client|server)\/dist)\//.test(path),
    );
    expect(foreign).toEqual([]);
    expect(output?.text).not.toMatch(/\brequire\(|from\s*["']node:|\bzod\b|fastify/i);
    const [, said] = new RegExp(`\\| \`${name}\` +\\| ([\\d.]+) KB`).exec(readme) ?? [];
    // Versions of zlib differ by a few bytes.
    expect(Math.abs(gzipSync(output?.contents ?? '').length / 1024 - Number(said))).toBeLessThan(0.2);
  });
});

describe.runIf(hasBrowser)('in Chromium, on a page of another origin', () => {
  let scripted: ScriptedGateway;
  let site: Server;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    scripted = await startScripted();
    const script = (await bundle('index.ts', 'iife')).outputFiles[0]?.text;
    site = createServer((request, response) => {
      const isScript = request.url === '/client.js';
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
      response.end(isScript ? script : '<!doctype html><script src="/client.js"></script>');
    }).listen(0, '127.0.0.1');
    await once(site, 'listening');
    browser = await openBrowser();
    page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`);
    await page.evaluate(`gateway = duplex.createGateway(${JSON.stringify({ baseUrl: scripted.url, apiKey: bearer })})`);
  });

  afterAll(async () => {
    await browser.close();
    site.close();
    await scripted.close();
  });

  it('calls, and streams over the own WebSocket', async () => {
    expect(await page.evaluate('gateway.models.list.query().then(({ data }) => data.map(({ id }) => id))')).toEqual([
      'scripted',
    ]);
    scripted.upstream.reply(say('Grüße 👋🏽 from upstream.'));
    const text = await page.evaluate(`(async () => {
      let text = '';
      for await (const chunk of gateway.streamTurn({ model: 'scripted', message: 'Hi' })) {
        text += chunk.choices[0]?.delta.content ?? '';
      }
      return text;
    })()`);
    expect(text).toBe('Grüße 👋🏽 from upstream.');
  });

  it('gets typed errors over both', async () => {
    const failing = (call: string) =>
      page.evaluate(`(async () => {
        try { ${call} } catch (error) {
          return [duplex.isGatewayError(error), error.code, error.param, error.status];
        }
      })()`);
    expect(await failing("await gateway.conversations.get.query({ conversation_id: 'x' })")).toEqual([
      true,
      'conversation_not_found',
      'conversation_id',
      404,
    ]);
    expect(await failing("await gateway.streamChat({ model: 'nobody', messages: [] }).next()")).toEqual([
      true,
      'invalid_field',
      'messages',
      400,
    ]);
  });

  it('goes on with a turn on a connection that no longer works, when the network is back', async () => {
    const proxy = await startProxy(scripted.url);
    const { script, gate } = gated('One two three');
    scripted.upstream.reply(script);
    gate.release(1);
    const first = await page.evaluate(`(async () => {
      proxied = duplex.createGateway(${JSON.stringify({ baseUrl: proxy.url, apiKey: bearer })});
      turn = proxied.streamTurn({ model: 'scripted', message: 'Count.' });
      for (;;) {
        const { value } = await turn.next();
        if (value.choices[0]?.delta.content) return value.choices[0].delta.content;
      }
    })()`);
    expect(first).toBe('One');
    // Neither side is told, as when a phone leaves its wireless network.
    proxy.freeze();
    gate.open();
    const rest = await page.evaluate(`(async () => {
      window.dispatchEvent(new Event('online'));
      let text = '';
      for await (const chunk of turn) text += chunk.choices[0]?.delta.content ?? '';
      await proxied.close();
      return text;
    })()`);
    expect(rest).toBe(' two three');
    await proxy.close();
  });

  it('stops the upstream when the page is left', async () => {
    const { script, gate } = gated('One two three');
    scripted.upstream.reply(script);
    gate.release();
    await page.evaluate(
      "gateway.streamChat({ model: 'scripted', messages: [{ role: 'user', content: 'Hi' }] }).next().then(() => true)",
    );
    const request = scripted.upstream.chats.at(-1);
    await page.goto('about:blank');
    await request?.aborted;
    expect(request?.closedEarly).toBe(true);
  });
});
