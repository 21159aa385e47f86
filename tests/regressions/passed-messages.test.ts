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
