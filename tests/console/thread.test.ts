import { expect, test } from 'vitest';
import { type Entry, elementKey, renamed } from '../../clients/console/src/playground/thread.ts';

const local = (id: string): Entry => ({ kind: 'question', id, text: id, attachments: [] });
const stored = (id: string): Entry => ({ ...local(id), place: { parentId: null, siblings: [id] } });

test('a message that the gateway has named is shown by the same element', () => {
  const [first, named] = renamed([stored('a'), stored('b')], [stored('a'), local('local-1')]);
  expect([first, named].map((entry) => entry && elementKey(entry))).toEqual(['a', 'local-1']);
});

test('it goes on being so when other messages stand before it, and one that is as before is the same object', () => {
  const kept = stored('a');
  const known = renamed([kept, stored('b')], [kept, local('local-1')]);
  const next = renamed([stored('earlier'), kept, stored('b'), stored('c')], known);
  expect(next.map(elementKey)).toEqual(['earlier', 'a', 'local-1', 'c']);
  expect(next[1]).toBe(kept);
});
