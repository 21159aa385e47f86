import { expect, test } from 'vitest';
import { isSameJson } from '../../clients/console/src/parts/json.ts';
import { createFormats } from '../../clients/console/src/text/formats.ts';

test.each([
  ['en', ['8.19K', '131K', '1.05M'], '$0.000021', '1.5 s', '2 m 5 s'],
  ['de', ['8,19K', '131K', '1,05M'], '0,000021 $', '1,5 s', '2 Min. 5 Sek.'],
  ['vi', ['8,19K', '131K', '1,05M'], '0,000021 $', '1,5 s', '2 phút 5 giây'],
])('in %s, short counts, money and times are as the language writes them, and never part from their unit', (...row) => {
  const [language, counts, money, time, span] = row;
  const formats = createFormats(language);
  expect([8_192, 131_072, 1_048_576].map(formats.compact)).toEqual(counts);
  const written = [formats.money(0.000021), formats.milliseconds(1_500), formats.duration(125)];
  expect(written.join()).not.toContain(' ');
  expect(written.map((text) => text.replaceAll(/\s/g, ' '))).toEqual([money, time, span]);
});

test('what is left in a wallet is written to the last millionth, and round amounts with cents', () => {
  const { balance } = createFormats('en');
  expect([24.996858, 25, 0].map(balance)).toEqual(['$24.996858', '$25.00', '$0.00']);
});

test('values of JSON are the same whatever the order of their fields', () => {
  expect(isSameJson({ a: [1, { b: null }], c: 'x' }, { c: 'x', a: [1, { b: null }] })).toBe(true);
  for (const other of [{ a: [1, 2] }, { a: [1], b: 0 }, { a: 1 }, { b: [1] }, [1], null]) {
    expect([other, isSameJson({ a: [1] }, other)]).toEqual([other, false]);
  }
});
