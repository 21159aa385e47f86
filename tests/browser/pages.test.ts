import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findAxeFaults } from '../support/find-axe-faults.ts';
import { hasBrowser, openBrowser, openPage } from '../support/open-browser.ts';
import { png } from '../support/pictures.ts';
import { type AccountsGateway, ask, CHAT, startAccounts } from '../support/start-accounts.ts';

const paths = [
  '',
  '/keys',
  '/usage',
  '/requests',
  '/models',
  '/wallets',
  '/conversations',
  '/audit',
  '/errors',
  '/compare',
].map((path) => `/console${path}`);

describe.runIf(hasBrowser)('the pages of the console', () => {
  let gateway: AccountsGateway;
  let browser: Browser;
  beforeAll(async () => {
    [gateway, browser] = await Promise.all([startAccounts({ ADMIN_READS_CONVERSATIONS: 'on' }), openBrowser()]);
    const key = await gateway.createKey({ name: 'laptop', owner: 'ada', credit_usd: 5, monthly_budget_usd: 50 });
    for (const model of ['cheap', 'dear', 'dear']) await gateway.as(key)('POST', CHAT, ask(model));
  });
  afterAll(async () => {
    await browser.close();
    await gateway.close();
  });

  describe.each(['light', 'dark'] as const)('in the %s', (colorScheme) => {
    test.each(['/playground', ...paths])('%s has no fault that axe calls serious, and fits a phone', async (path) => {
      const opened = await openPage(browser, { url: gateway.url, context: { colorScheme } });
      const { page, complaints, foreign } = opened;
      await page.goto(gateway.url + path);
      await page.locator('h1').first().waitFor();
      await page.waitForLoadState('networkidle');
      expect(await findAxeFaults(page)).toEqual([]);
      for (const width of [360, 768, 1920]) {
        await page.setViewportSize({ width, height: 900 });
        expect([width, await page.evaluate('document.documentElement.scrollWidth - innerWidth')]).toEqual([width, 0]);
      }
      expect(complaints).toEqual([]);
      expect(foreign).toEqual([]);
      await page.context().close();
    });
  });

  test('a key is made, shown once, renewed, and revoked by its name', async () => {
    const { page } = await openPage(browser, { url: gateway.url });
    await page.goto(`${gateway.url}/console/keys`);
    await page.getByRole('button', { name: 'Create key' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('ci');
    await dialog.getByLabel('Requests a minute').fill('7');
    await dialog.getByRole('button', { name: 'cheap', exact: true }).click();
    await dialog.getByRole('button', { name: 'Create key' }).click();
    const secret = await dialog.locator('[data-secret]').innerText();
    expect(secret).toMatch(/^sk-[A-Za-z0-9]{48}$/);
    expect((await gateway.as({ key: secret })('GET', '/v1/models')).status).toBe(200);
    await dialog.getByRole('button', { name: 'I have copied it' }).click();
    expect(await page.content()).not.toContain(secret);
    const row = page.getByRole('row', { name: /ci / });
    expect(await row.innerText()).toContain('7 req/min');

    await page.getByRole('button', { name: 'More for ci' }).click();
    await page.getByRole('menuitem', { name: 'New secret' }).click();
    await dialog.getByRole('button', { name: 'New secret' }).click();
    const renewed = await dialog.locator('[data-secret]').innerText();
    await dialog.getByRole('button', { name: 'I have copied it' }).click();
    expect((await gateway.as({ key: secret })('GET', '/v1/models')).status).toBe(401);

    await page.getByRole('button', { name: 'More for ci' }).click();
    await page.getByRole('menuitem', { name: 'Revoke' }).click();
    await dialog.getByLabel('Type ci to confirm').fill('ci');
    await dialog.getByRole('button', { name: 'Revoke' }).click();
    await row.getByText('Revoked').waitFor();
    expect((await gateway.as({ key: renewed })('GET', '/v1/models')).status).toBe(401);
    await page.context().close();
  });

  test('the usage of a page adds up to that of the gateway, by model and by key', async () => {
    const from = new Date(Date.now() - 30 * 86_400_000).toISOString().slice(0, 10);
    const { total } = await (await gateway.call('GET', `/api/usage?from=${from}`)).json();
    const { page } = await openPage(browser, { url: gateway.url });
    await page.goto(`${gateway.url}/console/usage`);
    for (const by of ['Model', 'Key']) {
      // The table of times has a button of this name as well, as soon as it is loaded.
      await page.getByRole('button', { name: by, exact: true }).first().click();
      const table = page.getByRole('table', { name: `Usage by ${by}` });
      const shown = async () => {
        const rows = await table.locator('tbody tr').allInnerTexts();
        const costs = rows.map((row) => Number(row.split('\t').at(-1)?.replace('$', '')));
        return costs.reduce((sum, cost) => sum + cost, 0);
      };
      await expect.poll(shown).toBeCloseTo(total.cost_usd, 6);
      await table.locator('tfoot').getByText(String(total.requests), { exact: true }).first().waitFor();
    }
    await page.getByText('laptop').first().waitFor();
    const chart = page.getByRole('slider', { name: 'By day and Key' });
    const sum = await page.getByRole('table', { name: 'Usage by Key' }).locator('tfoot td').last().innerText();
    expect(await chart.getAttribute('aria-valuetext')).toBe(`Total: ${sum}`);
    await chart.focus();
    await page.keyboard.press('End');
    // All requests of this test were sent today.
    await expect.poll(() => chart.getAttribute('aria-valuetext')).not.toContain('Total');
    expect(await chart.getAttribute('aria-valuetext')).toContain(sum);
    await page.getByRole('slider', { name: 'Failed requests' }).getByText('No request failed.').waitFor();
    await page.getByRole('slider', { name: 'Time to first token' }).waitFor();
    const times = page.getByRole('table', { name: 'Times by Key' });
    await times.getByText('laptop').waitFor();
    await expect.poll(() => times.locator('tbody').innerText()).toMatch(/laptop\s+3\s.*ms/);
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'CSV' }).click();
    expect((await download).suggestedFilename()).toMatch(/^usage-.*\.csv$/);
    await page.context().close();
  });

  test('the sums of the live list of requests follow the requests that come, and a day alone has a dot in its chart', async () => {
    const { page } = await openPage(browser, { url: gateway.url });
    await page.goto(`${gateway.url}/console/requests?model=free`);
    await page.getByText('0 requests, 0 failed').waitFor();
    const key = await gateway.createKey({ name: 'late', owner: 'ada' });
    await gateway.as(key)('POST', CHAT, ask('free', { stream: true }));
    await page.getByText('1 request, 0 failed').waitFor();
    await page.getByRole('row', { name: /late/ }).waitFor();
    await page.goto(`${gateway.url}/console/keys`);
    await page.getByRole('button', { name: 'More for laptop' }).click();
    await page.getByRole('menuitem', { name: 'Its requests' }).click();
    await page.getByText('3 requests, 0 failed').waitFor();
    expect(await page.getByRole('row', { name: /late/ }).count()).toBe(0);
    await page.goto(`${gateway.url}/console/usage`);
    const dots = page.getByRole('slider', { name: 'Time to first token' }).locator('circle');
    // Its median and its 95th percentile. All requests were sent today, so there is no line.
    await expect.poll(() => dots.count()).toBe(2);
    await page.context().close();
  });

  test('a wallet is credited with a reason, and its ledger and the audit tell', async () => {
    const { page } = await openPage(browser, { url: gateway.url });
    await page.goto(`${gateway.url}/console/wallets`);
    await page.getByRole('row', { name: /ada/ }).getByRole('button', { name: 'Credit' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Amount in USD').fill('2.5');
    await dialog.getByLabel('Reason').fill('A gift');
    await dialog.getByRole('button', { name: 'Credit' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'ada' }).click();
    await page.getByRole('table', { name: 'Ledger of ada' }).getByText('A gift').waitFor();
    await page.getByRole('link', { name: 'Audit' }).click();
    await page.getByText('wallets.top_up').first().waitFor();
    await page.context().close();
  });

  test('the administrator reads the conversations of an owner and of its end users, and the audit tells', async () => {
    const reader = await gateway.createKey({ name: 'phone', owner: 'carl' });
    const talk = (message: string, rest: object = {}) =>
      gateway.as(reader)('POST', '/c1/chat', { model: 'free', message, ...rest });
    await talk('A question of Carl');
    await talk('A question of Zoe', { user_id: 'zoe' });
    const { page, complaints } = await openPage(browser, { url: gateway.url });
    await page.goto(`${gateway.url}/console`);
    await page.getByRole('link', { name: 'Conversations' }).click();
    await page.getByLabel('Owner').selectOption('carl');
    await page.getByRole('button', { name: 'A question of Carl' }).click();
    const messages = page.getByRole('region', { name: 'Messages' });
    await messages.getByText('Hello from upstream.').waitFor();
    expect(await messages.getByRole('button').count()).toBe(0);
    await page.getByLabel('End user').selectOption('zoe');
    await page.getByRole('button', { name: 'A question of Zoe' }).click();
    await messages.getByRole('article', { name: 'Question' }).getByText('A question of Zoe').waitFor();
    expect(await page.getByRole('textbox').count()).toBe(0);
    expect(await findAxeFaults(page)).toEqual([]);
    await page.setViewportSize({ width: 360, height: 800 });
    await page.getByRole('button', { name: 'Back to the list' }).click();
    await page.getByRole('button', { name: 'A question of Zoe' }).waitFor();
    await page.goto(`${gateway.url}/console/audit`);
    await page
      .getByRole('row', { name: /conversations\.read/ })
      .first()
      .waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('the API page puts this address and the model that is clicked into every snippet', async () => {
    const { page } = await openPage(browser, { url: gateway.url });
    await page.goto(`${gateway.url}/console`);
    await page
      .getByText('Reachable')
      .or(page.getByText('Up', { exact: true }))
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'dear', exact: true }).click();
    const chat = page.locator('#chat pre');
    expect(await chat.innerText()).toContain('"model": "dear"');
    expect(await chat.innerText()).toContain(`${gateway.url}/v1/chat/completions`);
    for (const id of ['streaming', 'embeddings', 'images']) {
      expect(await page.locator(`#${id} pre`).innerText()).toContain(gateway.url);
    }
    await page.getByRole('button', { name: 'Codex' }).click();
    expect(await page.locator('#tools').innerText()).toContain(`base_url = "${gateway.url}/v1"`);
    await page.getByText('insufficient_balance').first().waitFor();
    await page.context().close();
  });

  test('requests are found by what the address says', async () => {
    const { page } = await openPage(browser, { url: gateway.url });
    await page.goto(`${gateway.url}/console/requests?model=dear`);
    await page.getByRole('row', { name: /dear/ }).first().waitFor();
    expect(await page.getByRole('row', { name: /cheap/ }).count()).toBe(0);
    await page.getByRole('row', { name: /dear/ }).first().getByRole('button').click();
    const detail = page.getByRole('complementary', { name: 'One request' });
    await detail.getByText('v1.chat').waitFor();
    await detail.getByText('× $10 / M').waitFor();
    await detail.getByText('× $30 / M').waitFor();
    await detail.getByRole('row', { name: 'The request itself $0.001' }).waitFor();
    expect(page.url()).toContain('open=');
    await page.context().close();
  });

  test('the columns of the list are those that the reader chose, also after a reload', async () => {
    const { page } = await openPage(browser, { url: gateway.url });
    await page.goto(`${gateway.url}/console/requests?model=dear`);
    const heads = page.getByRole('table', { name: 'Requests, newest first' }).getByRole('columnheader');
    await heads.first().waitFor();
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'Operation' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'Cost' }).click();
    await page.keyboard.press('Escape');
    const chosen = ['Time', 'Outcome', 'Model and backend', 'Operation', 'Tries', 'Key', 'Tokens', 'Took'];
    await expect.poll(() => heads.allInnerTexts()).toEqual(chosen);
    await page.reload();
    await expect.poll(() => heads.allInnerTexts()).toEqual(chosen);
    const kept = await page.evaluate('JSON.stringify({ ...localStorage })');
    expect(kept).not.toMatch(/dear|laptop|sk-/);
    await page.context().close();
  });

  test('a picture goes to all models of a comparison, where each of them takes one', async () => {
    const { page } = await openPage(browser, { url: gateway.url });
    await page.goto(`${gateway.url}/console/compare?model=painter`);
    const picks = page.locator('.lane').getByRole('combobox', { name: 'Model' });
    await expect.poll(() => picks.count()).toBeGreaterThanOrEqual(2);
    await page.getByTitle('Not every model here takes files of this kind.').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('Not every model here takes files of this kind.').waitFor();
    for (const pick of await picks.all()) await pick.selectOption('painter');
    await page.setInputFiles('input[type=file]', {
      name: 'dot.png',
      mimeType: 'image/png',
      buffer: Buffer.from(png, 'base64'),
    });
    await page.getByText('dot.png').waitFor();
    const before = gateway.upstream.chats.length;
    await page.getByRole('textbox', { name: 'Message' }).fill('What is this?');
    await page.keyboard.press('Enter');
    const lanes = page.locator('.lane');
    for (const lane of await lanes.all()) await lane.getByText('Hello from upstream.').waitFor();
    const asked = gateway.upstream.chats.slice(before);
    expect(asked).toHaveLength(await lanes.count());
    for (const { json } of asked) expect(JSON.stringify(json)).toContain(png);
    await page.context().close();
  });

  test('two models answer one question side by side', async () => {
    const { page } = await openPage(browser, { url: gateway.url });
    await page.goto(`${gateway.url}/console/compare`);
    await page.getByRole('textbox', { name: 'Message' }).fill('Hi');
    await page.keyboard.press('Enter');
    const lanes = page.locator('.lane');
    expect(await lanes.count()).toBeGreaterThanOrEqual(2);
    for (const lane of await lanes.all()) await lane.getByText('Hello from upstream.').waitFor();
    await page.context().close();
  });

  test('a key sees its own limits and balance, and nothing of others', async () => {
    const made = await gateway.createKey({ name: 'tablet', owner: 'bob', credit_usd: 3 });
    const { page } = await openPage(browser, { url: gateway.url, key: made.key });
    await page.goto(`${gateway.url}/console/keys`);
    await page.getByText('$3.00').waitFor();
    const text = await page.locator('body').innerText();
    expect(text).not.toContain('laptop');
    for (const name of ['Audit', 'Conversations']) expect(await page.getByRole('link', { name }).count()).toBe(0);
    await page.context().close();
  });

  test.each([
    ['de-DE', 'Schlüssel erstellen'],
    ['vi-VN', 'Tạo khoá'],
  ])('speaks the language of the browser, %s', async (locale, text) => {
    const { page } = await openPage(browser, { url: gateway.url, context: { locale } });
    await page.goto(`${gateway.url}/console/keys`);
    await page.getByRole('button', { name: text }).waitFor();
    await page.context().close();
  });

  test('the first load is at most 200 KB, compressed', async () => {
    const { page } = await openPage(browser, { url: gateway.url });
    const bodies: Promise<Buffer>[] = [];
    page.on('response', (response) => {
      if (/\.(js|css)$/.test(response.url())) bodies.push(response.body());
    });
    await page.goto(`${gateway.url}/playground`);
    await page.getByRole('heading', { name: 'Pick a model to talk to' }).waitFor();
    await page.waitForLoadState('networkidle');
    const sizes = (await Promise.all(bodies)).map((body) => gzipSync(body, { level: 9 }).length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(200_000);
    await page.context().close();
  });
});
