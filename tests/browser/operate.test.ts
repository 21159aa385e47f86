import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser, openBrowser, openPage } from '../support/open-browser.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { callTools, say } from '../support/upstream/scripts/answers.ts';

describe.runIf(hasBrowser)('who operates the gateway', () => {
  let gateway: ScriptedGateway;
  let browser: Browser;
  beforeAll(async () => {
    [gateway, browser] = await Promise.all([
      startScripted({ fields: 'price: { input: 1, output: 10 }', env: { WATCH_MODELS: 'off' } }),
      openBrowser(),
    ]);
  });
  afterAll(async () => {
    await browser.close();
    await gateway.close();
  });

  test('tests a backend after reading what it costs, and sees what was found', async () => {
    const { page, complaints } = await openPage(browser, { url: gateway.url });
    await page.goto(`${gateway.url}/console/models`);
    const before = gateway.upstream.chats.length;
    await page.getByRole('button', { name: 'Test up/test-model' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('$0.00532').waitFor();
    expect(gateway.upstream.chats.length).toBe(before);
    gateway.upstream.reply(say('one two three'), callTools([{ name: 'get_weather', arguments: { city: 'Rome' } }]));
    await dialog.getByRole('button', { name: 'Test', exact: true }).click();
    await dialog.getByText('It streams.').waitFor();
    await dialog.getByText('It calls tools.').waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('edits the models file: sees faults at their lines, the difference, and the new model at once', async () => {
    const { page, complaints } = await openPage(browser, { url: gateway.url });
    await page.goto(`${gateway.url}/console/models/file`);
    const editor = page.getByRole('textbox', { name: 'models.yaml' });
    await editor.waitFor();
    const text = await editor.inputValue();
    const added = '  # Ours.\n  - { alias: second, backends: [{ provider: up, model: m2 }] }\n';
    await editor.fill(`${text}${added.replace('up', 'nobody')}`);
    await page.getByText('no provider "nobody"').waitFor();
    await editor.fill(`${text}${added.replace('provider:', 'providr:')}`);
    await page.getByText('Did you mean "provider"?').waitFor();
    await editor.fill(`${text}${added.replace('up', 'nobody')}`);
    await page.getByText('no provider "nobody"').waitFor();
    const save = page.getByRole('button', { name: 'Save and reload' });
    expect(await save.getAttribute('aria-disabled')).toBe('true');
    const line = text.split('\n').length + 1;
    await page.getByRole('button', { name: `Line ${line}` }).click();
    expect(
      await page.evaluate(
        'getSelection().toString() || document.activeElement.value.slice(document.activeElement.selectionStart, document.activeElement.selectionEnd)',
      ),
    ).toContain('nobody');
    await editor.fill(`${text}${added}`);
    await page.getByRole('complementary', { name: 'Changes' }).getByText('second').waitFor();
    await page.getByRole('region', { name: 'Difference from the file' }).getByText('# Ours.').waitFor();
    await save.click();
    await page.getByText('The file is saved and in effect.').waitFor();
    expect(readFileSync(join(gateway.dataDir, 'models.yaml'), 'utf8')).toBe(`${text}${added}`);
    await page.getByRole('link', { name: 'Models & backends' }).first().click();
    await page
      .getByRole('row', { name: /up\/m2/ })
      .first()
      .waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('gives a key the web origins whose pages may use it, and takes them away again', async () => {
    const { page, complaints } = await openPage(browser, { url: gateway.url });
    await page.goto(`${gateway.url}/console/keys`);
    await page.getByRole('button', { name: 'Create key' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Name' }).fill('front end');
    const origins = dialog.getByRole('textbox', { name: 'Allowed web origins' });
    const create = dialog.getByRole('button', { name: 'Create key' });
    await origins.fill('chat.example.com');
    await create.click();
    await dialog.getByText('Give an origin as browsers write it').first().waitFor();
    expect(await origins.getAttribute('aria-invalid')).toBe('true');
    await origins.fill('https://chat.example.com, http://localhost:5173');
    await create.click();
    await page.getByText('It is shown once.').waitFor();
    await page.keyboard.press('Escape');

    const saved = async () => {
      const { items } = await (await gateway.call('GET', '/api/keys')).json();
      return items.find(({ name }: { name: string }) => name === 'front end')?.cors_origins;
    };
    expect(await saved()).toEqual(['https://chat.example.com', 'http://localhost:5173']);
    await page.getByRole('button', { name: 'More for front end' }).click();
    await page.getByRole('menuitem', { name: 'Edit' }).click();
    expect(await origins.inputValue()).toBe('https://chat.example.com, http://localhost:5173');
    await origins.fill('');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await expect.poll(saved).toBe(null);
    expect(complaints.filter((text) => !text.includes('400'))).toEqual([]);
    await page.context().close();
  });
});
