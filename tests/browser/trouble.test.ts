import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findAxeFaults } from '../support/find-axe-faults.ts';
import { hasBrowser, openBrowser, openPage } from '../support/open-browser.ts';
import { type AccountsGateway, startAccounts } from '../support/start-accounts.ts';
import { type CuttingProxy, startProxy } from '../support/start-proxy.ts';
import { refuse } from '../support/upstream/scripts/refusals.ts';

describe.runIf(hasBrowser)('when something is wrong, the console', () => {
  let gateway: AccountsGateway;
  let proxy: CuttingProxy;
  let browser: Browser;
  beforeAll(async () => {
    [gateway, browser] = await Promise.all([startAccounts(), openBrowser()]);
    proxy = await startProxy(gateway.url);
  });
  afterAll(async () => {
    await browser.close();
    await proxy.close();
    await gateway.close();
  });

  test('says that the gateway cannot be reached, keeps what it shows, and goes on when it is back', async () => {
    const { page } = await openPage(browser, { url: proxy.url });
    await page.goto(`${proxy.url}/console/models`);
    await page
      .getByRole('row', { name: /cheap-model/ })
      .first()
      .waitFor();
    proxy.connections = 'refuse';
    proxy.cut();
    const strip = page.getByText('The gateway cannot be reached.');
    await strip.waitFor();
    expect(await page.getByRole('row', { name: /cheap-model/ }).count()).toBeGreaterThan(0);
    expect(await findAxeFaults(page)).toEqual([]);
    proxy.connections = 'pass';
    await page.getByRole('button', { name: 'Try now' }).click();
    await strip.waitFor({ state: 'detached' });
    await page.context().close();
  });

  test('says why it asks for a key again when the key was revoked, and leads back to the page', async () => {
    const made = await gateway.createKey({ name: 'lost', owner: 'eve' });
    const { page } = await openPage(browser, { url: gateway.url, key: null });
    await page.goto(`${gateway.url}/console/keys`);
    await page.getByLabel('Bearer or key').fill(made.key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Your key' }).waitFor();
    expect((await gateway.call('DELETE', `/api/keys/${made.id}`)).status).toBe(200);
    await page.getByText('The gateway does not accept this key any more.').waitFor();
    const other = await gateway.createKey({ name: 'found', owner: 'eve' });
    await page.getByLabel('Bearer or key').fill(other.key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Your key' }).waitFor();
    await page.context().close();
  });

  test('shows the errors of a question with what they mean: no money, and an upstream that fails', async () => {
    const made = await gateway.createKey({ name: 'poor', owner: 'fay' });
    const { page } = await openPage(browser, { url: gateway.url, key: made.key });
    await page.goto(`${gateway.url}/playground?model=dear`);
    await page.getByRole('textbox', { name: 'Message' }).fill('Hi');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByRole('link', { name: 'insufficient_balance' }).waitFor();
    await page.goto(`${gateway.url}/playground?model=free`);
    gateway.upstream.reply(refuse('server-error'));
    await page.getByRole('textbox', { name: 'Message' }).fill('Hi');
    await page.keyboard.press('Enter');
    await page
      .getByRole('alert')
      .getByRole('link', { name: /^upstream_/ })
      .waitFor();
    expect(await findAxeFaults(page)).toEqual([]);
    await page.context().close();
  });

  test('says that a page cannot be loaded, as after an update of the gateway, and loads it again', async () => {
    const { page } = await openPage(browser, { url: gateway.url });
    const files = '**/console/assets/audit-page-*';
    await page.route(files, (route) => route.abort());
    await page.goto(`${gateway.url}/console/audit`);
    await page.getByRole('alert').getByText('This page could not be shown').waitFor();
    expect(await findAxeFaults(page)).toEqual([]);
    await page.evaluate("history.pushState(null, '', '/console/errors')");
    await page.getByRole('searchbox', { name: 'Search errors' }).waitFor();
    await page.goBack();
    await page.getByRole('alert').getByText('This page could not be shown').waitFor();
    await page.unroute(files);
    await page.getByRole('button', { name: 'Load again' }).click();
    await page.getByText('What administrators changed').waitFor();
    await page.context().close();
  });

  test('says that the conversations of others are not shown, and has no way to them', async () => {
    const { page } = await openPage(browser, { url: gateway.url });
    await page.goto(`${gateway.url}/console/conversations?owner=eve`);
    await page.getByRole('alert').getByRole('link', { name: 'conversations_not_shown' }).waitFor();
    expect(await page.getByRole('link', { name: 'Audit' }).count()).toBe(1);
    expect(await page.getByRole('link', { name: 'Conversations', exact: true }).count()).toBe(0);
    await page.context().close();
  });

  test('counts down to when it may ask again', async () => {
    gateway.upstream.reply(refuse('rate-limited', { 'retry-after': '50' }));
    const { page } = await openPage(browser, { url: gateway.url });
    await page.goto(`${gateway.url}/playground?model=free`);
    await page.getByRole('textbox', { name: 'Message' }).fill('Hi');
    await page.keyboard.press('Enter');
    const counter = page.getByRole('alert').locator('[aria-hidden]', { hasText: 'try again in' });
    const first = await counter.innerText();
    await counter.filter({ hasNotText: first }).waitFor();
    await page.context().close();
  });
});
