import { Marked, type Token } from 'marked';
import { expect, test } from 'vitest';
import { BoundedLexer } from '../../clients/console/src/parts/bounded-lexer.ts';

const marked = new Marked({ gfm: true });
const render = (text: string): string => marked.parser(new BoundedLexer(marked.defaults).lex(text));

test('a text of an ordinary kind is marked up as ever', () => {
  const text = [
    '# A *title*',
    'Some **bold** and `code`, ~~gone~~, https://example.com and a@example.com.',
    '> A quote\n> - with a list\n>   1. and another one',
    '- one\n- two\n  - three\n    - four',
    '| a | b |\n|---|--:|\n| 1 | 2 |',
    '```ts\nconst a = 1;\n```',
    '[a]: https://example.com\n\nSee [a].',
  ].join('\n\n');
  expect(render(text)).toBe(marked.parse(text));
});

test('many short paragraphs are all marked up', () => {
  const text = 'Some *words* of a paragraph, and `code`.\n\n'.repeat(2_000);
  expect(render(text)).toBe(marked.parse(text));
});

const depthOf = (tokens: readonly Token[]): number =>
  Math.max(0, ...tokens.map((token) => ('tokens' in token && token.tokens ? 1 + depthOf(token.tokens) : 1)));

test.each(['> ', '>', '1. '])('what lies deep within "%s" stays text, and all of it is there', (mark) => {
  const tokens = new BoundedLexer(marked.defaults).lex(`${mark.repeat(5_000)}the heart`);
  expect(depthOf(tokens)).toBeLessThan(30);
  expect(marked.parser(tokens)).toContain('the heart');
});

test.each([
  ['an address', `${'a.'.repeat(40_000)}@`],
  ['emphasis', 'a_b'.repeat(30_000)],
  ['strokes', '~a~~'.repeat(20_000)],
])('%s that never ends stays text', (_, text) => {
  expect(render(text)).not.toMatch(/<(?:em|del|a)[ >]/);
});

test.each([
  ['quotes', '> a\nb\n'.repeat(10_000), 'blockquote'],
  ['items', '- a\n'.repeat(20_000), 'li'],
  ['cells', `|a|b|\n|-|-|\n${'|x|y|\n'.repeat(10_000)}`, 'table'],
])('too many %s stay text', (_, text, tag) => {
  expect(render(text)).not.toContain(`<${tag}`);
});
