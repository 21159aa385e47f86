import { afterEach, describe, expect, test } from 'vitest';
import { collect, connectClient } from '../clients/support.ts';
import { type ScriptedGateway, type ScriptedOptions, startScripted } from '../support/start-scripted.ts';
import { say } from '../support/upstream/scripts/answers.ts';

const HALF = '\ud83d';
const REPAIRED = '\ufffd';

let gateway: ScriptedGateway;
afterEach(() => gateway.close());

/** What strict servers refuse in the body that the upstream got last. */
function halvesSent(): string[] {
  const body = gateway.upstream.chats.at(-1)?.body.toString() ?? '';
  expect(body).toContain('ok');
  return body.replace(/\\+ud[89ab]..\\+ud[c-f]../gi, '').match(/\\ud[89a-f]../gi) ?? [];
}

const dialects: readonly [string, ScriptedOptions][] = [
  ['openai-compatible', {}],
  ['openai-responses', { kind: 'openai-responses', upstream: { dialect: 'openai-responses' } }],
  ['anthropic', { kind: 'anthropic', upstream: { dialect: 'anthropic' } }],
  ['gemini', { kind: 'gemini', upstream: { dialect: 'gemini' } }],
];

const said = `ok ${HALF} end`;
const schema = { type: 'object', properties: { [`n${HALF}`]: { type: 'string', description: said } } };
const parameters = { type: 'function', function: { name: 'look', description: said, parameters: schema } };
const call = { id: 'call_1', type: 'function', function: { name: 'look', arguments: JSON.stringify({ q: said }) } };

/** A request of each surface with half a pair in texts, names, tools and their arguments and results. */
const requests: readonly [string, object][] = [
  [
    '/v1/chat/completions',
    {
      messages: [
        { role: 'system', content: said },
        { role: 'user', content: [{ type: 'text', text: said }] },
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: 'call_1', content: said },
      ],
      tools: [parameters],
    },
  ],
  ['/c1/chat', { message: said, system_prompt: said, tools: [parameters] }],
  [
    '/v1/messages',
    {
      max_tokens: 2_000,
      system: [{ type: 'text', text: said }],
      messages: [
        { role: 'user', content: [{ type: 'text', text: said }] },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'look', input: { q: said } }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: said }] },
      ],
      tools: [{ name: 'look', description: said, input_schema: schema }],
    },
  ],
  [
    '/v1/responses',
    {
      instructions: said,
      input: [
        { role: 'user', content: [{ type: 'input_text', text: said }] },
        { type: 'function_call', call_id: 'call_1', name: 'look', arguments: JSON.stringify({ q: said }) },
        { type: 'function_call_output', call_id: 'call_1', output: said },
      ],
      tools: [{ type: 'function', name: 'look', description: said, parameters: schema }],
    },
  ],
];

describe.each(dialects)('half a surrogate pair is never sent to %s', (_name, options) => {
  test.each(requests)('from %s', async (path, fields) => {
    gateway = await startScripted(options);
    gateway.upstream.reply(say('Hello.'));
    const response = await gateway.call('POST', path, { model: 'scripted', ...fields });
    expect(await response.text()).toContain('Hello.');
    expect(halvesSent()).toEqual([]);
    expect(gateway.upstream.chats.at(-1)?.body.toString()).toContain(`ok ${REPAIRED} end`);
  });

  test('from the history of a conversation, though an answer was cut there', async () => {
    gateway = await startScripted(options);
    gateway.upstream.reply(say(`ok cut ${HALF}`), say('Hello.'));
    const first = await gateway.call('POST', '/c1/chat', { model: 'scripted', message: 'One' });
    const conversation_id = first.headers.get('x-conversation-id');
    const second = await gateway.call('POST', '/c1/chat', { model: 'scripted', message: 'Two', conversation_id });
    expect(await second.text()).toContain('Hello.');
    expect(halvesSent()).toEqual([]);
  });
});

test('nor does it from tRPC, over HTTP or over a websocket', async () => {
  gateway = await startScripted();
  const { client } = connectClient(gateway);
  gateway.upstream.reply(say('Hello.'), say('Hello.'));
  const asked = { model: 'scripted', messages: [{ role: 'user' as const, content: said }] };
  await client.v1.chat.create.mutate(asked);
  expect(halvesSent()).toEqual([]);
  await collect(client.streamChat(asked));
  expect(halvesSent()).toEqual([]);
  await client.close();
});

test('what is kept has U+FFFD instead, and is found by it', async () => {
  gateway = await startScripted();
  const metadata = { [`n${HALF}`]: `v${HALF}` };
  const made = await gateway.call('POST', '/v1/conversations', { metadata });
  expect(await made.json()).toMatchObject({ metadata: { [`n${REPAIRED}`]: `v${REPAIRED}` } });
  const { client } = connectClient(gateway);
  const key = await client.api.keys.create.mutate({ name: `k${HALF}` });
  expect(key.name).toBe(`k${REPAIRED}`);
  const { items } = await client.api.keys.list.query({ owner: key.owner });
  expect(items.map(({ name }) => name)).toEqual([`k${REPAIRED}`]);
  await client.close();
});

test('bytes that are not UTF-8 are refused on every surface, and half a pair as bytes is repaired', async () => {
  gateway = await startScripted();
  const send = (path: string, body: Buffer) =>
    fetch(gateway.url + path, {
      method: 'POST',
      headers: { authorization: 'Bearer test-bearer-0123456789', 'content-type': 'application/json' },
      body: new Uint8Array(body),
    });
  for (const [path, fields] of requests) {
    const text = JSON.stringify({ model: 'scripted', ...fields }).replace(/\\+ud83d/g, 'HALF');
    const [before = '', ...rest] = text.split('HALF');
    const after = rest.join(REPAIRED);
    const bytes = (middle: number[]) => Buffer.concat([Buffer.from(before), Buffer.from(middle), Buffer.from(after)]);
    const refused = await send(path, bytes([0xe9]));
    expect([path, refused.status]).toEqual([path, 400]);
    expect(await refused.text()).toContain('not valid UTF-8');
    gateway.upstream.reply(say('Hello.'));
    expect(await (await send(path, bytes([0xed, 0xa0, 0xbd]))).text()).toContain('Hello.');
    expect(gateway.upstream.chats.at(-1)?.body.includes(Buffer.from([0xed, 0xa0, 0xbd]))).toBe(false);
  }
});
