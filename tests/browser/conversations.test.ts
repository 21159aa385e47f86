import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser, openBrowser, openPage } from '../support/open-browser.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { gated, say } from '../support/upstream/scripts/answers.ts';
import { refuse } from '../support/upstream/scripts/refusals.ts';

const MODEL = 'scripted';

describe.runIf(hasBrowser)('a conversation that the gateway keeps', () => {
  let gateway: ScriptedGateway;
  let browser: Browser;
  let pages: Page[] = [];
  beforeAll(async () => {
    [gateway, browser] = await Promise.all([startScripted({ aliases: [MODEL] }), openBrowser()]);
  });
  afterEach(async () => {
    await Promise.all(pages.map((page) => page.context().close()));
    pages = [];
  });
  afterAll(async () => {
    await browser.close();
    await gateway.close();
  });

  async function open(path = '/playground'): Promise<Page> {
    const { page } = await openPage(browser, { url: gateway.url });
    pages.push(page);
    await page.goto(gateway.url + path);
    if (path === '/playground') await page.getByRole('link', { name: MODEL, exact: true }).click();
    return page;
  }
  const ask = async (page: Page, text: string) => {
    await page.getByRole('textbox', { name: 'Message' }).fill(text);
    await page.keyboard.press('Enter');
  };
  const answers = (page: Page) => page.getByRole('article', { name: 'Answer' });
  const questions = (page: Page) => page.getByRole('article', { name: 'You' });
  const idle = (page: Page) => page.getByRole('button', { name: 'Send' }).waitFor();
  const pathOf = (page: Page) => new URL(page.url()).pathname;

  test('is streamed on after a reload, and in another tab, without asking the upstream again', async () => {
    const { script, gate } = gated(['One ', 'two ', 'three ', 'four.']);
    gateway.upstream.reply(script);
    const asked = gateway.upstream.chats.length;
    const page = await open();
    await ask(page, 'Count');
    gate.release(2);
    await answers(page).getByText('One two').waitFor();
    await page.waitForURL(/\/playground\/conv_/);
    await page.reload();
    await answers(page).getByText('One two').waitFor();
    const other = await open(pathOf(page));
    await answers(other).getByText('One two').waitFor();
    gate.release();
    for (const one of [page, other]) await answers(one).getByText('One two three').waitFor();
    gate.open();
    for (const one of [page, other]) {
      await answers(one).getByText('One two three four.').waitFor();
      await idle(one);
    }
    await expect.poll(() => answers(other).count()).toBe(1);
    expect(gateway.upstream.chats.length).toBe(asked + 1);
  });

  test('goes on while the reader looks at another page of the console', async () => {
    const { script, gate } = gated(['Still ', 'here.']);
    gateway.upstream.reply(script);
    const page = await open();
    await ask(page, 'Are you there?');
    gate.release();
    await answers(page).getByText('Still').waitFor();
    await page.waitForURL(/\/playground\/conv_/);
    const marked = page.getByRole('link', { name: /Are you there\?.*Answering/ });
    await marked.waitFor();
    await page.getByRole('link', { name: 'Errors' }).click();
    await page.getByRole('heading', { name: 'Errors' }).first().waitFor();
    gate.open();
    await page.goBack();
    await answers(page).getByText('Still here.').waitFor();
    await page.getByRole('link', { name: /Are you there/ }).waitFor();
    await marked.waitFor({ state: 'detached' });
  });

  test('is stopped from a tab that did not ask', async () => {
    const { script, gate } = gated(['Never ', 'ends.']);
    gateway.upstream.reply(script);
    const page = await open();
    await ask(page, 'Go');
    gate.release();
    await answers(page).getByText('Never').waitFor();
    await page.waitForURL(/\/playground\/conv_/);
    const other = await open(pathOf(page));
    await other.getByRole('button', { name: 'Stop' }).click();
    for (const one of [page, other]) await one.getByText('You stopped this answer').waitFor();
    await gateway.upstream.waitFor(({ open }) => open === 0, 'the upstream is left');
    await expect.poll(() => answers(page).innerText()).toContain('Never');
  });

  test('is stopped before its first token, when it is new: the upstream is left, and the next question is answered', async () => {
    const { script, gate } = gated(['Too ', 'late.'], { gateFrom: 'headers' });
    gateway.upstream.reply(script, say('In time.'));
    const page = await open();
    await ask(page, 'Slow?');
    await gate.reached();
    await page.getByRole('button', { name: 'Stop' }).click();
    await gateway.upstream.waitFor(({ open: left }) => left === 0, 'the upstream is left');
    await page.getByText('You stopped this answer').waitFor();
    await idle(page);
    await ask(page, 'Fast?');
    await answers(page).getByText('In time.').waitFor();
    await page.waitForURL(/\/playground\/conv_/);
  });

  test('is stopped before the first token of its second answer, and is not busy then', async () => {
    const { script, gate } = gated(['Too ', 'late.'], { gateFrom: 'headers' });
    gateway.upstream.reply(say('First.'), script, say('Third.'));
    const page = await open();
    await ask(page, 'One');
    await answers(page).getByText('First.').waitFor();
    await idle(page);
    await ask(page, 'Two');
    await gate.reached();
    await page.getByRole('button', { name: 'Stop' }).click();
    await gateway.upstream.waitFor(({ open: left }) => left === 0, 'the upstream is left');
    await idle(page);
    await ask(page, 'Three');
    await answers(page).getByText('Third.').waitFor();
  });

  test('shows what another tab said in it meanwhile', async () => {
    gateway.upstream.reply(say('First.'), say('Second.'));
    const page = await open();
    await ask(page, 'One');
    await answers(page).getByText('First.').waitFor();
    await page.waitForURL(/\/playground\/conv_/);
    await idle(page);
    const other = await open(pathOf(page));
    await answers(other).getByText('First.').waitFor();
    await ask(other, 'Two');
    await answers(page).getByText('Second.').waitFor();
    await expect.poll(() => questions(page).count()).toBe(2);
  });

  test('answers once more beside the first answer, and the switch leads back, also after a reload', async () => {
    gateway.upstream.reply(say('The first.'), say('The second.'), say('After the first.'));
    const page = await open();
    await ask(page, 'Say something');
    await answers(page).getByText('The first.').waitFor();
    await idle(page);
    await page.getByRole('button', { name: 'Answer again' }).click();
    await answers(page).getByText('The second.').waitFor();
    await page.getByText('2 / 2').waitFor();
    await page.getByRole('button', { name: 'Previous answer' }).click();
    await answers(page).getByText('The first.').waitFor();
    await page.getByText('1 / 2').waitFor();
    await ask(page, 'And then?');
    await answers(page).getByText('After the first.').waitFor();
    const sent: unknown = gateway.upstream.chats.at(-1)?.json;
    expect(JSON.stringify(sent)).toContain('The first.');
    expect(JSON.stringify(sent)).not.toContain('The second.');
    await idle(page);
    await page.getByRole('button', { name: 'Next answer' }).click();
    await answers(page).getByText('The second.').waitFor();
    await page.reload();
    await page.getByText('2 / 2').waitFor();
    await page.getByRole('button', { name: 'Previous answer' }).click();
    // The whole branch comes back, and not its first answer alone.
    await answers(page).getByText('After the first.').waitFor();
  });

  test('asks another question in the place of one, and keeps the first as a branch', async () => {
    gateway.upstream.reply(say('About cats.'), say('About dogs.'));
    const page = await open();
    await ask(page, 'Cats?');
    await answers(page).getByText('About cats.').waitFor();
    await idle(page);
    await page.getByRole('textbox', { name: 'Message' }).press('ArrowUp');
    const editor = page.getByRole('textbox', { name: 'Edit' });
    await expect.poll(() => editor.inputValue()).toBe('Cats?');
    await editor.fill('Dogs?');
    await editor.press('Control+Enter');
    await answers(page).getByText('About dogs.').waitFor();
    await idle(page);
    expect(JSON.stringify(gateway.upstream.chats.at(-1)?.json)).not.toContain('Cats?');
    await page.getByRole('button', { name: 'Previous question' }).click();
    await answers(page).getByText('About cats.').waitFor();
    await expect.poll(() => questions(page).innerText()).toContain('Cats?');
  });

  test('keeps the error of a turn that failed on the page, and answers its question at the next try', async () => {
    gateway.upstream.reply(refuse('server-error'), say('Better now.'));
    const page = await open();
    await ask(page, 'Hello?');
    await page.getByRole('alert').first().waitFor();
    await idle(page);
    await page.getByRole('button', { name: 'Answer again' }).click();
    await answers(page).getByText('Better now.').waitFor();
    await idle(page);
    await page.reload();
    await answers(page).getByText('Better now.').waitFor();
    await expect.poll(() => questions(page).count()).toBe(1);
  });

  test('opens at its end when it is long, and has only the messages around the reader in the page', async () => {
    const messages = Array.from({ length: 10_000 }, (_, at) => ({
      role: at % 2 === 0 ? 'user' : 'assistant',
      content: `Message ${at}.`,
    }));
    const report = await gateway.call('POST', '/c1/conversations/import', JSON.stringify({ messages }));
    expect(await report.json()).toMatchObject({ imported: 1, messages: 10_000 });
    const { items } = await (await gateway.call('GET', '/c1/conversations?limit=100')).json();
    const long = items.find(({ message_count }: { message_count: number }) => message_count === 10_000);
    const page = await open(`/playground/${long.id}`);
    await answers(page).getByText('Message 9999.').waitFor();
    const shown = async () => (await page.getByRole('article').allInnerTexts()).map((text) => Number(/\d+/.exec(text)));
    expect((await shown()).length).toBeLessThan(100);

    // Earlier messages come before those that the reader sees, which stay where they are.
    const scroll = (by: number) => page.evaluate(`document.querySelector('.turns').scrollBy(0, ${by})`);
    const inView = async () => Number(await page.evaluate(numberInView));
    let lowest = 10_000;
    await expect
      .poll(async () => {
        await scroll(-900);
        const numbers = await shown();
        expect(numbers.length).toBeLessThanOrEqual(120);
        expect(numbers).toEqual(numbers.map((_, at) => (numbers[0] ?? 0) + at));
        const seen = await inView();
        expect(seen).toBeLessThanOrEqual(lowest);
        // A jump would show that messages came where the reader was.
        expect(lowest - seen).toBeLessThan(40);
        lowest = seen;
        return seen;
      })
      .toBeLessThan(9_600);
    expect(await page.getByText('Message 9999.').count()).toBe(0);
    await scroll(900);
    await expect.poll(inView).toBeGreaterThan(lowest);

    await page.getByRole('button', { name: 'Newest' }).click();
    await answers(page).getByText('Message 9999.').waitFor();
    await page.getByRole('button', { name: 'Newest' }).waitFor({ state: 'detached' });
    // Imported messages name no model, so the page takes the first one.
    gateway.upstream.reply(say('The newest.'));
    await ask(page, 'And now?');
    await answers(page).getByText('The newest.').waitFor();
    await idle(page);
    expect((await shown()).length).toBeLessThan(120);
  });
});

/** The number of the first message in the window. */
const numberInView = `(() => {
  const top = document.querySelector('.turns').getBoundingClientRect().top;
  const first = [...document.querySelectorAll('.turns article')].find((one) => one.getBoundingClientRect().bottom > top);
  return Number(/\\d+/.exec(first.innerText)[0]);
})()`;
