import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser, openBrowser, openPage } from '../support/open-browser.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { say, think } from '../support/upstream/scripts/answers.ts';

const attacks = {
  'a script': '<script>window.hit = 1</script>',
  'a handler of events': '<img src=x onerror="window.hit = 1"><body onload="window.hit = 1">',
  'an SVG with a script': '<svg onload="window.hit = 1"><script>window.hit = 1</script></svg>',
  'a frame': '<iframe srcdoc="<script>parent.hit = 1</script>"></iframe>',
  'a form': '<form action="https://evil.example"><button>Sign in</button></form>',
  'a style': '<style>* { display: none }</style>',
  'a link that is a script': '[click](javascript:window.hit=1) [click](data:text/html,<script>window.hit=1</script>)',
  'a link that is a script, in disguise':
    '[click](JaVaScRiPt:window.hit=1) <a href="java\tscript:window.hit=1">click</a>',
  'a remote image': '![pixel](https://evil.example/pixel.png) <img src="https://evil.example/pixel.png">',
  'an SVG as an image': '![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9ImFsZXJ0KDEpIi8+)',
  'a table with markup': '| <img src=x onerror=window.hit=1> |\n|---|\n| <script>window.hit=1</script> |',
  'code with markup': '```html\n<script>window.hit = 1</script>\n```',
  'the name of a language with markup': '```"><img src=x onerror=window.hit=1>\nx\n```',
  'an id of the page': '<div id="root">gone</div><a name="root"></a>',
};

/** What would take a parser of Markdown seconds or minutes, or more of the stack than there is. */
const tangles = {
  'a hundred thousand quotes in each other': `${'>'.repeat(99_000)} x`,
  'lists in lists in lists': `${'- '.repeat(49_000)}x`,
  'quotes that go on lazily': '> a\nb\n'.repeat(15_000),
  'an address that never ends': `${'a.'.repeat(49_000)}@`,
  'emphasis that never closes': 'a_b'.repeat(33_000),
  'strokes that close each other': '~a~~'.repeat(24_000),
  'brackets that never close': '['.repeat(99_000),
  'a table of thirty thousand cells': `|a|b|\n|-|-|\n${'|x|y|\n'.repeat(15_000)}`,
  'headings by the thousand': '# a\n'.repeat(24_000),
  'code that is one name': `\`\`\`typescript\n${'_'.repeat(90_000)}\n\`\`\``,
  'formulas and diagrams': '$$\\frac{1}{2}$$ \\(x\\)\n\n```mermaid\ngraph TD; click A javascript:alert(1)\n```',
};

describe.runIf(hasBrowser)('what a hostile model writes', () => {
  let gateway: ScriptedGateway;
  let browser: Browser;
  beforeAll(async () => {
    [gateway, browser] = await Promise.all([startScripted({ fields: 'reasoning: true' }), openBrowser()]);
  });
  afterAll(async () => {
    await browser.close();
    await gateway.close();
  });

  async function show(text: string, script = say([text, '\n\nThe end.'])) {
    gateway.upstream.reply(script);
    const opened = await openPage(browser, { url: gateway.url });
    const { page } = opened;
    await page.goto(`${gateway.url}/playground`);
    await page.getByRole('link', { name: 'scripted', exact: true }).click();
    await page.getByRole('textbox', { name: 'Message' }).fill('Do your worst.');
    await page.keyboard.press('Enter');
    return opened;
  }

  test('runs nothing, loads nothing, and leads nowhere, whatever it is', async () => {
    const all = Object.values(attacks).join('\n\n');
    const { page, complaints, foreign } = await show(all);
    const answer = page.getByRole('article', { name: 'Answer' });
    await answer.getByText('The end.').waitFor();
    expect(await page.evaluate('window.hit')).toBeUndefined();
    expect(foreign).toEqual([]);
    expect(complaints).toEqual([]);
    const links = await page.evaluate(
      `[...document.querySelectorAll('article a')].map((link) => link.getAttribute('href'))`,
    );
    expect(links).toEqual([]);
    const tags = 'script, iframe, svg script, form, style, object, embed, [onerror], [onload], [style]';
    expect(await answer.locator(tags).count()).toBe(0);
    expect(await answer.locator('.prose img').count()).toBe(0);
    expect(await page.locator('#root').count()).toBe(1);
    expect(await answer.innerText()).toContain('<script>window.hit = 1</script>');
    await page.context().close();
  });

  test.each(Object.entries(tangles))('does not hold the page up with %s', async (_, text) => {
    const { page, complaints } = await show(text);
    const answer = page.getByRole('article', { name: 'Answer' });
    await answer.getByText('The end.').waitFor();
    await page.getByRole('textbox', { name: 'Message' }).fill('Still there?');
    expect(await page.getByRole('alert').count()).toBe(0);
    // Elements cost time as well, wherever they come from.
    expect(await answer.locator('*').count()).toBeLessThan(15_000);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('cannot turn the order of its characters around', async () => {
    const { page } = await show('safe \u202Etxt.exe\u202C and \u2066isolated\u2069');
    const answer = page.getByRole('article', { name: 'Answer' });
    await answer.getByText('U+202E').waitFor();
    expect(await answer.innerText()).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
    await page.context().close();
  });

  test('does not freeze the page with a line of 2 MB', async () => {
    const { page } = await show('', think('x'.repeat(1_000), `${'y'.repeat(2_000_000)} end`));
    await page.getByText('This answer is very long').waitFor();
    await page.getByRole('textbox', { name: 'Message' }).fill('Still there?');
    expect(await page.getByRole('textbox', { name: 'Message' }).inputValue()).toBe('Still there?');
    await page.getByRole('button', { name: 'New chat' }).first().click();
    await page.getByRole('heading', { name: 'Pick a model to talk to' }).waitFor();
    await page.context().close();
  });
});
