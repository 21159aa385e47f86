import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser, openBrowser } from '../support/open-browser.ts';
import { serveFolder } from '../support/serve-folder.ts';
import { bearer, root } from '../support/start-gateway.ts';
import { type GatewayProcess, startProcess } from '../support/start-process.ts';
import { type CuttingProxy, startProxy } from '../support/start-proxy.ts';
import { lastingFolder } from '../support/temp-folder.ts';
import { gated, say } from '../support/upstream/scripts/answers.ts';
import { type ScriptedUpstream, startUpstream } from '../support/upstream/start-upstream.ts';

async function run(command: string, args: string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) {
  try {
    await promisify(execFile)(command, args, options);
  } catch (error) {
    const said = error instanceof Error && 'stdout' in error ? String(error.stdout) : '';
    throw new Error(`${args.join(' ')} failed:\n${said}`, { cause: error });
  }
}

/** What the example installs, besides the client. */
const installed = ['@ai-sdk', '@trpc', '@types', '@vitejs', 'react', 'react-dom', 'typescript', 'vite'];

test('the README of the client shows the example as it is', () => {
  const readme = readFileSync(join(root, 'clients/typescript/README.md'), 'utf8');
  for (const file of ['chat.ts', 'App.tsx']) {
    expect(readme).toContain(readFileSync(join(root, 'clients/examples/vite-chat/src', file), 'utf8'));
  }
});

describe.runIf(hasBrowser)('the example of a Vite project with a chat', () => {
  let folder: string;
  let upstream: ScriptedUpstream;
  let gateway: GatewayProcess;
  let proxy: CuttingProxy;
  let site: Awaited<ReturnType<typeof serveFolder>>;
  let browser: Browser;
  const closers: (() => unknown)[] = [];

  async function startGateway(): Promise<GatewayProcess> {
    const variables = { MODELS_FILE: join(folder, 'models.yaml'), CORS_ORIGINS: site.url, UPSTREAM_RETRIES: '0' };
    const started = await startProcess(folder, { ...variables, UPSTREAM_KEY: 'secret' });
    proxy.target = started.url;
    return started;
  }

  /** As `npm install` and `npm run build` would make it, with the client that the gateway serves. */
  async function buildExample(): Promise<void> {
    const project = join(folder, 'vite-chat');
    cpSync(join(root, 'clients/examples/vite-chat'), project, { recursive: true });
    const modules = join(project, 'node_modules');
    mkdirSync(join(modules, '@duplex/client'), { recursive: true });
    for (const name of installed) symlinkSync(join(root, 'node_modules', name), join(modules, name));
    const packed = await fetch(`${gateway.url}/client.tgz`);
    writeFileSync(join(folder, 'client.tgz'), Buffer.from(await packed.arrayBuffer()));
    const into = join(modules, '@duplex/client');
    await run('tar', ['-xzf', join(folder, 'client.tgz'), '-C', into, '--strip-components=1']);
    const env = { PATH: process.env.PATH, VITE_GATEWAY: proxy.url, VITE_GATEWAY_KEY: bearer };
    const options = { cwd: project, env };
    await run(process.execPath, [join(modules, 'typescript/bin/tsc')], options);
    await run(
      process.execPath,
      [join(modules, 'vite/bin/vite.js'), 'build', '--outDir', join(folder, 'site')],
      options,
    );
  }

  beforeAll(async () => {
    const own = lastingFolder();
    folder = own.path;
    closers.push(own.remove);
    upstream = await startUpstream({ apiKey: 'secret' });
    closers.push(() => upstream.close());
    writeFileSync(
      join(folder, 'models.yaml'),
      `providers:
  up: { kind: openai-compatible, base_url: "${upstream.url}", api_key_env: UPSTREAM_KEY }
models:
  - { alias: llama-4-scout, backends: [{ provider: up, model: test-model }] }
`,
    );
    site = await serveFolder(join(folder, 'site'));
    closers.push(() => site.close());
    proxy = await startProxy('http://127.0.0.1:1');
    closers.push(() => proxy.close());
    gateway = await startGateway();
    closers.push(() => gateway.stop('SIGKILL'));
    await buildExample();
    browser = await openBrowser();
    closers.push(() => browser.close());
  });
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
  });
  afterAll(async () => {
    // What was opened last closes first, also when the rest could not be opened.
    for (const close of closers.reverse()) await close();
  });

  /** A reader with a storage of their own. */
  async function open(): Promise<Page> {
    const page = await (await browser.newContext()).newPage();
    await page.goto(site.url);
    return page;
  }
  const ask = async (page: Page, text: string) => {
    await page.getByRole('textbox', { name: 'Message' }).fill(text);
    await page.keyboard.press('Enter');
  };
  const articles = (page: Page) => page.locator('article').allTextContents();
  const shows = (page: Page, ...texts: string[]) => expect.poll(() => articles(page)).toEqual(texts);

  test('answers, and remembers what was said', async () => {
    const page = await open();
    upstream.reply(say('Hello Ada.'), say('Ada.'));
    await ask(page, 'I am Ada.');
    await shows(page, 'I am Ada.', 'Hello Ada.');
    await ask(page, 'Who am I?');
    await shows(page, 'I am Ada.', 'Hello Ada.', 'Who am I?', 'Ada.');
    await page.reload();
    await shows(page, 'I am Ada.', 'Hello Ada.', 'Who am I?', 'Ada.');
  });

  test('survives a network that is cut in the middle of an answer', async () => {
    const before = upstream.chats.length;
    const page = await open();
    const { script, gate } = gated('One two three');
    upstream.reply(script);
    gate.release(1);
    await ask(page, 'Count.');
    await shows(page, 'Count.', 'One');
    proxy.connections = 'refuse';
    proxy.cut();
    gate.open();
    const opened = proxy.opened;
    await expect.poll(() => proxy.opened).toBeGreaterThan(opened);
    proxy.connections = 'pass';
    await shows(page, 'Count.', 'One two three');
    expect(upstream.chats.length - before).toBe(1);
  });

  test('survives a reload in the middle of an answer, while a second tab watches', async () => {
    const before = upstream.chats.length;
    const page = await open();
    const { script, gate } = gated('One two three four');
    upstream.reply(script);
    gate.release(2);
    await ask(page, 'Count.');
    await shows(page, 'Count.', 'One two');
    const second = await page.context().newPage();
    await second.goto(site.url);
    await shows(second, 'Count.', 'One two');
    await page.reload();
    await shows(page, 'Count.', 'One two');
    gate.release(1);
    for (const tab of [page, second]) await shows(tab, 'Count.', 'One two three');
    gate.open();
    for (const tab of [page, second]) await shows(tab, 'Count.', 'One two three four');
    expect(upstream.chats.length - before).toBe(1);
  });

  test('stops an answer after a reload, too', async () => {
    const page = await open();
    const { script, gate } = gated('One two three');
    upstream.reply(script);
    gate.release(1);
    await ask(page, 'Count.');
    await shows(page, 'Count.', 'One');
    await page.getByRole('button', { name: 'Stop' }).click();
    await upstream.chats.at(-1)?.aborted;
    await page.reload();
    await shows(page, 'Count.', 'One');
    upstream.reply(say('Done.'));
    await ask(page, 'Go on.');
    await shows(page, 'Count.', 'One', 'Go on.', 'Done.');
  });

  test('survives a gateway that is killed in the middle of an answer and started again', async () => {
    const page = await open();
    const { script, gate } = gated('One two three');
    upstream.reply(script);
    gate.release(1);
    await ask(page, 'Count.');
    await shows(page, 'Count.', 'One');
    await gateway.stop('SIGKILL');
    gateway = await startGateway();
    // What the gateway had said is known to it, and so is that the answer is not whole.
    await page.getByRole('alert').waitFor();
    await shows(page, 'Count.', 'One');
    upstream.reply(say('One two three'));
    await page.getByRole('button', { name: 'Try again' }).click();
    await shows(page, 'Count.', 'One two three');
    await page.reload();
    await shows(page, 'Count.', 'One two three');
  });
});
