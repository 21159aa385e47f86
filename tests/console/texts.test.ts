import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { de } from '../../clients/console/src/text/de.ts';
import { en } from '../../clients/console/src/text/en.ts';
import { createFillIn } from '../../clients/console/src/text/fill-in.ts';
import { vi } from '../../clients/console/src/text/vi.ts';
import { root } from '../support/start-gateway.ts';

const source = join(root, 'clients/console/src');
const components = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.tsx'))
  .map((file) => [file, readFileSync(join(source, file), 'utf8')] as const);

const values = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

test.each([
  ['German', de],
  ['Vietnamese', vi],
])('%s has every text that English has, with the same values in it', (_name, dictionary) => {
  expect(Object.keys(dictionary).sort()).toEqual(Object.keys(en).sort());
  for (const [key, text] of Object.entries(en)) {
    const translated = Object.entries(dictionary).find(([name]) => name === key)?.[1] ?? '';
    expect([key, translated.trim() !== '']).toEqual([key, true]);
    expect([key, values(translated)]).toEqual([key, values(text)]);
  }
});

test.each(['en', 'de', 'vi'])('no text of %s has the name of another one, which would take its place', (language) => {
  const folder = join(source, 'text', language);
  const names = readdirSync(folder).flatMap((file) =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(/^ {2}'([^']+)':/gm)].map(([, name]) => name),
  );
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
});

test('German and Vietnamese are translations: few texts are as in English', () => {
  for (const dictionary of [de, vi]) {
    const same = Object.entries(en).filter(([key, text]) =>
      Object.entries(dictionary).some(([k, t]) => k === key && t === text),
    );
    expect(same.length / Object.keys(en).length).toBeLessThan(0.15);
  }
});

test('no component has a text of its own: what stands between tags comes from a dictionary', () => {
  const names =
    /^(?:Duplex|demo|REST|POST|CSV|finish_reason|json_schema|data\/api-bearer|reasoning_effort|openapi\.json|G|Esc|[^\p{L}]*)$/u;
  const own = components.flatMap(([file, code]) =>
    [
      ...code.matchAll(
        /<(?:p|h[1-6]|button|span|label|strong|dt|dd|th|td|option|small|a|li)(?:\s[^<>]*[^=])?>\s*([^<>{}\n][^<>{}]*?)\s*<\//g,
      ),
    ]
      .map(([, text = '']) => text)
      .filter((text) => !names.test(text))
      .map((text) => `${file}: ${text}`),
  );
  expect(own).toEqual([]);
});

test.each([
  ['en', en, ['0 requests', '1 request', '2 requests', '1,000 requests'], '1 operation of this gateway'],
  ['de', de, ['0 Anfragen', '1 Anfrage', '2 Anfragen', '1.000 Anfragen'], '1 Operation dieses Gateways'],
  ['vi', vi, ['0 yêu cầu', '1 yêu cầu', '2 yêu cầu', '1.000 yêu cầu'], '1 thao tác của cổng này'],
] as const)('%s counts one thing and several things in its own words', (language, dictionary, sums, lede) => {
  const fillIn = createFillIn(language);
  const counted = [0, 1, 2, 1_000].map((count) =>
    fillIn(dictionary['requests.sums'], { count, failed: 0, cost: '$1' }),
  );
  expect(counted.map((text) => text.split(',').slice(0, -2).join(','))).toEqual(sums);
  expect(fillIn(dictionary['ref.lede'], { count: 1 })).toContain(lede);
});

test('every English noun that a number stands before has a form for one and a form for several', () => {
  const counted = /\{(?:count|failed|input|most|output|requests|seconds|tokens)\} \p{L}+s\b/u;
  expect(Object.entries(en).filter(([, text]) => counted.test(text))).toEqual([]);
});
