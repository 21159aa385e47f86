import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenedPage, openPage } from '../support/open-browser.ts';
import { hasFirefox, openFirefox } from '../support/open-firefox.ts';
import { bearer } from '../support/start-gateway.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { callTools, say, think } from '../support/upstream/scripts/answers.ts';

const paths = [
  '',
  '/compare',
  '/keys',
  '/usage',
  '/requests',
  '/models',
  '/models/file',
  '/wallets',
  '/audit',
  '/errors',
];

/** By the keyboard: what Playwright fills in does not reach the page in this Firefox. */
async function type(field: Locator, text: string): Promise<void> {
  await field.click();
  await field.page().keyboard.type(text);
  await field.page().keyboard.press('Enter');
}

describe.runIf(hasFirefox)('the console in Firefox', () => {
  let gateway: ScriptedGateway;
  let browser: Browser;
  beforeAll(async () => {
    [gateway, browser] = await Promise.all([
      startScripted({ aliases: ['scripted', 'other'], fields: 'reasoning: true, price: { input: 1, output: 10 }' }),
      openFirefox(),
    ]);
  });
  afterAll(async () => {
    await browser.close();
    await gateway.close();
  });

  test('signs in, streams an answer with reasoning, and shows it again after a reload', async () => {
    gateway.upstream.reply(
      think('They ask for a list.', 'Two things:\n\n- **one**\n- `two`\n\n```js\nconst a = 1;\n```\n'),
    );
    const { page, complaints, foreign } = await openPage(browser, { url: gateway.url, key: null });
    await page.goto(gateway.url);
    await type(page.getByLabel('Bearer or key'), bearer);
    await page.getByRole('link', { name: 'scripted', exact: true }).click();
    await type(page.getByRole('textbox', { name: 'Message' }), 'A list?');
    const answer = page.getByRole('article', { name: 'Answer' });
    await answer.locator('strong', { hasText: 'one' }).waitFor();
    await answer.getByText('up/test-model').waitFor();
    await page.waitForURL(/playground\/conv_/);
    await page.reload();
    await answer.locator('code', { hasText: 'const a = 1;' }).waitFor();
    expect(complaints).toEqual([]);
    expect(foreign).toEqual([]);
    await page.context().close();
  });

  test('sends a file, answers a tool call by hand, and compares', async () => {
    const { page, complaints } = await openPage(browser, { url: gateway.url });
    await page.goto(`${gateway.url}/playground?model=scripted`);
    const dot = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    await page.setInputFiles('input[type=file]', {
      name: 'dot.png',
      mimeType: 'image/png',
      buffer: Buffer.from(dot, 'base64'),
    });
    await page.getByText('dot.png').waitFor();
    await page.getByRole('button', { name: 'Edit tools' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'get_weather' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Apply' }).click();
    gateway.upstream.reply(callTools([{ name: 'get_weather', arguments: { city: 'Rome' } }]), say('Sunny.'));
    await type(page.getByRole('textbox', { name: 'Message' }), 'And the weather?');
    await page.getByRole('button', { name: 'Send result' }).click();
    await page.getByRole('article', { name: 'Answer' }).getByText('Sunny.').waitFor();
    expect(JSON.stringify(gateway.upstream.chats.at(-2)?.json)).toContain('data:image/png;base64,');
    await page.goto(`${gateway.url}/console/compare`);
    await type(page.getByRole('textbox', { name: 'Message' }), 'Hi');
    for (const lane of await page.locator('.lane').all()) await lane.getByText('Hello from upstream.').waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  describe('on one page after the other', () => {
    let opened: OpenedPage;
    beforeAll(async () => {
      opened = await openPage(browser, { url: gateway.url });
    });
    afterAll(() => opened.page.context().close());

    test.each([...paths.map((path) => `/console${path}`), '/docs', '/docs/quickstart', '/openapi'])(
      'shows %s without a complaint, and as wide as the window',
      async (path) => {
        const { page, complaints } = opened;
        complaints.length = 0;
        await page.goto(gateway.url + path);
        await page.locator('main :is(table, pre, .lane, textarea, .empty, h2)').first().waitFor();
        for (const width of [360, 1440]) {
          await page.setViewportSize({ width, height: 900 });
          expect([
            width,
            await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
          ]).toEqual([width, 0]);
        }
        expect(complaints).toEqual([]);
      },
    );
  });
});
