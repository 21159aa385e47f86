import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { StartCode } from '../../server/features/access/start-code.ts';
import { hasBrowser, openBrowser, openPage } from '../support/open-browser.ts';
import { bearer } from '../support/start-gateway.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';

const startCode = new StartCode(bearer);

describe.runIf(hasBrowser)('the console by keyboard', () => {
  let gateway: ScriptedGateway;
  let browser: Browser;
  beforeAll(async () => {
    [gateway, browser] = await Promise.all([
      startScripted({ aliases: ['scripted', 'other'], startCode }),
      openBrowser(),
    ]);
  });
  afterAll(async () => {
    await browser.close();
    await gateway.close();
  });

  async function open(path: string): Promise<Page> {
    const { page } = await openPage(browser, { url: gateway.url });
    await page.goto(gateway.url + path);
    // The frame that a page has while it is loaded is another one.
    await page.locator('main:not([aria-busy="true"])').waitFor();
    return page;
  }

  test('Ctrl K goes to pages, models and documentation by their names', async () => {
    const page = await open('/console/errors');
    await page.keyboard.press('Control+k');
    const box = page.getByRole('combobox', { name: 'Go to' });
    await box.fill('walle');
    await page.getByRole('option', { name: 'Wallets' }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/console\/wallets$/);
    await page.keyboard.press('Control+k');
    await box.fill('other');
    await page.getByRole('option', { name: 'other', exact: true }).click();
    await page.getByRole('combobox', { name: 'Model' }).waitFor();
    expect(await page.getByRole('combobox', { name: 'Model' }).inputValue()).toBe('other');
    await page.keyboard.press('Control+k');
    await box.fill('quickstart');
    await page.getByRole('option', { name: 'Quickstart' }).click();
    await page.waitForURL(/\/docs\/quickstart$/);
    await page.context().close();
  });

  test('G and a letter go to a page, unless somebody types or has switched them off', async () => {
    const page = await open('/console/errors');
    await page.keyboard.press('g');
    await page.keyboard.press('u');
    await page.waitForURL(/\/console\/usage$/);
    await page.keyboard.press('g');
    await page.keyboard.press('p');
    await page.waitForURL(/\/playground$/);
    await page.getByRole('searchbox').first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('gu');
    expect(new URL(page.url()).pathname).toBe('/playground');
    await page.keyboard.press('Tab');
    await page.keyboard.press('?');
    await page.getByRole('checkbox', { name: 'Single letters are shortcuts' }).uncheck();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('g');
    await page.keyboard.press('u');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Go to' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/playground');
    await page.context().close();
  });

  test('F6 leaves no menu open, and leads on from where the menu was opened', async () => {
    const page = await open('/console/errors');
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByRole('menuitemradio', { name: 'Deutsch' }).waitFor();
    await page.keyboard.press('F6');
    await page.getByRole('menu').waitFor({ state: 'detached' });
    await expect.poll(() => page.evaluate('document.activeElement.tagName')).toBe('MAIN');
    await page.context().close();
  });

  test('the link that the start printed signs in, and its code is in no address and works once', async () => {
    const { page } = await openPage(browser, { url: gateway.url, key: null });
    await page.goto(`${gateway.url}/playground#start=${startCode.code}`);
    await page.getByRole('heading', { name: 'Pick a model to talk to' }).waitFor();
    expect(page.url()).toBe(`${gateway.url}/playground`);
    const { page: other } = await openPage(browser, { url: gateway.url, key: null });
    await other.goto(`${gateway.url}/playground#start=${startCode.code}`);
    await other.getByRole('alert').getByText('The start link has already been used').waitFor();
    expect(other.url()).toBe(`${gateway.url}/playground`);
    await Promise.all([page.context().close(), other.context().close()]);
  });
});
