import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findAxeFaults } from '../support/find-axe-faults.ts';
import { hasBrowser, openBrowser, openPage } from '../support/open-browser.ts';
import { bearer } from '../support/start-gateway.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';

describe.runIf(hasBrowser)('the documentation in a browser', () => {
  let gateway: ScriptedGateway;
  let browser: Browser;
  beforeAll(async () => {
    [gateway, browser] = await Promise.all([startScripted({ aliases: ['scripted', 'other'] }), openBrowser()]);
  });
  afterAll(async () => {
    await browser.close();
    await gateway.close();
  });
  const title = (page: Page) => page.locator('.doc-title');

  test('needs no key, leads from page to page, and is searched', async () => {
    const { page, complaints, foreign } = await openPage(browser, { url: gateway.url, key: null });
    await page.goto(`${gateway.url}/docs`);
    await title(page).getByText('Duplex documentation').waitFor();
    await page
      .getByRole('navigation', { name: 'Documentation' })
      .getByRole('link', { name: 'Chat', exact: true })
      .click();
    await page.waitForURL(`${gateway.url}/docs/chat`);
    await title(page).getByText('Chat', { exact: true }).waitFor();
    await page.getByRole('searchbox', { name: 'Search the docs' }).fill('resume runs');
    await page.getByRole('region', { name: 'Results' }).getByRole('link').first().click();
    await page.waitForURL(/\/docs\/(?!chat$)/);
    await page.goBack();
    await title(page).getByText('Chat', { exact: true }).waitFor();
    expect(complaints).toEqual([]);
    expect(foreign).toEqual([]);
    await page.context().close();
  });

  test('its samples have this address, and on request the key and the model of the reader, who copies them', async () => {
    const context = { permissions: ['clipboard-read', 'clipboard-write'] };
    const { page } = await openPage(browser, { url: gateway.url, context });
    await page.goto(`${gateway.url}/docs/quickstart`);
    const sample = page.locator('figure.code', { hasText: '/v1/chat/completions' }).first();
    await sample.waitFor();
    await expect.poll(() => sample.innerText()).toContain(`${gateway.url}/v1/chat/completions`);
    expect(await page.locator('.article').innerText()).not.toContain('127.0.0.1:3000/v1');
    expect(await page.locator('.article').innerText()).not.toContain(bearer);
    await page.getByLabel('Use my key').check();
    await page.getByRole('combobox', { name: 'Model in the samples' }).selectOption('other');
    await sample.getByText(bearer).waitFor();
    await expect.poll(() => sample.innerText()).toMatch(/"model":\s*"other"/);
    await sample.getByRole('button', { name: 'Copy the code' }).click();
    await expect.poll(() => page.evaluate('navigator.clipboard.readText()')).toContain(bearer);
    await page.context().close();
  });

  test('no page scrolls a phone sideways', { timeout: 180_000 }, async () => {
    const { items }: { items: { name: string; title: string }[] } = await (
      await fetch(`${gateway.url}/api/docs`)
    ).json();
    const { page } = await openPage(browser, {
      url: gateway.url,
      context: { viewport: { width: 360, height: 800 } },
      key: null,
    });
    const wide: unknown[] = [];
    await page.goto(`${gateway.url}/docs`);
    for (const { name, title: heading } of items) {
      await page.evaluate(`history.pushState(null, '', '/docs/${name}')`);
      await expect.poll(() => page.title()).toBe(`${heading} · Duplex`);
      await title(page).waitFor();
      const over = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      if (over !== 0) wide.push([name, over]);
    }
    expect(wide).toEqual([]);
    await page.context().close();
  });

  test('the reference lists every operation, and each can be tried with the key of the reader', async () => {
    const { page, complaints } = await openPage(browser, { url: gateway.url });
    await page.goto(`${gateway.url}/openapi`);
    const operations = page.locator('.ref-op');
    await operations.first().waitFor();
    const { paths } = await (await fetch(`${gateway.url}/openapi.json`)).json();
    const count = Object.values<object>(paths).flatMap((methods) => Object.keys(methods)).length;
    await expect.poll(() => operations.count()).toBe(count);
    await page.getByRole('searchbox', { name: 'Search operations' }).fill('get /v1/models list');
    // The list is filtered only after the words were typed: until then another operation is the first one.
    await expect.poll(() => operations.count()).toBeLessThan(count);
    const models = operations.filter({ hasText: '/v1/models' }).first();
    await models.locator('summary').first().click();
    await models.getByRole('button', { name: 'Send' }).click();
    await models.getByRole('region', { name: 'Response', exact: true }).getByText('"scripted"').first().waitFor();
    await page.getByRole('searchbox', { name: 'Search operations' }).fill('post /v1/chat/completions');
    const chat = operations.filter({ hasText: '/v1/chat/completions' }).first();
    await chat.locator('summary').first().click();
    await chat.getByRole('button', { name: 'messages' }).first().waitFor();
    await chat
      .getByRole('textbox', { name: 'Body' })
      .fill('{"model":"scripted","messages":[{"role":"user","content":"Hi"}]}');
    await chat.getByRole('button', { name: 'Send' }).click();
    await chat.getByRole('region', { name: 'Response', exact: true }).getByText('chat.completion').waitFor();
    for (const width of [360, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      expect([width, await page.evaluate('document.documentElement.scrollWidth - innerWidth')]).toEqual([width, 0]);
    }
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test.each(['light', 'dark'] as const)('has no fault that axe calls serious, in the %s', async (colorScheme) => {
    for (const [path, key] of [
      ['/docs', null],
      ['/docs/chat', bearer],
      ['/openapi', bearer],
    ] as const) {
      const { page } = await openPage(browser, { url: gateway.url, key, context: { colorScheme } });
      await page.goto(gateway.url + path);
      await page.locator('.article > *').nth(2).waitFor();
      if (path === '/openapi') await page.locator('.ref-op summary').first().click();
      await page.waitForLoadState('networkidle');
      // The page in the dark is the same but for its colours.
      const onlyColors = colorScheme === 'dark';
      expect([path, await findAxeFaults(page, { onlyColors })]).toEqual([path, []]);
      for (const width of [360, 768, 1920]) {
        await page.setViewportSize({ width, height: 900 });
        await expect
          .poll(async () => [width, await page.evaluate('document.documentElement.scrollWidth - innerWidth')])
          .toEqual([width, 0]);
      }
      await page.context().close();
    }
  });
});
