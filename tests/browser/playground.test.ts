import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser, type OpenedPage, openBrowser, openPage } from '../support/open-browser.ts';
import { bearer, startGateway } from '../support/start-gateway.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { callTools, say, think } from '../support/upstream/scripts/answers.ts';
import { refuse } from '../support/upstream/scripts/refusals.ts';

const MODEL = 'scripted';

describe.runIf(hasBrowser)('a gateway in demo mode', () => {
  test('lets a newcomer on its own machine talk to TinyChat without a key, and says who may do more', async () => {
    const [gateway, browser] = await Promise.all([startGateway(), openBrowser()]);
    const { page, complaints } = await openPage(browser, { url: gateway.url, key: null });
    await page.goto(gateway.url);
    await page.getByRole('button', { name: 'Try the demo' }).click();
    await page.waitForURL(`${gateway.url}/playground`);
    expect(await page.evaluate('JSON.stringify(localStorage)')).not.toContain('sk-demo');
    await page.getByRole('link', { name: 'tinychat', exact: true }).click();
    await page.getByRole('button', { name: 'Who are you?' }).click();
    await page.getByRole('article', { name: 'Answer' }).getByText('TinyChat').first().waitFor();
    await page.goto(`${gateway.url}/console/keys`);
    await page.getByText('You are in the demo').waitFor();
    await page.getByRole('main').getByRole('button', { name: 'Sign in' }).click();
    await page.getByLabel('Bearer or key').fill(bearer);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Create key' }).waitFor();
    expect(complaints).toEqual([]);
    await browser.close();
    await gateway.close();
  });
});

describe.runIf(hasBrowser)('the playground', () => {
  let gateway: ScriptedGateway;
  let browser: Browser;
  let opened: OpenedPage;
  beforeAll(async () => {
    [gateway, browser] = await Promise.all([
      startScripted({ aliases: [MODEL, 'other'], fields: 'reasoning: true' }),
      openBrowser(),
    ]);
  });
  afterEach(() => opened.page.context().close());
  afterAll(async () => {
    await browser.close();
    await gateway.close();
  });

  async function openModel(surface?: string): Promise<Page> {
    opened = await openPage(browser, { url: gateway.url });
    const { page } = opened;
    await page.goto(`${gateway.url}/playground`);
    await page.getByRole('link', { name: MODEL, exact: true }).click();
    if (surface) await page.getByRole('button', { name: surface }).click();
    return page;
  }
  /** Drops a picture of one colour on the list of conversations, and says which of the two events the page took. */
  const dropPicture = (page: Page, { name, width, height }: { name: string; width: number; height: number }) =>
    page.evaluate(`(async () => {
      const canvas = new OffscreenCanvas(${width}, ${height});
      canvas.getContext('2d').fillRect(0, 0, ${width}, ${height});
      const type = 'image/${name.split('.').at(-1)}';
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([await canvas.convertToBlob({ type })], '${name}', { type }));
      const list = document.querySelector('aside');
      const drag = (event) => new DragEvent(event, { dataTransfer, bubbles: true, cancelable: true });
      return ['dragover', 'drop'].map((event) => !list.dispatchEvent(drag(event)));
    })()`);
  const ask = async (page: Page, text: string) => {
    await page.getByRole('textbox', { name: 'Message' }).fill(text);
    await page.keyboard.press('Enter');
  };
  const answers = (page: Page) => page.getByRole('article', { name: 'Answer' });
  const metrics = (page: Page) => page.locator('.metrics').last();

  test('lets in with a key, keeps it in the tab alone, and says what is wrong with another', async () => {
    opened = await openPage(browser, { url: gateway.url, key: null });
    const { page } = opened;
    await page.goto(gateway.url);
    await page.getByLabel('Bearer or key').fill('sk-wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('invalid_authorization').waitFor();
    await page.getByLabel('Bearer or key').fill(bearer);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Pick a model to talk to' }).waitFor();
    await page.waitForURL(`${gateway.url}/playground`);
    expect(await page.evaluate('JSON.stringify(localStorage)')).not.toContain(bearer);
    await page.reload();
    await page.getByRole('heading', { name: 'Pick a model to talk to' }).waitFor();
    await page.getByTitle('Administrator').click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByLabel('Bearer or key').waitFor();
    await expect.poll(() => page.evaluate('JSON.stringify(sessionStorage)')).not.toContain(bearer);
  });

  test('streams an answer with its reasoning, marks it up, and tells what it took; /c1 remembers it', async () => {
    gateway.upstream.reply(think('Let me see.', 'It is **bold**:\n\n```js\nconst a = 1;\n```\n'));
    const page = await openModel();
    await ask(page, 'What is it?');
    await answers(page).locator('strong', { hasText: 'bold' }).waitFor();
    await expect.poll(() => answers(page).locator('details').getAttribute('open')).toBeNull();
    await page.getByText('up/test-model', { exact: true }).waitFor();
    await expect.poll(() => metrics(page).innerText()).toMatch(/tokens.*in\).*first token/s);
    await page.waitForURL(/\/playground\/conv_/);
    await page.reload();
    await answers(page).locator('strong', { hasText: 'bold' }).waitFor();
    expect(opened.complaints).toEqual([]);
    expect(opened.foreign).toEqual([]);
  });

  test.each([
    ['/v1 chat', '/chat/completions'],
    ['responses', '/v1/responses'],
    ['messages', '/v1/messages'],
  ])('talks by %s, and the snippet says so', async (surface, path) => {
    gateway.upstream.reply(say('Said by another way.'));
    const page = await openModel(surface);
    await page.getByRole('region', { name: 'The request as curl' }).getByText(path).waitFor();
    await ask(page, 'Hi');
    await answers(page).getByText('Said by another way.').waitFor();
    await page.getByText('up/test-model', { exact: true }).waitFor();
    expect(opened.complaints).toEqual([]);
  });

  test('shows the request as it changes, and takes it back as JSON', async () => {
    const page = await openModel('/v1 chat');
    const curl = page.getByRole('region', { name: 'The request as curl' });
    await page.getByRole('spinbutton', { name: 'Temperature' }).fill('0.4');
    await page.getByRole('textbox', { name: 'Message' }).fill('How are you?');
    await curl.getByText('"How are you?"').waitFor();
    await expect.poll(() => curl.locator('.lit').innerText()).toContain('0.4');
    expect(await curl.innerText()).not.toContain(bearer);
    await page.getByRole('tab', { name: 'Python' }).click();
    await page.getByText('temperature=0.4').waitFor();
    await page.getByRole('tab', { name: 'JSON' }).click();
    const editor = page.getByRole('textbox', { name: 'The request as JSON' });
    await editor.fill((await editor.inputValue()).replace('0.4', '0.9').replace('How are you?', 'And you?'));
    await expect.poll(() => page.getByRole('spinbutton', { name: 'Temperature' }).inputValue()).toBe('0.9');
    await expect.poll(() => page.getByRole('textbox', { name: 'Message' }).inputValue()).toBe('And you?');
    await editor.fill('{');
    await page.getByRole('alert').getByText('not JSON').waitFor();
  });

  test('stops an answer, at the upstream too, and keeps what came', async () => {
    gateway.upstream.reply(say(['One ', 'two ', 'three'], { cut: { tokens: 2, how: 'hang' } }));
    const page = await openModel();
    await ask(page, 'Count');
    await answers(page).getByText('One two').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('You stopped this answer').waitFor();
    await gateway.upstream.waitFor(({ open }) => open === 0, 'the upstream is left');
    await expect.poll(() => answers(page).innerText()).toContain('One two');
  });

  test('asks for another answer and goes back to the first', async () => {
    gateway.upstream.reply(say('The first.'), say('The second.'));
    const page = await openModel('/v1 chat');
    await ask(page, 'Say something');
    await answers(page).getByText('The first.').waitFor();
    await page.getByRole('button', { name: 'Answer again' }).click();
    await answers(page).getByText('The second.').waitFor();
    await page.getByText('2 / 2').waitFor();
    await page.getByRole('button', { name: 'Previous answer' }).click();
    await answers(page).getByText('The first.').waitFor();
  });

  test('takes the call of a tool to a person, and sends what they answer', async () => {
    gateway.upstream.reply(callTools([{ name: 'get_weather', arguments: { city: 'Hanoi' } }]), say('It is warm.'));
    const page = await openModel();
    await page.getByRole('button', { name: 'Edit tools' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'get_weather' }).click();
    await dialog.getByRole('button', { name: 'Apply' }).click();
    await ask(page, 'How is the weather?');
    await page.getByRole('textbox', { name: 'Answer for get_weather' }).fill('{"celsius": 31}');
    await page.getByRole('button', { name: 'Send result' }).click();
    await answers(page).getByText('It is warm.').waitFor();
    const { json } = gateway.upstream.chats.at(-1) ?? {};
    expect(JSON.stringify(json)).toContain('celsius');
  });

  test('shows a refusal of the gateway with its code, and marks the control that it names', async () => {
    const page = await openModel('/v1 chat');
    await page.getByRole('spinbutton', { name: 'Nucleus' }).fill('7');
    await ask(page, 'Hi');
    const alert = page.getByRole('alert');
    await alert.getByText('invalid_field').waitFor();
    const nucleus = page.getByRole('spinbutton', { name: 'Nucleus' });
    await expect.poll(() => nucleus.getAttribute('aria-invalid')).toBe('true');
  });

  test('shows a failure of the upstream under the question', async () => {
    gateway.upstream.reply(refuse('server-error'));
    const page = await openModel();
    await ask(page, 'Hi');
    await page
      .getByRole('alert')
      .getByText(/upstream/)
      .first()
      .waitFor();
  });

  test('takes pictures by file, and sends them inline', async () => {
    gateway.upstream.reply(say('A dot.'));
    const page = await openModel();
    const dot = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    );
    await page.setInputFiles('input[type=file]', { name: 'dot.png', mimeType: 'image/png', buffer: dot });
    await page.getByText('dot.png').waitFor();
    await ask(page, 'What is this?');
    await answers(page).getByText('A dot.').waitFor();
    expect(JSON.stringify(gateway.upstream.chats.at(-1)?.json)).toContain('data:image/png;base64,');
  });

  test('takes a picture that is dropped anywhere on the page, and stays on the page', async () => {
    gateway.upstream.reply(say('A square.'));
    const page = await openModel();
    await page.getByRole('textbox', { name: 'Message' }).waitFor();
    const url = page.url();
    // A browser opens a file whose drop nobody has taken.
    expect(await dropPicture(page, { name: 'square.png', width: 8, height: 8 })).toEqual([true, true]);
    await page.getByText('square.png').waitFor();
    await ask(page, 'What is this?');
    await answers(page).getByText('A square.').waitFor();
    expect(JSON.stringify(gateway.upstream.chats.at(-1)?.json)).toContain('data:image/png;base64,');
    expect(page.url()).not.toBe(url);
  });

  test.each(['png', 'jpeg', 'webp'])(
    'makes a large picture smaller, says so, and can send the original: %s',
    async (type) => {
      const page = await openModel();
      await page.getByRole('textbox', { name: 'Message' }).waitFor();
      const name = `wide.${type}`;
      await dropPicture(page, { name, width: 4_000, height: 3_000 });
      await page.getByText(`${name} was made smaller, from 4000 × 3000 to 2048 × 1536 pixels.`).waitFor();
      const sent = () =>
        JSON.stringify(gateway.upstream.chats.at(-1)?.json)
          .match(/data:image[^"]*/g)
          ?.at(-1) ?? '';
      const sizeOf = (url: string) =>
        page.evaluate(`(async () => {
        const image = new Image();
        image.src = ${JSON.stringify(url)};
        await image.decode();
        return [image.naturalWidth, image.naturalHeight];
      })()`);
      gateway.upstream.reply(say('A small one.'), say('The original.'));
      await ask(page, 'What is this?');
      await answers(page).getByText('A small one.').waitFor();
      expect(sent()).toContain(`data:image/${type};base64,`);
      expect(await sizeOf(sent())).toEqual([2048, 1536]);
      await dropPicture(page, { name, width: 4_000, height: 3_000 });
      await page.getByRole('button', { name: 'Send the original' }).click();
      await page.getByText('was made smaller').waitFor({ state: 'detached' });
      await ask(page, 'And this?');
      await answers(page).getByText('The original.').waitFor();
      expect(await sizeOf(sent())).toEqual([4000, 3000]);
    },
  );

  test('is used by keys alone: stops, edits the last question at its end, shows the other branch, copies the request', async () => {
    gateway.upstream.reply(say(['One ', 'two'], { cut: { tokens: 1, how: 'hang' } }), say('The second.'));
    const page = await openModel();
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const focused = 'document.activeElement.getAttribute("aria-label")';
    await expect.poll(() => page.evaluate(focused)).toBe('Message');
    await page.keyboard.type('Count');
    await page.keyboard.press('Enter');
    await answers(page).getByText('One').waitFor();
    await page.getByRole('region', { name: 'Messages' }).focus();
    await page.keyboard.press('Escape');
    await page.getByText('You stopped this answer').waitFor();
    const message = page.getByRole('textbox', { name: 'Message' });
    await message.focus();
    await page.keyboard.press('ArrowUp');
    const edited = page.getByRole('textbox', { name: 'Edit', exact: true });
    await expect.poll(() => edited.evaluate('document.activeElement.selectionStart')).toBe('Count'.length);
    await page.keyboard.type(' on');
    await page.keyboard.press('Control+Enter');
    await answers(page).getByText('The second.').waitFor();
    await page.getByText('Count on').first().waitFor();
    await expect.poll(() => page.evaluate('document.activeElement.tagName')).toBe('TEXTAREA');
    await page.getByText('2 / 2').waitFor();
    await page.keyboard.press('Alt+ArrowLeft');
    await answers(page).getByText('One').waitFor();
    await page.keyboard.press('Control+Shift+C');
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toContain(`curl -N ${gateway.url}/c1/chat`);
  });

  test('leaves the caret of the JSON editor where somebody types', async () => {
    const page = await openModel('/v1 chat');
    await page.getByRole('tab', { name: 'JSON' }).click();
    const editor = page.getByRole('textbox', { name: 'The request as JSON' });
    await page.getByRole('textbox', { name: 'Message' }).fill('Hello');
    await expect.poll(() => editor.inputValue()).toContain('Hello');
    await editor.focus();
    await page.evaluate('document.activeElement.setSelectionRange(1, 1)');
    await page.keyboard.type(' "top_p": 0.5, ');
    const beforeCaret = 'document.activeElement.value.slice(0, document.activeElement.selectionStart)';
    expect(await page.evaluate(beforeCaret)).toBe('{ "top_p": 0.5, ');
    await expect.poll(() => page.getByRole('spinbutton', { name: 'Nucleus' }).inputValue()).toBe('0.5');
    await page.getByRole('spinbutton', { name: 'Nucleus' }).fill('0.25');
    await expect.poll(() => editor.inputValue()).toContain('"top_p": 0.25');
  });

  test('searches, renames and deletes the conversations that /c1 keeps', async () => {
    gateway.upstream.reply(say('Zanzibar is an island.'));
    const page = await openModel();
    await ask(page, 'Where is Zanzibar?');
    await answers(page).getByText('Zanzibar is an island.').waitFor();
    const list = page.getByRole('complementary', { name: 'Conversations' });
    await list.getByRole('searchbox').fill('Zanzibar');
    // The conversations of the tests before stand in the list until the search is answered.
    const found = list.getByRole('button', { name: /^More for/ });
    await expect.poll(() => found.count()).toBe(1);
    await found.click();
    await page.getByRole('menuitem', { name: 'Rename' }).click();
    await page.getByLabel('Title').fill('Islands');
    await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click();
    await list.getByText('Islands').waitFor();
    await list.getByRole('button', { name: 'More for Islands' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await list.getByText('No conversation has these words.').waitFor();
    await page.waitForURL(/\/playground$/);
  });
});
