import Anthropic, {
  APIError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bearer, type Gateway, startGateway } from '../support/start-gateway.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { callTools, gated, say, think } from '../support/upstream/scripts/answers.ts';
import { destroyAfter, errorInStream, hangAfter } from '../support/upstream/scripts/failures.ts';
import { refuse } from '../support/upstream/scripts/refusals.ts';

const messages = [{ role: 'user' as const, content: 'In one word: capital of Italy?' }];
const ask = { model: 'scripted', max_tokens: 100, messages };
const weather = {
  name: 'get_weather',
  description: 'Get current weather for a location',
  input_schema: { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] },
};

const clientOf = ({ url }: Gateway, apiKey = bearer) =>
  new Anthropic({ baseURL: url, apiKey, maxRetries: 0, timeout: 110_000 });

const upstreams = [
  ['vllm', 'openai-compatible'],
  ['anthropic', 'anthropic'],
  ['gemini', 'gemini'],
  ['openai-responses', 'openai-responses'],
] as const;

describe('over the embedded model', () => {
  let gateway: Gateway;
  let client: Anthropic;
  beforeAll(async () => {
    gateway = await startGateway();
    client = clientOf(gateway);
  });
  afterAll(() => gateway.close());

  const small = { ...ask, model: 'llama-4-scout' };
  const question = [{ role: 'user' as const, content: 'Wie ist das Wetter in Berlin?' }];

  test('answers, whole and as a stream', async () => {
    const answer = await client.messages.create(small);
    expect(answer).toMatchObject({ content: [{ type: 'text', text: 'Rome.' }], stop_reason: 'end_turn' });
    expect(answer.usage.input_tokens).toBeGreaterThan(3);
    const streamed = await client.messages.stream(small).finalMessage();
    expect(streamed.content).toMatchObject(answer.content);
    expect(streamed.usage.output_tokens).toBe(answer.usage.output_tokens);
  });

  test('thinks', async () => {
    const thinking = { ...small, messages: [{ role: 'user' as const, content: '/think What is 3 plus 4?' }] };
    const { content } = await client.messages.stream({ ...thinking, max_tokens: 300 }).finalMessage();
    expect(content.map(({ type }) => type)).toEqual(['thinking', 'text']);
  });

  test.each([false, true])('calls a tool and takes its result, streamed: %s', async (stream) => {
    const run = (messages: Anthropic.MessageParam[]) => {
      const request = { ...small, messages, tools: [weather] };
      return stream ? client.messages.stream(request).finalMessage() : client.messages.create(request);
    };
    const first = await run(question);
    expect(first.stop_reason).toBe('tool_use');
    const use = first.content.find((block) => block.type === 'tool_use');
    expect(use).toMatchObject({ name: 'get_weather', input: { city: 'Berlin' } });
    const result = {
      type: 'tool_result' as const,
      tool_use_id: use?.id ?? '',
      content: [{ type: 'text' as const, text: '{"city": "Berlin", "temperature": 21, "condition": "sunny"}' }],
    };
    const second = await run([
      ...question,
      { role: 'assistant', content: first.content },
      { role: 'user', content: [result] },
    ]);
    expect(second.content).toMatchObject([{ type: 'text', text: 'It is 21 degrees and sunny in Berlin.' }]);
  });

  test('says how much too long a prompt is', async () => {
    const long = { ...small, system: 'word '.repeat(20_000) };
    const failure = await client.messages.create(long).catch((error) => error);
    expect(failure).toBeInstanceOf(BadRequestError);
    expect(failure.error.error.message).toMatch(/^prompt is too long: \d+ tokens > \d+ maximum$/);
  });
});

describe.each(upstreams)('over %s', (dialect, kind) => {
  let gateway: ScriptedGateway;
  let client: Anthropic;
  beforeAll(async () => {
    gateway = await startScripted({ kind, upstream: { dialect, unchecked: dialect === 'anthropic' } });
    client = clientOf(gateway);
  });
  afterAll(() => gateway.close());

  test('answers', async () => {
    gateway.upstream.reply(say('Rome, of course.'));
    expect(await client.messages.create(ask)).toMatchObject({
      type: 'message',
      model: 'scripted',
      content: [{ type: 'text', text: 'Rome, of course.' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 9, output_tokens: 3 },
    });
  });

  test('the stream helper gives the thinking, the text, the usage and the whole message', async () => {
    gateway.upstream.reply(think('Italy, so', 'Rome.'));
    const stream = client.messages.stream(ask);
    const pieces: string[] = [];
    stream.on('text', (text) => pieces.push(text));
    const final = await stream.finalMessage();
    expect(pieces.join('')).toBe('Rome.');
    expect(final).toMatchObject({
      model: 'scripted',
      content: [
        { type: 'thinking', thinking: 'Italy, so' },
        { type: 'text', text: 'Rome.' },
      ],
      stop_reason: 'end_turn',
      usage: { input_tokens: 9, output_tokens: 3 },
    });
  });

  test('tools run to an answer, streamed', async () => {
    const calls = [{ name: 'get_weather', arguments: { city: 'Rome' } }];
    gateway.upstream.reply(callTools(calls), say('Sunny.'));
    const first = await client.messages.stream({ ...ask, tools: [weather] }).finalMessage();
    expect(first.stop_reason).toBe('tool_use');
    const use = first.content.find((block) => block.type === 'tool_use');
    expect(use).toMatchObject({ name: 'get_weather', input: { city: 'Rome' } });
    const result = { type: 'tool_result' as const, tool_use_id: use?.id ?? '', content: 'Sun' };
    const second = await client.messages.create({
      ...ask,
      tools: [weather],
      messages: [...messages, { role: 'assistant', content: first.content }, { role: 'user', content: [result] }],
    });
    expect(second.content).toMatchObject([{ type: 'text', text: 'Sunny.' }]);
  });

  test("a tool runner goes on without the threads of Anthropic's own service", async () => {
    gateway.upstream.reply(
      callTools([{ name: 'get_weather', arguments: { city: 'Rome' }, id: 'call_runner' }]),
      say('Sunny in Rome.'),
    );
    const tool = { ...weather, run: async () => 'sunny', parse: (input: unknown) => input };
    const answer = await client.beta.messages.toolRunner({ ...ask, tools: [tool] });
    expect(answer.content).toMatchObject([{ type: 'text', text: 'Sunny in Rome.' }]);
  });

  test('tokens come one by one', async () => {
    const { script, gate } = gated('One two');
    gateway.upstream.reply(script);
    const pending = client.messages.create({ ...ask, stream: true });
    await gate.reached();
    gate.release();
    const said: string[] = [];
    for await (const event of await pending) {
      if (event.type !== 'content_block_delta' || event.delta.type !== 'text_delta') continue;
      said.push(event.delta.text);
      gate.release();
    }
    expect(said).toEqual(['One', ' two']);
  });

  test('leaving reaches the upstream', async () => {
    gateway.upstream.reply(hangAfter(1));
    const stream = await client.messages.create({ ...ask, stream: true });
    const streaming = gateway.upstream.chats.at(-1);
    for await (const event of stream) if (event.type === 'content_block_delta') stream.controller.abort();
    await streaming?.aborted;
    expect(streaming?.closedEarly).toBe(true);
  });

  test.each([
    ['an error event', errorInStream()],
    ['a cut connection', destroyAfter(2)],
  ])('%s amid the stream is thrown', async (_what, script) => {
    gateway.upstream.reply(script);
    const error = await refusal(client.messages.stream(ask).finalMessage());
    expect(error).toBeInstanceOf(APIError);
    expect(error).not.toBeInstanceOf(APIUserAbortError);
    expect(error.type).toMatch(/^(api|overloaded)_error$/);
  });

  test.each([
    ['a quota', 'rate-limited', RateLimitError, 'rate_limit_error'],
    ['a failure', 'server-error', InternalServerError, 'api_error'],
    ['a prompt that is too long', 'context-overflow', BadRequestError, 'invalid_request_error'],
  ] as const)('%s becomes the class of the library', async (_what, failure, kindOf, type) => {
    gateway.upstream.reply(refuse(failure), refuse(failure));
    for (const call of [() => client.messages.create(ask), () => client.messages.stream(ask).finalMessage()]) {
      const error = await refusal(call());
      expect(error).toBeInstanceOf(kindOf);
      expect(error.type).toBe(type);
      expect(error.requestID).toMatch(/^req_/);
    }
  });

  test('counts tokens, lists and gets models', async () => {
    const { input_tokens: tokens } = await client.messages.countTokens({ model: 'scripted', messages });
    expect(tokens).toBeGreaterThan(3);
    const ids: string[] = [];
    for await (const { id } of client.models.list()) ids.push(id);
    expect(ids).toEqual(['scripted']);
    expect(await client.models.retrieve('scripted')).toMatchObject({ type: 'model', display_name: 'scripted' });
  });

  test('a wrong key and an unknown model are refused', async () => {
    expect(await refusal(clientOf(gateway, 'wrong').messages.create(ask))).toBeInstanceOf(AuthenticationError);
    expect(await refusal(client.messages.create({ ...ask, model: 'nobody' }))).toBeInstanceOf(NotFoundError);
    expect(await refusal(client.models.retrieve('nobody'))).toBeInstanceOf(NotFoundError);
  });
});

/** What the call was refused with. */
async function refusal(call: PromiseLike<unknown>): Promise<APIError> {
  const error = await Promise.resolve(call).then(
    () => new Error('It answered.'),
    (reason: unknown) => reason,
  );
  if (error instanceof APIError) return error;
  throw error;
}
