import { describe, expect, test } from 'vitest';
import type { ChatMessage } from '../../contracts/chat/message.ts';
import { repairHistory } from '../../server/canonical/repair-history.ts';

const user = (content: string): ChatMessage => ({ role: 'user', content });
const result = (id: string, content: string): ChatMessage => ({ role: 'tool', tool_call_id: id, content });
const call = (id: string, args = '{}', name = 'f') => ({
  id,
  type: 'function',
  function: { name, arguments: args },
});
const calling = (...calls: object[]): ChatMessage => ({
  role: 'assistant',
  content: null,
  tool_calls: calls.map((one) => ({ ...call('x'), ...one })),
});

describe('a sound history', () => {
  test('is the very same list', () => {
    const sound = [
      user('Hi'),
      calling(call('a', '{"n":12345678901234567890}'), call('b')),
      result('b', '2'),
      result('a', '1'),
      { role: 'assistant' as const, content: 'Done.' },
      user('Thanks'),
      user('And?'),
    ];
    expect(repairHistory(sound)).toBe(sound);
  });
});

describe('the arguments of a call', () => {
  test.each([
    ['cut off', '{"city":"X', { unparsed_arguments: '{"city":"X' }],
    ['a list', '[1]', { unparsed_arguments: '[1]' }],
    ['a number', '12345678901234567890', { unparsed_arguments: '12345678901234567890' }],
    ['a text', '"Rome"', { unparsed_arguments: '"Rome"' }],
    ['two objects', '{"a":1}{"b":2}', { unparsed_arguments: '{"a":1}{"b":2}' }],
    ['blank', ' \n', {}],
    ['null', 'null', {}],
  ])('that are %s become an object that holds them', (_what, given, args) => {
    const [, asked] = repairHistory([user('Hi'), calling(call('a', given)), result('a', '1')]);
    expect(JSON.parse(asked?.tool_calls?.[0]?.function?.arguments ?? '')).toEqual(args);
  });

  test('that were cut off say so in place of the result', () => {
    const repaired = repairHistory([user('Hi'), calling(call('a', '{"ci')), user('Go on')]);
    expect(repaired[2]).toEqual({ role: 'tool', tool_call_id: 'a', content: expect.stringContaining('cut off') });
  });

  test('a call that was cut off before its name is left out, and so is an answer that was nothing else', () => {
    expect(repairHistory([user('Hi'), calling(call('a', '', '')), user('Go on')])).toEqual([user('Hi\n\nGo on')]);
    const [, kept] = repairHistory([user('Hi'), calling(call('a'), call('b', '', '')), result('a', '1')]);
    expect(kept?.tool_calls).toHaveLength(1);
  });

  test('a call of a custom tool keeps its input', () => {
    const custom = { id: 'a', type: 'custom', custom: { name: 'f', input: 'not JSON' }, function: undefined };
    const sound = [user('Hi'), calling(custom), result('a', '1')];
    expect(repairHistory(sound)).toBe(sound);
  });
});

describe('ids', () => {
  test('that parallel calls share are made two, and the results follow in their order', () => {
    const repaired = repairHistory([calling(call('a'), call('a')), result('a', '1'), result('a', '2')]);
    expect(repaired).toEqual([calling(call('a'), call('a_2')), result('a', '1'), result('a_2', '2')]);
  });

  test('that come again in a later answer get new ids there', () => {
    const turns = [user('1'), calling(call('call_0')), result('call_0', 'one')];
    const repaired = repairHistory([...turns, user('2'), calling(call('call_0')), result('call_0', 'two'), ...turns]);
    expect(repaired.flatMap(({ tool_calls: calls }) => calls?.map(({ id }) => id) ?? [])).toEqual([
      'call_0',
      'call_0_2',
      'call_0_3',
    ]);
    expect(repaired[5]).toEqual(result('call_0_2', 'two'));
  });

  test('that are empty get one', () => {
    expect(repairHistory([calling(call(''))])).toEqual([calling(call('call')), result('call', '(no result)')]);
  });
});

describe('results', () => {
  test('are put directly after their calls; missing ones get a text that says so', () => {
    expect(repairHistory([calling(call('a'), call('b')), user('Well?'), result('b', '2')])).toEqual([
      calling(call('a'), call('b')),
      result('b', '2'),
      result('a', '(no result)'),
      user('Well?'),
    ]);
    expect(repairHistory([calling(call('a')), calling(call('b')), result('a', '1'), result('b', '2')])).toEqual([
      calling(call('a')),
      result('a', '1'),
      calling(call('b')),
      result('b', '2'),
    ]);
  });

  test('without a call are words of the user', () => {
    expect(repairHistory([result('gone', '21 degrees'), user('And now?')])).toEqual([
      user('Result of an earlier tool call (gone):\n21 degrees\n\nAnd now?'),
    ]);
    const parts = [{ type: 'text' as const, text: '21' }];
    expect(
      repairHistory([
        { role: 'assistant', content: 'Hi' },
        { ...result('x', ''), content: parts },
      ])[1],
    ).toEqual({
      role: 'user',
      content: [{ type: 'text', text: 'Result of an earlier tool call (x):' }, ...parts],
    });
  });

  test('without an id are left for the upstream to name', () => {
    const nameless: ChatMessage[] = [calling(call('a')), { role: 'tool', content: '1' }];
    expect(repairHistory(nameless)).toBe(nameless);
  });
});

test('an empty answer is left out, and what the user says on both sides is one message', () => {
  for (const content of ['', null, [], [{ type: 'text' as const, text: '' }]]) {
    const empty = { role: 'assistant' as const, content, reasoning_content: 'Hm.' };
    expect(repairHistory([user('Hi'), empty, user('Hello?')])).toEqual([user('Hi\n\nHello?')]);
  }
  const refusing = [user('Hi'), { role: 'assistant' as const, content: null, refusal: 'No.' }];
  expect(repairHistory(refusing)).toBe(refusing);
});

test('a longer history begins with the messages of the shorter one', () => {
  const history = [
    user('1'),
    calling(call('a', '{"x'), call('a')),
    user('2'),
    calling(call('a')),
    result('a', 'r'),
    { role: 'assistant' as const, content: 'Ok.' },
  ];
  for (let length = 1; length < history.length; length++) {
    // A call waits for its result, or for words that say that there is none.
    if (history[length]?.role === 'tool') continue;
    const shorter = repairHistory(history.slice(0, length));
    expect(repairHistory(history).slice(0, shorter.length)).toEqual(shorter);
  }
});
