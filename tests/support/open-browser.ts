import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { bearer } from './start-gateway.ts';

// The headless shell is the same browser without the windows around its pages, and needs half of the processor time.
const executablePath = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome']
  .map((name) => `/usr/bin/${name}`)
  .find(existsSync);
if (!executablePath) console.info('Skipped: no Chromium was found for the tests that need a browser.');

/** False: tests with a browser are skipped. */
export const hasBrowser = executablePath !== undefined;

export interface OpenedPage {
  readonly page: Page;
  /** What the page complained of: errors of scripts, of the content security policy, and of loading. */
  readonly complaints: string[];
  /** What it asked another host for. */
  readonly foreign: string[];
}

export async function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: executablePath ?? '',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
}

interface PageOptions {
  readonly url: string;
  /** Signed in with this; null: not at all. Default: the administrator's bearer. */
  readonly key?: string | null;
  readonly context?: BrowserContextOptions;
}

/** A page of its own, with storage of its own, that is signed in. */
export async function openPage(browser: Browser, { url, key = bearer, context }: PageOptions): Promise<OpenedPage> {
  const opened = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-US', ...context });
  // As with everything that is waited for: a busy machine must not fail a test.
  opened.setDefaultTimeout(300_000);
  const page = await opened.newPage();
  const complaints: string[] = [];
  const foreign: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    const asked = request.url();
    if (!asked.startsWith(url) && !/^(?:data|blob):/.test(asked)) foreign.push(asked);
  });
  if (key !== null) {
    // The empty page that a browser begins with has no storage.
    const isOurs = "location.protocol === 'http:'";
    await page.addInitScript(`${isOurs} && sessionStorage.setItem('duplex-key', ${JSON.stringify(key)})`);
  }
  return { page, complaints, foreign };
}
