import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseExact, writeExact } from '../../server/canonical/exact-json.ts';
import { type DialectGateway, startDialects } from '../support/start-dialects.ts';
import { answer, say } from '../support/upstream/scripts/answers.ts';

/** What one model took or said must not keep a conversation from going on with another one. */

const dialects = ['vllm', 'openai-responses', 'anthropic', 'gemini'] as const;

let gateway: DialectGateway;
beforeAll(async () => {
  gateway = await startDialects(dialects);
});
afterAll(() => gateway.close());

const sent = (model: string) => gateway.upstreams[model]?.chats.at(-1)?.body.toString() ?? '';
const user = (content: unknown) => ({ role: 'user', content });

async function chat(model: string, messages: readonly object[]): Promise<string> {
  const response = await gateway.call('POST', '/v1/chat/completions', { model, messages });
  expect([response.status, await response.text()]).toEqual([200, expect.anything()]);
  return sent(model);
}

describe('an empty message in the middle of a history', () => {
  const around = (content: unknown) => [
    user('One'),
    { role: 'assistant', content: 'Two' },
    user(content),
    { role: 'assistant', content: 'Four' },
    user('Five'),
  ];

  test.each(dialects)('does not stop %s', async (model) => {
    for (const content of [
      '',
      [{ type: 'text', text: '' }],
      [
        { type: 'text', text: '' },
        { type: 'text', text: '' },
      ],
    ]) {
      const body = await chat(model, around(content));
      expect(body).toContain('Five');
      if (model === 'anthropic' || model === 'gemini') expect(body).toContain('(empty message)');
    }
  });

  test('and a blank one is none to Anthropic', async () => {
    expect(await chat('anthropic', around(' \n'))).toContain('(empty message)');
    expect(
      await chat(
        'anthropic',
        around([
          { type: 'text', text: ' ' },
          { type: 'text', text: 'Three' },
        ]),
      ),
    ).not.toMatch(/"text":" "|empty message/);
  });
});

test('ids of calls that are longer than a Responses API takes are shortened, alike for the call and its result', async () => {
  const call = (id: string) => ({ id, type: 'function', function: { name: 'get', arguments: '{}' } });
  const result = (id: string) => ({ role: 'tool', tool_call_id: id, content: id.at(-1) });
  const ids = [`${'i'.repeat(99)}a`, `${'i'.repeat(99)}b`, 'call_short'] as const;
  const messages = [user('Go'), { role: 'assistant', content: null, tool_calls: ids.map(call) }, ...ids.map(result)];
  const { input } = JSON.parse(await chat('openai-responses', messages));
  const items: { call_id?: string; output?: string }[] = input;
  const [a, b, short, ...results] = items.flatMap(({ call_id: id }) => (id === undefined ? [] : [id]));
  expect(results).toEqual([a, b, short]);
  expect([short, a === b, a?.length, b?.length]).toEqual(['call_short', false, 37, 37]);
});

test.each(dialects)('a refusal stays in the history of a conversation that goes on with %s', async (model) => {
  for (const stream of [false, true]) {
    gateway.upstreams['openai-responses']?.reply(answer({ refusal: 'I cannot help with that.' }));
    const asked = { model: 'openai-responses', message: 'Question', stream };
    const first = await gateway.call('POST', '/c1/chat', asked);
    expect(await first.text()).toContain('"refusal"');
    const id = first.headers.get('x-conversation-id');
    gateway.upstreams[model]?.reply(say('Fine.'));
    const second = await gateway.call('POST', '/c1/chat', { model, conversation_id: id, message: 'Why?' });
    expect(second.status).toBe(200);
    expect(sent(model)).toContain('I cannot help with that.');
    const { messages } = await (await gateway.call('GET', `/c1/conversations/${id}`)).json();
    expect(messages.map(({ content }: { content: string }) => content)).toEqual([
      'Question',
      'I cannot help with that.',
      'Why?',
      'Fine.',
    ]);
  }
});

describe('a history that is not whole reaches an upstream of the Responses API repaired', () => {
  const call = (id: string, args = '{}') => ({ type: 'function_call', call_id: id, name: 'get', arguments: args });
  const output = (id: string) => ({ type: 'function_call_output', call_id: id, output: `Result of ${id}` });
  const tools = [{ type: 'function', name: 'get', parameters: { type: 'object', properties: {} }, strict: false }];

  async function ask(input: readonly object[]) {
    const asked = { model: 'openai-responses', input, tools, store: false };
    const response = await gateway.call('POST', '/v1/responses', asked);
    expect(response.status).toBe(200);
    const body: { input: { type?: string; call_id?: string; arguments?: string }[] } = JSON.parse(sent(asked.model));
    return { applied: response.headers.get('x-gateway-applied'), input: body.input };
  }

  test.each([
    ['a call without a result', [user('Go'), call('a'), user('Never mind')]],
    ['calls of one id', [user('Go'), call('a'), call('a'), output('a'), output('a')]],
    ['a result without its call', [user('Go'), output('a'), user('Go on')]],
    ['arguments that were cut off', [user('Go'), call('a', '{"path":"/ho'), output('a'), user('Go on')]],
  ])('%s', async (_what, input) => {
    const { applied, input: items } = await ask(input);
    expect(applied).toContain('history_repaired');
    const calls = items.filter(({ type }) => type === 'function_call');
    const results = items.filter(({ type }) => type === 'function_call_output').map(({ call_id: id }) => id);
    expect(new Set(results)).toEqual(new Set(calls.map(({ call_id: id }) => id)));
    expect(new Set(results).size).toBe(calls.length);
    for (const { arguments: args } of calls) expect(JSON.parse(args ?? '')).toBeTypeOf('object');
  });

  test('and one that is whole reaches it as it came', async () => {
    const input = [user('Go'), call('a'), call('b'), output('b'), user('Well?'), output('a')];
    const { applied, input: items } = await ask(input);
    expect([applied, items]).toEqual([null, input]);
  });
});

test.each([
  ...['1e400', '-1E+999', '12345678901234567890123', '[1e400,{"a":12345678901234567890}]'],
  ...['1e-400', '-2.5E-999', '0.1234567890123456789', '-1234567890.1234567890123'],
])('a number that JavaScript cannot hold stays %s', (json) => {
  const text = `{"a": ${json}, "text":"1e400 12345678901234567890123"}`;
  expect(writeExact(parseExact(text))).toBe(text.replace('"a": ', '"a":').replace(', "text"', ',"text"'));
});

test.each(['0.69999999999999996', '1.5', '[0.1,9007199254740992.5e-1]', '1E5', '0.0'])(
  'a number that JavaScript can hold is a number: %s',
  (json) => expect(parseExact(`{"a":${json}}`)).toEqual(JSON.parse(`{"a":${json}}`)),
);

test.each(['01234567890123456789', '1234567890123456789.', '1.2.3456789012345678901'])('%s is no JSON', (json) => {
  expect(() => parseExact(`{"a":${json}}`)).toThrow(SyntaxError);
});

describe('a request that has nothing but instructions', () => {
  const instruction = (content: string) => ({ role: 'developer', content });

  test.each(dialects)('is answered by %s, over chat and over responses', async (model) => {
    const body = await chat(model, [instruction('Be brief.'), instruction('Say hello.')]);
    expect(body).toContain('Say hello.');
    const input = [instruction('Greet me.')];
    const response = await gateway.call('POST', '/v1/responses', {
      model,
      input,
      instructions: 'Be kind.',
      store: false,
    });
    expect([response.status, sent(model)]).toEqual([200, expect.stringContaining('Greet me.')]);
  });

  test.each([
    ['anthropic', (body: { messages: object[] }) => body.messages],
    ['gemini', (body: { contents: object[] }) => body.contents],
  ])('ends with a turn of the user for %s, and keeps the instructions before it', async (model, turnsOf) => {
    const body = await chat(model, [instruction('Be brief.'), instruction('Say hello.')]);
    const turns = turnsOf(JSON.parse(body));
    expect(turns).toEqual([expect.objectContaining({ role: 'user' })]);
    expect(JSON.stringify(turns)).toContain('Say hello.');
    expect(JSON.stringify(turns)).not.toContain('Be brief.');
    expect(body).toContain('Be brief.');
  });
});

describe('a conversation of which a message was deleted', () => {
  const weather = { type: 'function', function: { name: 'get_weather', parameters: { type: 'object' } } };

  /** Two questions, of which the second one led to a call. */
  async function begin(): Promise<{ id: string; items: { id: string }[] }> {
    const first = await gateway.call('POST', '/c1/chat', { model: 'vllm', message: 'One' });
    const id = first.headers.get('x-conversation-id') ?? '';
    gateway.upstreams.vllm?.reply(answer({ calls: [{ name: 'get_weather', pieces: ['{}'] }] }));
    await gateway.call('POST', '/c1/chat', { model: 'vllm', message: 'Two', conversation_id: id, tools: [weather] });
    const { data } = await (await gateway.call('GET', `/v1/conversations/${id}/items?order=asc`)).json();
    return { id, items: data };
  }

  async function goOn(model: string, place: number) {
    const { id, items } = await begin();
    const gone = await gateway.call('DELETE', `/v1/conversations/${id}/items/${items[place]?.id}`);
    expect(gone.status).toBe(200);
    const asked = await gateway.call('POST', '/c1/chat', { model, message: 'Three', conversation_id: id });
    expect([asked.status, await asked.text()]).toEqual([200, expect.anything()]);
    return JSON.parse(sent(model));
  }

  const rolesOf = (messages: { role: string }[]) => messages.map(({ role }) => role).join(' ');

  test.each(['vllm', 'anthropic', 'gemini'])('has roles that alternate for %s, whatever was deleted', async (model) => {
    const places = model === 'vllm' ? [0, 1] : [0, 1, 2];
    for (const place of places) {
      const { messages, contents } = await goOn(model, place);
      const roles = rolesOf(messages ?? contents);
      // For Gemini, results of calls are a turn of the user, which a question may follow.
      expect(roles).not.toMatch(model === 'gemini' ? /model model/ : /user user|assistant assistant/);
      if (model !== 'vllm') expect(roles).toMatch(/^user/);
    }
  });

  test('keeps the words of a question whose answer was deleted', async () => {
    const { messages } = await goOn('vllm', 1);
    expect(messages[0]).toEqual(user('One\n\nTwo'));
  });

  test('and one that was forked at a question, go on with the same prompt each time', async () => {
    const { id } = await begin();
    const { messages } = await (await gateway.call('GET', `/c1/conversations/${id}`)).json();
    const forked = await gateway.call('POST', `/c1/conversations/${id}/fork`, { message_id: messages[0].id });
    const { id: copy } = await forked.json();
    const turn = async (message: string) => {
      await gateway.call('POST', '/c1/chat', { model: 'vllm', message, conversation_id: copy });
      return JSON.parse(sent('vllm')).messages;
    };
    const first = await turn('Another.');
    expect(first).toEqual([user('One\n\nAnother.')]);
    expect((await turn('And?')).slice(0, 1)).toEqual(first);
  });
});
