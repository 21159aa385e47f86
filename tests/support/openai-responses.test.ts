import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { faultsOf } from './openai-schema.ts';
import { payloadsOf } from './read-events.ts';
import type { Answer } from './upstream/answer.ts';
import { answer } from './upstream/scripts/answers.ts';
import { errorInStream } from './upstream/scripts/failures.ts';
import { type ScriptedUpstream, startUpstream } from './upstream/start-upstream.ts';

let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await startUpstream({ dialect: 'openai-responses' });
});
afterAll(() => upstream.close());

const ask = (fields: object) =>
  fetch(`${upstream.url}/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'test-model', input: 'Hi', ...fields }),
  });

const custom = { type: 'custom', name: 'sql' };
const asked = {
  reasoning: { effort: 'low', summary: 'auto' },
  include: ['reasoning.encrypted_content', 'message.output_text.logprobs'],
  tools: [custom],
};

const said: readonly (readonly [string, Answer])[] = [
  ['text', { text: ['Hel', 'lo'] }],
  [
    'reasoning',
    { reasoning: ['Hm', '\n\n', 'Well'], signature: 'enc', text: ['Yes'], usage: { prompt: 1, completion: 5 } },
  ],
  ['the reasoning of open weights', { reasoning: ['Hm'], reasoningField: 'reasoning_content', text: ['Yes'] }],
  ['a refusal', { refusal: 'I cannot.' }],
  [
    'calls',
    {
      calls: [
        { name: 'f', pieces: ['{"a"', ':1}'] },
        { name: 'sql', pieces: ['select ', '1'] },
      ],
    },
  ],
  ['a picture', { images: ['data:image/webp;base64,AAAA'], text: ['Here.'] }],
  ['a cut answer', { text: ['On'], finish: 'length' }],
  ['a filtered answer', { text: ['On'], finish: 'content_filter' }],
];

describe("the scripted Responses API holds to OpenAI's schemas", () => {
  test.each(said)('for %s', async (_what, what) => {
    upstream.reply(answer(what), answer(what));
    expect(faultsOf('Response', await (await ask(asked)).json())).toEqual([]);
    const text = await (await ask({ ...asked, stream: true })).text();
    const events = payloadsOf(text).map((payload) => JSON.parse(payload));
    expect(
      events.flatMap((event) => faultsOf('ResponseStreamEvent', event).map((fault) => [event.type, fault])),
    ).toEqual([]);
    expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, i) => i));
    expect([...text.matchAll(/^event: (.*)$/gm)].map(([, name]) => name)).toEqual(events.map(({ type }) => type));
    expect(text).not.toContain('[DONE]');
  });

  test('for a failure on the way', async () => {
    upstream.reply(errorInStream());
    const payloads = payloadsOf(await (await ask({ stream: true })).text());
    expect(faultsOf('ResponseStreamEvent', JSON.parse(payloads.at(-1) ?? ''))).toEqual([]);
  });

  test('and the official client understands its streams', async () => {
    upstream.reply(answer({ reasoning: ['Hm'], text: ['Hel', 'lo'], calls: [{ name: 'f', pieces: ['{', '}'] }] }));
    const client = new OpenAI({ baseURL: upstream.url, apiKey: 'sk-test', maxRetries: 0 });
    const final = await client.responses.stream({ model: 'test-model', input: 'Hi' }).finalResponse();
    expect(final.output_text).toBe('Hello');
    expect(final.output.map(({ type }) => type)).toEqual(['reasoning', 'message', 'function_call']);
  });
});

describe('it refuses as OpenAI does', () => {
  const call = { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{}' };
  const output = { type: 'function_call_output', call_id: 'call_1', output: '1' };

  test.each([
    ['a parameter of chat completions', { stop: ['x'] }, 'stop', 'unknown_parameter'],
    [
      'a nested function',
      { tools: [{ type: 'function', function: { name: 'f' } }] },
      'tools[0].function',
      'unknown_parameter',
    ],
    [
      'a part of chat completions',
      { input: [{ role: 'user', type: 'message', content: [{ type: 'text', text: 'Hi' }] }] },
      'input[0]',
      'invalid_value',
    ],
    ['too few tokens', { max_output_tokens: 15 }, 'max_output_tokens', 'integer_below_min_value'],
    ['a result without its call', { input: [output] }, 'input', null],
    ['a call without its result', { input: [call] }, 'input', null],
    [
      'the format of chat completions',
      { text: { format: { type: 'json_schema', json_schema: {} } } },
      'text',
      'invalid_value',
    ],
    [
      'encrypted reasoning of a model without',
      { model: 'gpt-4o', include: ['reasoning.encrypted_content'] },
      'include',
      null,
    ],
  ])('%s', async (_what, fields, param, code) => {
    const response = await ask(fields);
    expect(response.status).toBe(400);
    expect((await response.json()).error).toMatchObject({ type: 'invalid_request_error', param, code });
  });

  test('reasoning that it never stored', async () => {
    const input = [{ type: 'reasoning', id: 'rs_1', summary: [] }];
    expect((await ask({ input, store: false })).status).toBe(404);
  });
});
