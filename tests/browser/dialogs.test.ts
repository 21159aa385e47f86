import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findAxeFaults } from '../support/find-axe-faults.ts';
import { hasBrowser, openBrowser, openPage } from '../support/open-browser.ts';
import { type AccountsGateway, startAccounts } from '../support/start-accounts.ts';
import { say } from '../support/upstream/scripts/answers.ts';

interface Opened {
  readonly path: string;
  /** What opens it, or opens the menu that it is in. */
  readonly trigger: string;
  /** Its place in the menu, from 1; absent: the button opens it. */
  readonly item?: number;
}

const dialogs: readonly (readonly [string, Opened])[] = [
  ['the one that creates a key', { path: '/console/keys', trigger: 'Create key' }],
  ['the one that edits a key', { path: '/console/keys', trigger: 'More for laptop', item: 2 }],
  ['the one for a new secret', { path: '/console/keys', trigger: 'More for laptop', item: 3 }],
  ['the one that revokes a key', { path: '/console/keys', trigger: 'More for laptop', item: 4 }],
  ['the one that credits a wallet', { path: '/console/wallets', trigger: 'Credit' }],
  ['the one that tests a backend', { path: '/console/models', trigger: 'Test up/cheap-model' }],
  ['the one that renames a conversation', { path: '/playground', trigger: 'More for Hello', item: 1 }],
  ['the one that deletes a conversation', { path: '/playground', trigger: 'More for Hello', item: 3 }],
];

const isInside = (page: Page) => page.evaluate('document.activeElement?.closest("[role=dialog]") !== null');

const nameOfFocus = (page: Page) =>
  page.evaluate('document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent?.trim()');

describe.runIf(hasBrowser)('by the keyboard alone, a dialog', () => {
  let gateway: AccountsGateway;
  let browser: Browser;
  beforeAll(async () => {
    [gateway, browser] = await Promise.all([startAccounts(), openBrowser()]);
    await gateway.createKey({ name: 'laptop', owner: 'ada', credit_usd: 5 });
    gateway.upstream.reply(say('Hi.'));
    await gateway.call('POST', '/c1/chat', { model: 'free', message: 'Hello' });
  });
  afterAll(async () => {
    await browser.close();
    await gateway.close();
  });

  test.each(dialogs)(
    '%s opens, holds the focus, has no serious fault in either theme, and gives the focus back',
    async (_, { path, trigger: name, item }) => {
      const { page, complaints } = await openPage(browser, { url: gateway.url });
      await page.goto(gateway.url + path);
      const trigger = page.getByRole('button', { name, exact: true }).first();
      await trigger.focus();
      await page.keyboard.press('Enter');
      if (item !== undefined) {
        const menuItem = page.getByRole('menuitem').nth(item - 1);
        await menuItem.waitFor();
        await menuItem.focus();
        await page.keyboard.press('Enter');
      }
      const dialog = page.getByRole('dialog');
      await dialog.waitFor();
      await expect.poll(() => isInside(page)).toBe(true);
      if ((await dialog.getByRole('textbox').count()) > 0) {
        // Its first field, so that one can type at once.
        const tag = 'document.activeElement.tagName';
        await expect.poll(() => page.evaluate(tag)).toMatch(/INPUT|TEXTAREA|SELECT/);
      }
      for (let tab = 0; tab < 12; tab += 1) {
        await page.keyboard.press(tab % 3 === 2 ? 'Shift+Tab' : 'Tab');
        await expect.poll(() => isInside(page)).toBe(true);
      }
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        expect(await findAxeFaults(page)).toEqual([]);
      }
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await expect.poll(() => nameOfFocus(page)).toBe(name);
      expect(complaints).toEqual([]);
      await page.context().close();
    },
  );
});
