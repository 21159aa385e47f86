import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Message, MessageEvent } from '../../contracts/messages/answer.ts';
import { payloadsOf } from '../support/read-events.ts';
import { type DialectGateway, startDialects } from '../support/start-dialects.ts';
import { raw } from '../support/upstream/scripts/refusals.ts';

/** Servers of Anthropic's dialect, whose answers clients of `/v1/messages` get as they are, leave fields out and send others as null. */

const model = 'anthropic';

let gateway: DialectGateway;
beforeAll(async () => {
  gateway = await startDialects([model]);
});
afterAll(() => gateway.close());

const usage = { input_tokens: 5, output_tokens: 1 };
const head = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', stop_reason: null, stop_sequence: null };
const start = { type: 'message_start', message: { ...head, content: [], usage } };
const block = (content_block: object) => ({ type: 'content_block_start', index: 0, content_block });
const delta = (fields: object) => ({ type: 'content_block_delta', index: 0, delta: fields });
const words = [block({ type: 'text', text: '' }), delta({ type: 'text_delta', text: 'Hi.' })];
const stop = { type: 'content_block_stop', index: 0 };
const end = { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage };

async function askFor(stream: boolean, type: string, body: string): Promise<string> {
  gateway.upstreams[model]?.reply(raw(200, { 'content-type': type }, body));
  const messages = [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }];
  const response = await gateway.call('POST', '/v1/messages', { model, stream, max_tokens: 100, messages });
  if (response.status !== 200) throw new Error(await response.text());
  return response.text();
}

async function events(...given: readonly object[]): Promise<unknown[]> {
  const frames = [...given, { type: 'message_stop' }].map((event) => `data: ${JSON.stringify(event)}\n\n`);
  const text = await askFor(true, 'text/event-stream', frames.join(''));
  return payloadsOf(text).map((payload) => JSON.parse(payload));
}

const started = (fields: object) => ({ ...start, message: { ...start.message, ...fields } });
const ended = (fields: object) => ({ ...end, ...fields });

describe('an event that lacks what clients depend on', () => {
  test.each([
    ['a start without a role', [started({ role: undefined }), ...words, stop, end]],
    ['a start of another type', [started({ type: 7 }), ...words, stop, end]],
    [
      'a start without stop fields',
      [started({ stop_reason: undefined, stop_sequence: undefined }), ...words, stop, end],
    ],
    [
      'counts of a cache that are none',
      [started({ usage: { ...usage, cache_read_input_tokens: 'x' } }), ...words, stop, end],
    ],
    ['an end that counts the answer alone', [start, ...words, stop, ended({ usage: { output_tokens: 3 } })]],
    [
      'an end whose counts are none',
      [start, ...words, stop, ended({ usage: { ...usage, cache_creation_input_tokens: '' } })],
    ],
    [
      'a stop sequence that is none',
      [start, ...words, stop, ended({ delta: { stop_reason: 'end_turn', stop_sequence: 7 } })],
    ],
    ['a text that starts as null', [start, block({ type: 'text', text: null }), ...words.slice(1), stop, end]],
    ['a thought that starts as null', [start, block({ type: 'thinking', thinking: null, signature: 7 }), stop, end]],
    [
      'a signature that is none',
      [start, block({ type: 'thinking', thinking: '' }), delta({ type: 'signature_delta', signature: 7 }), stop, end],
    ],
  ])('is completed: %s', async (_what, given) => {
    const seen = await events(...given);
    for (const event of seen) expect(MessageEvent.safeParse(event).error).toBeUndefined();
    expect(seen.at(-1)).toEqual({ type: 'message_stop' });
    expect(JSON.stringify(seen)).not.toMatch(/"(text|thinking|signature)":(null|7)/);
  });

  test('is passed as it came, when nothing is missing', async () => {
    const given = [start, ...words, stop, end];
    const seen = await events(...given);
    expect(seen.slice(1)).toEqual([...given.slice(1), { type: 'message_stop' }]);
  });
});

test.each([
  ['no delta', { delta: undefined }],
  ['a reason that is null', { delta: { stop_reason: null } }],
  ['an empty reason', { delta: { stop_reason: '' } }],
])('a stream that ends with %s ends with an error alone, and not as a whole answer', async (_what, fields) => {
  const seen = await events(start, ...words, stop, ended(fields));
  expect(seen.at(-1)).toMatchObject({ type: 'error' });
  expect(seen).not.toContainEqual({ type: 'message_stop' });
});

test.each([[undefined], [7], ['END']])(
  'an answer with %j for its stop sequence keeps its vendor’s own fields',
  async (given) => {
    const content = [{ type: 'text', text: 'Hi.', citations: [{ url: 'https://a.example' }] }];
    const body = { ...head, content, stop_reason: 'end_turn', stop_sequence: given, usage };
    const answer = Message.parse(JSON.parse(await askFor(false, 'application/json', JSON.stringify(body))));
    expect(answer).toMatchObject({ content, stop_sequence: given === 'END' ? given : null });
  },
);

/** The events of one block whose number the upstream says. */
const numbered = (index: number, content_block: object, fields: object) => [
  { type: 'content_block_start', index, content_block },
  { type: 'content_block_delta', index, delta: fields },
  { type: 'content_block_stop', index },
];
const call = (index: number, id: string, partial_json: string) =>
  numbered(index, { type: 'tool_use', id, name: 'get', input: {} }, { type: 'input_json_delta', partial_json });
const said = (index: number) => numbered(index, { type: 'text', text: '' }, { type: 'text_delta', text: 'Hi.' });

describe('the stop reason of an answer', () => {
  const block = { type: 'tool_use', id: 't', name: 'get', input: { a: 1 } };

  test.each([['end_turn'], ['stop_sequence'], ['stop'], ['tool_calls']])(
    'says that a tool is used, where the upstream says %s beside a call',
    async (reason) => {
      const seen = await events(
        start,
        ...said(0),
        ...call(1, 't', '{"a":1}'),
        stop,
        ended({ delta: { stop_reason: reason } }),
      );
      expect(seen).toContainEqual(
        expect.objectContaining({ delta: expect.objectContaining({ stop_reason: 'tool_use' }) }),
      );
      const body = JSON.stringify({ ...head, content: [block], stop_reason: reason, usage });
      expect(JSON.parse(await askFor(false, 'application/json', body))).toMatchObject({ stop_reason: 'tool_use' });
      // An answer in JSON to a client that asked for a stream.
      expect(await askFor(true, 'application/json', body)).toContain('"stop_reason":"tool_use"');
    },
  );

  test.each([
    ['max_tokens', 'max_tokens'],
    ['pause_turn', 'pause_turn'],
    ['a_new_reason', 'a_new_reason'],
    ['length', 'max_tokens'],
    ['stop', 'end_turn'],
  ])('is in words that clients know, where the upstream says %s', async (reason, told) => {
    const seen = await events(start, ...said(0), ended({ delta: { stop_reason: reason } }));
    expect(seen.at(-2)).toMatchObject({ type: 'message_delta', delta: { stop_reason: told } });
    const body = JSON.stringify({ ...head, content: [{ type: 'text', text: 'Hi.' }], stop_reason: reason, usage });
    expect(JSON.parse(await askFor(false, 'application/json', body))).toMatchObject({ stop_reason: told });
  });

  test('says to a client of chat completions too that the answer was cut off, where the upstream says length', async () => {
    const body = { ...head, content: [{ type: 'text', text: 'Hi.' }], stop_reason: 'length', usage };
    gateway.upstreams[model]?.reply(raw(200, { 'content-type': 'application/json' }, JSON.stringify(body)));
    const messages = [{ role: 'user', content: 'Hi' }];
    const answer = await (await gateway.call('POST', '/v1/chat/completions', { model, messages })).json();
    expect(answer.choices).toMatchObject([{ finish_reason: 'length', message: { content: 'Hi.' } }]);
  });
});

test.each([
  ['all the same', 0, 0, 0],
  ['from 1', 1, 2, 3],
  ['with gaps', 0, 4, 9],
  ['of two blocks that are the same', 0, 1, 1],
])('blocks with numbers that are %s are numbered from 0', async (_what, one, two, three) => {
  const seen = await events(start, ...said(one), ...call(two, 't', '{"a":1}'), ...call(three, 'u', '{"b":2}'), end);
  const blocks = [...said(0), ...call(1, 't', '{"a":1}'), ...call(2, 'u', '{"b":2}')];
  expect(seen.slice(1, -2)).toEqual(blocks);
});

test('the start of a call that comes twice begins one block', async () => {
  const [opening, ...rest] = call(1, 't', '{"a":1}');
  const seen = await events(start, ...said(0), opening ?? {}, opening ?? {}, ...rest, end);
  expect(seen.slice(1, -2)).toEqual([...said(0), ...call(1, 't', '{"a":1}')]);
});
