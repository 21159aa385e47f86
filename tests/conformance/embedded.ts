import { expect } from 'vitest';
import { type CaseName, caseNames } from './cases.ts';
import { schemaFormat, tools, withImage, withLateInstructions, withNames } from './requests.ts';
import type { Exception } from './rows.ts';
import { type Asked, askReal, refused, type Said, user, ways } from './trial.ts';

type RealCheck = (asked: Asked) => Promise<void>;
type RealException = Omit<Exception, 'check'> & { readonly check?: RealCheck };

const both =
  (fields: object, check: (said: Said) => void): RealCheck =>
  async (asked) => {
    for (const way of ways) check(await askReal(asked, way, fields));
  };

const refuses =
  (fields: object, code: string, param: string): RealCheck =>
  async (asked) => {
    for (const way of ways) expect(await refused(asked, way, fields)).toMatchObject({ code, param });
  };

const italy = { messages: [user('In one word: capital of Italy?')] };
const count = { messages: [user('Count slowly to ten.')] };
const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Get the current weather in a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};
const berlin = { messages: [user('Wie ist das Wetter in Berlin?')], tools: [weather] };
const called = { name: 'get_weather', arguments: '{"city": "Berlin"}' };
const call = { id: 'call_1', type: 'function', function: called };
const results = {
  ...berlin,
  messages: [
    ...berlin.messages,
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', tool_call_id: 'call_1', content: '{"city": "Berlin", "temperature": 21, "condition": "sunny"}' },
  ],
};

const counts: RealCheck = async (asked) => {
  const { usage } = await askReal(asked, 'json', italy);
  expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0));
  expect(usage?.completion_tokens).toBeGreaterThan(0);
  const streamed = await askReal(asked, 'sse', { ...italy, stream_options: { include_usage: true } });
  expect(streamed.usage?.total_tokens).toBe(usage?.total_tokens);
  expect((await askReal(asked, 'sse', italy)).usage).toBeNull();
};

/** What the real engine with its real small model does, where a case makes sense for it. */
export const realChecks: Partial<Record<CaseName, RealCheck>> = {
  'plain answer': both(italy, ({ text, finish }) => expect([text, finish]).toEqual(['Rome.', ['stop']])),
  stream: async (asked) => {
    const { text, pieces } = await askReal(asked, 'sse', count);
    expect(text).toBe('1, 2, 3, 4, 5, 6, 7, 8, 9, 10.');
    expect(pieces).toBeGreaterThan(5);
  },
  'tool call': both(berlin, ({ calls, finish }) => {
    expect(calls).toEqual([expect.objectContaining({ ...called, id: expect.stringMatching(/^call_/) })]);
    expect(finish).toEqual(['tool_calls']);
  }),
  'some tool required': both({ ...berlin, tool_choice: 'required' }, ({ calls }) => {
    expect(calls[0]?.name).toBe('get_weather');
  }),
  'one tool required': both(
    { ...berlin, tool_choice: { type: 'function', function: { name: 'get_weather' } } },
    ({ calls }) => {
      expect(calls[0]?.name).toBe('get_weather');
    },
  ),
  'tool results': both(results, ({ text }) => expect(text).toBe('It is 21 degrees and sunny in Berlin.')),
  'names of speakers': both({ messages: withNames }, ({ text }) => expect(text).not.toBe('')),
  'instructions anywhere': both({ messages: withLateInstructions }, ({ text }) => expect(text).not.toBe('')),
  reasoning: both({ messages: [user('/think What is 3 plus 4?')] }, ({ text, reasoning }) => {
    expect(text).toBe('3 plus 4 is 7.');
    expect(reasoning).toContain('3');
  }),
  'JSON schema': both({ messages: [user('Hello!')], response_format: schemaFormat }, ({ text }) => {
    expect(['good', 'bad']).toContain(JSON.parse(text).mood);
  }),
  usage: counts,
  'cached tokens': async (asked) => {
    await askReal(asked, 'json', count);
    const { usage } = await askReal(asked, 'json', count);
    expect(usage?.prompt_tokens_details?.cached_tokens).toBeGreaterThan(0);
  },
  'finish: stop': both(italy, ({ finish }) => expect(finish).toEqual(['stop'])),
  'finish: length': both({ ...count, max_tokens: 3 }, ({ finish }) => expect(finish).toEqual(['length'])),
  'error: context overflow': refuses(
    { messages: [user('word '.repeat(3_000))] },
    'context_length_exceeded',
    'messages',
  ),
};

const bare = (reason: string): RealException => ({ reason });
const noWire = bare('there is no wire: the engine runs in a process of its own on this machine.');
const elsewhere = bare('cannot be seen from outside; `tests/providers/embedded.test.ts` looks inside.');

const realExceptions: Partial<Record<CaseName, RealException>> = {
  'parallel tool calls': {
    reason: 'its small model makes one call at a time.',
    check: both({ ...berlin, tools: [weather, tools[1]] }, ({ calls }) => expect(calls).toHaveLength(1)),
  },
  'image in': {
    reason: 'it takes no images: 400 `modality_not_supported`.',
    check: refuses({ messages: withImage }, 'modality_not_supported', 'messages[0].content[1]'),
  },
  'error: bad request': {
    reason: 'nobody else is asked: what it cannot do, such as `n` above 1, is 400 `invalid_field`.',
    check: refuses({ ...italy, n: 2 }, 'invalid_field', 'n'),
  },
  'finish: content_filter': bare('its model has no filter.'),
  'slow first token': elsewhere,
  'client leaves before the first token': elsewhere,
  'client leaves after the first token': elsewhere,
  'reasoning that leaves no room': {
    reason: 'its small model thinks too briefly; cut short, it has reasoned and says so.',
    check: both({ messages: [user('/think What is 3 plus 4?')], max_tokens: 3 }, ({ text, finish }) => {
      expect([text, finish]).toEqual(['', ['length']]);
    }),
  },
};

/** For every case that is no plain yes. */
export const embeddedExceptions = Object.fromEntries(
  caseNames.filter((name) => !realChecks[name]).map((name) => [name, realExceptions[name] ?? noWire]),
);
