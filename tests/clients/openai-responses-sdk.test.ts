import OpenAI, { BadRequestError } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { faultsOf } from '../support/openai-schema.ts';
import { payloadsOf } from '../support/read-events.ts';
import { bearer } from '../support/start-gateway.ts';
import { type ScriptedGateway, type ScriptedOptions, startScripted } from '../support/start-scripted.ts';
import { answer, callTools, say } from '../support/upstream/scripts/answers.ts';
import { destroyAfter } from '../support/upstream/scripts/failures.ts';
import { refuse } from '../support/upstream/scripts/refusals.ts';

const rows: readonly (readonly [string, ScriptedOptions])[] = [
  ['vllm', {}],
  ['anthropic', { kind: 'anthropic', upstream: { dialect: 'anthropic' } }],
  ['gemini', { kind: 'gemini', upstream: { dialect: 'gemini' } }],
  ['openai-responses', { kind: 'openai-responses', upstream: { dialect: 'openai-responses' } }],
];

const model = 'scripted';
const weather: OpenAI.Responses.FunctionTool = {
  type: 'function',
  name: 'get_weather',
  description: 'Tells the weather.',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  },
  strict: false,
};
const schema = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
};
const signed = { reasoning: ['I must look.'], text: ['I ', 'look.'], signature: 'c2lnbmVk' };

describe.each(rows)('the official SDK over %s', (name, options) => {
  let gateway: ScriptedGateway;
  let client: OpenAI;
  beforeAll(async () => {
    gateway = await startScripted(options);
    client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: bearer, maxRetries: 0, timeout: 110_000 });
  });
  afterAll(() => gateway.close());

  const received = () => gateway.upstream.chats.at(-1)?.body.toString() ?? '';

  test('creates, reads, lists and deletes', async () => {
    gateway.upstream.reply(say('Rome.'));
    const made = await client.responses.create({ model, input: 'Capital of Italy?', instructions: 'Be brief.' });
    expect([made.output_text, made.status]).toEqual(['Rome.', 'completed']);
    expect(faultsOf('Response', made)).toEqual([]);
    expect((await client.responses.retrieve(made.id)).output).toEqual(made.output);
    const items = [];
    for await (const item of client.responses.inputItems.list(made.id)) items.push(item);
    expect(items).toMatchObject([{ type: 'message', role: 'user' }]);
    await client.responses.delete(made.id);
    await expect(client.responses.retrieve(made.id)).rejects.toMatchObject({ status: 404, code: 'response_not_found' });
  });

  test('streams', async () => {
    gateway.upstream.reply(say(['Grüße', ' 👋', '.']));
    const stream = client.responses.stream({ model, input: 'Hi' });
    let text = '';
    stream.on('response.output_text.delta', ({ delta }) => {
      text += delta;
    });
    const final = await stream.finalResponse();
    expect([text, final.output_text, final.status]).toEqual(['Grüße 👋.', 'Grüße 👋.', 'completed']);
  });

  test('runs a loop of tools, with the reasoning that led to the call', async () => {
    gateway.upstream.reply(
      callTools([{ name: 'get_weather', arguments: { city: 'Rome' }, id: 'call_1' }], signed),
      say('Sunny.'),
    );
    const fields = {
      model,
      store: false,
      tools: [weather],
      include: ['reasoning.encrypted_content' as const],
      reasoning: { summary: 'auto' as const },
    };
    const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: 'Weather in Rome?' }];
    const first = await client.responses.stream({ ...fields, input }).finalResponse();
    const call = first.output.find((item) => item.type === 'function_call');
    expect(call).toMatchObject({ call_id: 'call_1', name: 'get_weather', arguments: '{"city":"Rome"}' });
    expect(first.output[0]).toMatchObject({ type: 'reasoning', encrypted_content: expect.any(String) });
    const said = first.output.filter((item) => item.type === 'reasoning' || item.type === 'function_call');
    input.push(...said, { type: 'function_call_output', call_id: 'call_1', output: '{"sky":"clear"}' });
    expect((await client.responses.create({ ...fields, input })).output_text).toBe('Sunny.');
    expect(received()).toContain('clear');
    // What proves the reasoning to its vendor is with its vendor again; vLLM wants the words.
    expect(received()).toContain(name === 'vllm' ? 'I must look.' : 'c2lnbmVk');
  });

  test('gets the same reasoning back by way of the store', async () => {
    gateway.upstream.reply(
      callTools([{ name: 'get_weather', arguments: { city: 'Rome' }, id: 'call_1' }], signed),
      say('Sunny.'),
    );
    const first = await client.responses.create({ model, tools: [weather], input: 'Weather in Rome?' });
    const result = { type: 'function_call_output' as const, call_id: 'call_1', output: '{"sky":"clear"}' };
    const fields = { model, tools: [weather], input: [result] };
    const second = await client.responses.create({ ...fields, previous_response_id: first.id });
    expect(second.output_text).toBe('Sunny.');
    expect(received()).toContain(name === 'vllm' ? 'I must look.' : 'c2lnbmVk');
  });

  test('parses structured output', async () => {
    gateway.upstream.reply(say('{"city":"Rome"}'));
    const parsed = await client.responses.parse({
      model,
      input: 'Capital of Italy?',
      text: { format: { type: 'json_schema', name: 'answer', schema, strict: true } },
    });
    expect(parsed.output_parsed).toEqual({ city: 'Rome' });
    expect(received()).toContain('"city"');
  });

  test('goes on with a conversation', async () => {
    gateway.upstream.reply(say('One.'), say('Two.'));
    const conversation = await client.conversations.create({ metadata: { topic: 'x' } });
    await client.responses.create({ model, conversation: conversation.id, input: 'First' });
    await client.responses.create({ model, conversation: conversation.id, input: 'Second' });
    expect(received()).toContain('One.');
    const items = [];
    for await (const item of client.conversations.items.list(conversation.id, { order: 'asc', limit: 3 }))
      items.push(item);
    expect(items.map(({ type }) => type)).toEqual(['message', 'message', 'message', 'message']);
    expect(await client.conversations.delete(conversation.id)).toMatchObject({ deleted: true });
  });

  test('waits for a response in the background', async () => {
    gateway.upstream.reply(say('Done.'));
    let response = await client.responses.create({ model, background: true, input: 'Hi' });
    for await (const event of await client.responses.retrieve(response.id, { stream: true })) {
      if (event.type === 'response.completed') response = event.response;
    }
    expect(response.status).toBe('completed');
    expect((await client.responses.retrieve(response.id)).output_text).toBe('Done.');
    await expect(client.responses.cancel(response.id)).resolves.toMatchObject({ status: 'completed' });
  });

  test('is told of an overflow in a way that it knows', async () => {
    gateway.upstream.reply(refuse('context-overflow'));
    const failed: unknown = await client.responses.create({ model, input: 'Hi' }).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(BadRequestError);
    expect(failed).toMatchObject({ code: 'context_length_exceeded' });
  });

  test('is told of an answer that breaks off', async () => {
    gateway.upstream.reply(destroyAfter(1));
    const stream = await client.responses.create({ model, input: 'Hi', stream: true });
    const read = async () => {
      for await (const event of stream) expect(event.type).not.toBe('response.completed');
    };
    await expect(read()).rejects.toThrow();
  });
});

test('every event over every upstream is as OpenAI describes it', async () => {
  for (const [name, options] of rows) {
    const gateway = await startScripted(options);
    gateway.upstream.reply(
      answer({
        ...signed,
        calls: [{ name: 'get_weather', pieces: ['{"city":', '"Rome"}'], id: 'call_1' }],
      }),
    );
    const body = {
      model,
      input: 'Hi',
      stream: true,
      tools: [weather],
      reasoning: { summary: 'auto' },
      include: ['reasoning.encrypted_content'],
    };
    const text = await (await gateway.call('POST', '/v1/responses', body)).text();
    const events = payloadsOf(text).map((payload) => JSON.parse(payload));
    expect(
      events.flatMap((event) => faultsOf('ResponseStreamEvent', event).map((it) => [name, event.type, it])),
    ).toEqual([]);
    const types = events.at(-1).response.output.map(({ type }: { type: string }) => type);
    // Gemini signs the call itself: what proves it stands before it.
    const proof = name === 'gemini' ? ['reasoning'] : [];
    expect([name, types]).toEqual([name, ['reasoning', 'message', ...proof, 'function_call']]);
    await gateway.close();
  }
});
