import { expect, test } from 'vitest';
import { IdScanner } from '../../../server/http/websocket/id-scanner.ts';

const call = (id: unknown, more: object = {}) => ({
  id,
  method: 'query',
  params: { path: 'a.b', input: { id: 'inner' } },
  ...more,
});

const scan = (text: string, pieces: number): unknown[] => {
  const scanner = new IdScanner(1_000);
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += pieces) scanner.push(bytes.subarray(at, at + pieces));
  return [...scanner.ids];
};

test.each([
  ['a call', JSON.stringify(call(1)), [1]],
  ['an id at the end', JSON.stringify({ params: { id: 3, input: '{"id":4}' }, id: 5 }), [5]],
  ['a list', JSON.stringify([call(1), call('b'), call(3)]), [1, 'b', 3]],
  ['blanks everywhere', JSON.stringify([call(1), call(2)], null, 2), [1, 2]],
  ['escapes in an id', JSON.stringify(call('a"\\\u00e4\n€')), ['a"\\ä\n€']],
  ['a text with quotes and braces', JSON.stringify({ input: '\\"}],{"id":9,\\\\', id: 1 }), [1]],
  ['a text that ends in a backslash', JSON.stringify({ input: 'x\\', id: 1 }), [1]],
  [
    'ids that name nothing',
    JSON.stringify([call(null), call(true), call({ id: 1 }), call([2]), call('x'.repeat(129))]),
    [],
  ],
  ['an id of 128 characters that are all escaped', JSON.stringify(call('\u0001'.repeat(128))), ['\u0001'.repeat(128)]],
  ['deep nesting', `{"a":${'['.repeat(5_000)}${']'.repeat(5_000)},"id":1}`, [1]],
  ['an id within a list within a list', JSON.stringify([[{ id: 1 }], call(2)]), [2]],
  ['text that is no JSON', '}}]]"id":1,{"id', []],
  ['nothing', '', []],
])('finds the ids in %s, however it is cut', (_, text, ids) => {
  for (const pieces of [1, 2, 3, 7, 100_000]) expect(scan(text, pieces)).toEqual(ids);
});

test('keeps no more ids than it is told to', () => {
  const scanner = new IdScanner(3);
  scanner.push(Buffer.from(JSON.stringify(Array.from({ length: 50 }, (_, id) => call(id)))));
  expect(scanner.ids).toEqual([0, 1, 2]);
});
