import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { type AccountsGateway, startAccounts } from '../support/start-accounts.ts';
import { bearer } from '../support/start-gateway.ts';
import { type ScriptedGateway, type ScriptedOptions, startScripted } from '../support/start-scripted.ts';
import { answer, callTools, say } from '../support/upstream/scripts/answers.ts';
import { refuse } from '../support/upstream/scripts/refusals.ts';

const rows: readonly (readonly [string, ScriptedOptions])[] = [
  ['openai-compatible', {}],
  ['anthropic', { kind: 'anthropic', upstream: { dialect: 'anthropic' } }],
  ['gemini', { kind: 'gemini', upstream: { dialect: 'gemini' } }],
  ['openai-responses', { kind: 'openai-responses', upstream: { dialect: 'openai-responses' } }],
];

const model = 'scripted';
const weather: OpenAI.Responses.FunctionTool = {
  type: 'function',
  name: 'get_weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
  strict: false,
};
const SUMMARY = 'Ada asked for the weather in Rome; it is 21 degrees. Grüße 👋';

/** The compaction at the end of an output. */
function compactionIn(output: readonly OpenAI.Responses.ResponseOutputItem[]) {
  const last = output.at(-1);
  if (last?.type !== 'compaction') throw new Error(`The last item is ${last?.type}.`);
  return last;
}

describe.each(rows)('a compaction over %s', (_name, options) => {
  let gateway: ScriptedGateway;
  let client: OpenAI;
  beforeAll(async () => {
    gateway = await startScripted(options);
    client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: bearer, maxRetries: 0, timeout: 60_000 });
  });
  afterAll(() => gateway.close());

  const received = () => gateway.upstream.chats.at(-1)?.body.toString() ?? '';

  test('of an input keeps what the user said, and the summary is read by the next request', async () => {
    gateway.upstream.reply(say(SUMMARY, { usage: { prompt: 90, completion: 12 } }));
    const compacted = await client.responses.compact({
      model,
      instructions: 'You are a gardener.',
      input: [
        { role: 'user', content: 'My name is Ada.' },
        { type: 'message', role: 'assistant', content: 'Hello Ada.' },
        { role: 'user', content: [{ type: 'input_text', text: 'How warm is Rome?' }] },
        { type: 'function_call', call_id: 'call_1', name: 'get_weather', arguments: '{"city":"Rome"}' },
        { type: 'function_call_output', call_id: 'call_1', output: '21 degrees' },
      ],
      // Codex sends the tools that the calls before belong to.
      ...{ tools: [weather], parallel_tool_calls: true },
    });
    for (const said of ['You are a gardener.', 'Hello Ada.', '21 degrees']) expect(received()).toContain(said);
    expect(compacted).toMatchObject({
      id: expect.stringMatching(/^resp_/),
      object: 'response.compaction',
      usage: { input_tokens: 90, output_tokens: 12, total_tokens: 102 },
      output: [
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'My name is Ada.' }] },
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'How warm is Rome?' }] },
        { type: 'compaction' },
      ],
    });
    const { encrypted_content: sealed } = compactionIn(compacted.output);
    expect(Buffer.from(sealed.slice(sealed.indexOf('.') + 1), 'base64url').toString('utf8')).not.toContain('Rome');

    const input = [...compacted.output, { role: 'user', content: 'And tomorrow?' }] as OpenAI.Responses.ResponseInput;
    for (const store of [true, false]) {
      gateway.upstream.reply(say('Warmer.'));
      const next = await client.responses.create({ model, input, store });
      expect(next.output_text).toBe('Warmer.');
      expect(received()).toContain('Grüße 👋');
      expect(received()).toContain('And tomorrow?');
      expect(received()).not.toContain(sealed);
    }
  });

  test('of a stored response reads what came before it, and can be compacted again', async () => {
    gateway.upstream.reply(say('Noted: the code is 4711.'));
    const first = await client.responses.create({ model, input: 'Remember the code 4711.' });
    gateway.upstream.reply(say('The code is 4711.'));
    const compacted = await client.responses.compact({ model, previous_response_id: first.id });
    expect(received()).toContain('Noted: the code is 4711.');
    expect(compacted.output).toMatchObject([{ role: 'user' }, { type: 'compaction' }]);

    const input = [...compacted.output, { role: 'user', content: 'Thanks.' }] as OpenAI.Responses.ResponseInput;
    gateway.upstream.reply(say('A second summary.'));
    const again = await client.responses.compact({ model, input });
    expect(received()).toContain('The code is 4711.');
    expect(again.output).toMatchObject([
      { content: [{ text: 'Remember the code 4711.' }] },
      { content: [{ text: 'Thanks.' }] },
      { type: 'compaction' },
    ]);
    // The conversation itself is as it was.
    gateway.upstream.reply(say('Still here.'));
    const next = await client.responses.create({ model, input: 'Still there?', previous_response_id: first.id });
    expect(next.output_text).toBe('Still here.');
    expect(received()).not.toContain('The code is 4711.');
    expect(received()).toContain('Noted: the code is 4711.');
  });

  test('streams, and calls tools, like any other history', async () => {
    gateway.upstream.reply(say('They look at weather.'));
    const compacted = await client.responses.compact({ model, input: 'How warm is Rome?' });
    gateway.upstream.reply(callTools([{ name: 'get_weather', arguments: { city: 'Rome' }, id: 'call_1' }]));
    const input = [...compacted.output, { role: 'user', content: 'Go on.' }] as OpenAI.Responses.ResponseInput;
    const types: string[] = [];
    for await (const { type } of await client.responses.create({ model, input, tools: [weather], stream: true })) {
      types.push(type);
    }
    expect(types).toContain('response.function_call_arguments.done');
    expect(types.at(-1)).toBe('response.completed');
  });
});

describe('what is compacted', () => {
  let gateway: ScriptedGateway;
  beforeAll(async () => {
    gateway = await startScripted({ fields: 'context_window: 2000' });
  });
  afterAll(() => gateway.close());

  const compact = (fields: object) => gateway.call('POST', '/v1/responses/compact', { model, ...fields });

  test('may have outgrown the window: the oldest turns are left out, and the newest words are kept', async () => {
    const turns = Array.from({ length: 60 }, (_, i) => [
      { role: 'user', content: `Question ${i}: ${'word '.repeat(40)}` },
      { role: 'assistant', content: `Answer ${i}: ${'word '.repeat(40)}` },
    ]).flat();
    const response = await compact({ input: turns });
    expect(response.status).toBe(200);
    const asked = gateway.upstream.chats.at(-1)?.body.toString() ?? '';
    expect(asked).toContain('Answer 59:');
    expect(asked).not.toContain('Question 0:');
    const { output } = await response.json();
    const kept = output.slice(0, -1).map(({ content }: { content: { text: string }[] }) => content[0]?.text);
    expect(kept.length).toBeGreaterThan(2);
    expect(kept.length).toBeLessThan(12);
    expect(kept.at(-1)).toContain('Question 59:');
  });

  test.each([
    [{}, 'missing_field', 'input'],
    [{ input: [] }, 'missing_field', 'input'],
    [{ input: 'x', model: 'nothing' }, 'model_not_in_allowlist', 'model'],
    [{ previous_response_id: `resp_${'0'.repeat(32)}` }, 'response_not_found', 'previous_response_id'],
    [{ input: [{ type: 'nonsense' }] }, 'invalid_field', 'input[0].type'],
  ])('as %j is refused', async (fields, code, param) => {
    expect(await errorOf(await compact(fields))).toMatchObject({ code, param });
  });

  test.each([
    ['nothing', answer({ text: [' '] }), 502, 'upstream_broken'],
    ['a refusal', refuse('bad-request'), 400, 'upstream_rejected'],
  ])('by a model that answers with %s is an error', async (_what, script, status, code) => {
    gateway.upstream.reply(script);
    expect(await errorOf(await compact({ input: 'x' }))).toMatchObject({ status, code });
  });

  test('is no response that can be read', async () => {
    const { id } = await (await compact({ input: 'x' })).json();
    expect((await gateway.call('GET', `/v1/responses/${id}`)).status).toBe(404);
    expect((await gateway.call('GET', '/v1/responses/compact')).status).toBe(404);
    expect((await gateway.call('PUT', '/v1/responses/compact')).headers.get('allow')).toBe('POST');
  });
});

describe('a sealed summary', () => {
  let gateway: AccountsGateway;
  beforeAll(async () => {
    gateway = await startAccounts();
  });
  afterAll(() => gateway.close());

  test('is for its owner alone, and for nobody when it was changed', async () => {
    const [ann, annsOther, bob] = await Promise.all([
      gateway.createKey({ owner: 'ann', credit_usd: 5 }),
      gateway.createKey({ owner: 'ann', credit_usd: 5 }),
      gateway.createKey({ owner: 'bob', credit_usd: 5 }),
    ]);
    const chosen = (await (await gateway.as(ann)('GET', '/v1/models')).json()).data[0].id;
    const made = await gateway.as(ann)('POST', '/v1/responses/compact', { model: chosen, input: 'The plan.' });
    expect(made.status).toBe(200);
    const item = (await made.json()).output.at(-1);
    const ask = (key: typeof ann, encrypted_content: string) =>
      gateway.as(key)('POST', '/v1/responses', { model: chosen, input: [{ ...item, encrypted_content }] });

    expect((await ask(ann, item.encrypted_content)).status).toBe(200);
    expect((await ask(annsOther, item.encrypted_content)).status).toBe(200);
    const refused = { code: 'invalid_field', param: 'input[0].encrypted_content' };
    expect(await errorOf(await ask(bob, item.encrypted_content))).toMatchObject(refused);
    const { encrypted_content: sealed } = item;
    const dot = sealed.indexOf('.') + 1;
    const bytes = Buffer.from(sealed.slice(dot), 'base64url');
    const changes = [0, 13, bytes.length - 1].map((at) => {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      return sealed.slice(0, dot) + changed.toString('base64url');
    });
    for (const changed of [...changes, sealed.slice(0, -4), sealed.slice(0, dot)]) {
      expect(await errorOf(await ask(ann, changed))).toMatchObject(refused);
    }
  });

  test('is paid for as any answer is', async () => {
    const key = await gateway.createKey({ credit_usd: 5 });
    const chosen = (await (await gateway.as(key)('GET', '/v1/models')).json()).data[0].id;
    await gateway.as(key)('POST', '/v1/responses/compact', { model: chosen, input: 'The plan.' });
    const { items } = await (
      await gateway.call('GET', `/api/usage?key_id=${key.id}&operation=v1.responses.compact`)
    ).json();
    expect(items).toMatchObject([{ requests: 1, failed: 0 }]);
  });
});
