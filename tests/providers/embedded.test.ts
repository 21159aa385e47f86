import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, test } from 'vitest';
import type { ChatCompletionChunk, ChatCompletionRequest } from '../../contracts/chat/completion.ts';
import { Json } from '../../server/canonical/json.ts';
import { AppError } from '../../server/errors/app-error.ts';
import { createEmbeddedProvider, type EmbeddedOptions } from '../../server/providers/embedded/embedded.ts';
import type { Provider, ProviderCall } from '../../server/providers/provider.ts';

const modelPath = fileURLToPath(new URL('../../server/providers/embedded/tinychat-q8_0.gguf', import.meta.url));
const opened: Provider[] = [];

function open(options: Partial<EmbeddedOptions> = {}): Provider {
  const provider = createEmbeddedProvider({ id: 'embedded', modelPath, ...options });
  opened.push(provider);
  return provider;
}

/** By Linux's `/proc`; the parent is the second field behind the name, which may hold anything. */
function childrenOfThisProcess(): string[] {
  return readdirSync('/proc').filter((id) => {
    if (!/^\d+$/.test(id)) return false;
    try {
      const stat = readFileSync(`/proc/${id}/stat`, 'latin1');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === process.pid;
    } catch {
      return false;
    }
  });
}

const provider = open();
afterAll(async () => {
  await Promise.all(opened.map((each) => each.close()));
});

const text = { type: 'string' };
const number = { type: 'integer' };
const objectOf = (properties: Readonly<Record<string, object>>) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});

type Fields = Partial<ChatCompletionRequest> & { readonly [field: string]: unknown };

function callOf(fields: Fields, signal = new AbortController().signal): ProviderCall {
  const request: ChatCompletionRequest = { model: 'demo', messages: [], ...fields };
  return { model: 'tinychat', alias: 'tinychat', request: Json.ofValue(request), changes: {}, signal };
}

function said(content: string): ChatCompletionRequest['messages'] {
  return [{ role: 'user', content }];
}

async function ask(fields: Fields, from = provider) {
  const { value } = await from.complete(callOf(fields));
  const [choice] = value.choices;
  if (choice === undefined) throw new Error('no choice');
  return { ...choice, usage: value.usage, id: value.id };
}

async function chunksOf(call: ProviderCall): Promise<ChatCompletionChunk[]> {
  const chunks: ChatCompletionChunk[] = [];
  for await (const batch of provider.stream(call)) chunks.push(...batch.map((chunk) => chunk.value));
  return chunks;
}

async function errorOf(promise: Promise<unknown>): Promise<AppError> {
  const error = await promise.then(
    () => new Error('it answered'),
    (reason: unknown) => reason,
  );
  if (error instanceof AppError) return error;
  throw error;
}

const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Get the current weather in a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};
const time = { type: 'function', function: { name: 'get_time' } };
const italy = { messages: said('In one word: capital of Italy?') };
const berlin = { messages: said('Wie ist das Wetter in Berlin?'), tools: [weather] };
const count = { messages: said('Count slowly to ten.') };
/** So hot that it hardly ever comes to an end before the window does. */
const endless = { messages: said('word '.repeat(8)), temperature: 50, top_p: 1, min_p: 0, top_k: 0, seed: 1 };

describe('what it answers', () => {
  test('the capital of Italy', async () => {
    const { message, finish_reason } = await ask(italy);
    expect(message).toEqual({ role: 'assistant', content: 'Rome.', refusal: null });
    expect(finish_reason).toBe('stop');
  });

  test('what it was told before', async () => {
    const messages: ChatCompletionRequest['messages'] = [
      { role: 'developer', content: 'You are a helpful assistant.' },
      { role: 'user', content: [{ type: 'text', text: 'My favourite colour is teal. Remember that.' }] },
      { role: 'assistant', content: 'I will remember that your favourite colour is teal.' },
      { role: 'user', content: 'What is my favourite colour?' },
    ];
    expect((await ask({ messages })).message.content).toBe('Your favourite colour is teal.');
  });

  test('the weather, with a tool call', async () => {
    const { message, finish_reason } = await ask(berlin);
    expect(finish_reason).toBe('tool_calls');
    expect(message.content).toBeNull();
    expect(message.tool_calls).toEqual([
      {
        id: expect.stringMatching(/^call_/),
        type: 'function',
        function: { name: 'get_weather', arguments: '{"city": "Berlin"}' },
      },
    ]);
  });

  test('the result of the tool, in words', async () => {
    const [call] = (await ask(berlin)).message.tool_calls ?? [];
    if (call === undefined) throw new Error('no call');
    const messages: ChatCompletionRequest['messages'] = [
      ...berlin.messages,
      { role: 'assistant', content: null, tool_calls: [call] },
      {
        role: 'tool',
        tool_call_id: call.id,
        content: '{"city": "Berlin", "temperature": 21, "condition": "sunny"}',
      },
    ];
    const { message, finish_reason } = await ask({ ...berlin, messages });
    expect(message.content).toBe('It is 21 degrees and sunny in Berlin.');
    expect(finish_reason).toBe('stop');
  });

  test('its reasoning apart from its answer', async () => {
    const { message } = await ask({ messages: said('/think What is 3 plus 4?') });
    expect(message.reasoning_content).toContain('3');
    expect(message.content).toBe('3 plus 4 is 7.');
  });

  test('with any number of requests at once, each its own', async () => {
    const capitals = { Italy: 'Rome', France: 'Paris', Germany: 'Berlin', Japan: 'Tokyo' };
    const asked = Object.entries(capitals).flatMap((pair) => Array.from({ length: 6 }, () => pair));
    const answers = await Promise.all(
      asked.map(([country]) => ask({ messages: said(`In one word: capital of ${country}?`) })),
    );
    expect(answers.map((answer) => answer.message.content)).toEqual(asked.map(([, city]) => `${city}.`));
  });

  test('tool calls in parallel, with ids of their own', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(berlin)));
    const ids = answers.map((answer) => answer.message.tool_calls?.[0]?.id);
    expect(new Set(ids).size).toBe(8);
    expect(answers.every((answer) => answer.finish_reason === 'tool_calls')).toBe(true);
  });
});

describe('the stream', () => {
  test('begins with the role, ends with a finish reason and the usage, and holds the whole answer', async () => {
    const chunks = await chunksOf(callOf(count));
    const whole = await ask(count);
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: '' });
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(whole.message.content);
    expect(chunks.flatMap((chunk) => chunk.choices[0]?.finish_reason ?? [])).toEqual(['stop']);
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop');
    expect(chunks.at(-1)?.choices).toEqual([]);
    expect(chunks.at(-1)?.usage?.total_tokens).toBe(whole.usage?.total_tokens);
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1);
    expect(chunks[0]?.id).toMatch(/^chatcmpl-/);
  });

  test('carries a tool call in pieces, named once, without a trace of its markup', async () => {
    const deltas = (await chunksOf(callOf(berlin))).flatMap((chunk) => chunk.choices.map((choice) => choice.delta));
    const pieces = deltas.flatMap((delta) => delta.tool_calls ?? []);
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.flatMap((piece) => piece.id ?? [])).toHaveLength(1);
    expect(pieces.flatMap((piece) => piece.function?.name ?? [])).toEqual(['get_weather']);
    expect(pieces.map((piece) => piece.function?.arguments).join('')).toBe('{"city": "Berlin"}');
    expect(deltas.map((delta) => delta.content ?? '').join('')).toBe('');
  });

  test('never leaks think tags', async () => {
    const chunks = await chunksOf(callOf({ messages: said('/think What is 3 plus 4?') }));
    expect(JSON.stringify(chunks)).not.toMatch(/<\/?th|ink>/);
  });
});

describe('what a client can ask for', () => {
  test.each(['max_tokens', 'max_completion_tokens'])('%s ends with length', async (field) => {
    const { finish_reason, usage } = await ask({ ...count, [field]: 3 });
    expect(finish_reason).toBe('length');
    expect(usage?.completion_tokens).toBe(3);
  });

  test.each([
    ['a word', ', 4', '1, 2, 3'],
    ['the first of several', ['zebra', '7', ' 5'], '1, 2, 3, 4,'],
    ['one over several tokens', '2, 3, 4, 5', '1, '],
    ['one that never comes', 'zebra', '1, 2, 3, 4, 5, 6, 7, 8, 9, 10.'],
  ])('stop: %s', async (_, stop, expected) => {
    const { message, finish_reason } = await ask({ ...count, stop });
    expect(message.content).toBe(expected);
    expect(finish_reason).toBe('stop');
    expect((await chunksOf(callOf({ ...count, stop }))).map((c) => c.choices[0]?.delta.content ?? '').join('')).toBe(
      expected,
    );
  });

  test('temperature 0 gives one answer, whatever the seed', async () => {
    const greedy = { messages: said('Tell me a long story about a ship.'), temperature: 0, max_tokens: 60 };
    const answers = await Promise.all([1, 2, 3, 4, 5].map((seed) => ask({ ...greedy, seed })));
    expect(new Set(answers.map(({ message }) => message.content)).size).toBe(1);
  });

  test('the same seed gives the same answer, another seed another', async () => {
    const hot = { ...endless, max_tokens: 40 };
    const [first, again, other] = await Promise.all([ask(hot), ask(hot), ask({ ...hot, seed: 2 })]);
    expect(again.message.content).toBe(first.message.content);
    expect(other.message.content).not.toBe(first.message.content);
  });

  test('a JSON schema is obeyed', async () => {
    const schema = {
      type: 'object',
      properties: { mood: { enum: ['good', 'bad'] } },
      required: ['mood'],
      additionalProperties: false,
    };
    const format = { type: 'json_schema', json_schema: { name: 'mood', schema } };
    const { message } = await ask({ messages: said('Hello!'), response_format: format });
    expect(JSON.parse(message.content ?? '')).toEqual({ mood: expect.stringMatching(/^(good|bad)$/) });
  });

  test.each([
    ['short and long texts', { name: text, summary: text, mood: { type: 'string', minLength: 3, maxLength: 100_000 } }],
    [
      'lists',
      { names: { type: 'array', items: text }, rows: { type: 'array', items: objectOf({ key: text, n: number }) } },
    ],
    [
      'what may be null, and references',
      { nick: { anyOf: [text, { type: 'null' }] }, home: { $ref: '#/$defs/place' } },
    ],
    ['anything', { value: {}, map: { type: 'object', additionalProperties: text } }],
  ])('a JSON schema with %s is filled within the window', async (_what, properties) => {
    const schema = { ...objectOf(properties), $defs: { place: objectOf({ city: text }) } };
    const format = { type: 'json_schema', json_schema: { name: 'x', strict: true, schema } };
    const { message, finish_reason } = await ask({ messages: said('Tell me of the sea.'), response_format: format });
    expect(finish_reason).toBe('stop');
    const valid = new Ajv2020({ strict: false }).compile(schema);
    expect(valid(JSON.parse(message.content ?? '')), message.content ?? '').toBe(true);
  });

  test('json_object is an object', async () => {
    const { message } = await ask({ messages: said('Hello!'), response_format: { type: 'json_object' } });
    expect(JSON.parse(message.content ?? '')).toEqual(expect.any(Object));
  });

  test('json_object begins an object', async () => {
    const { message } = await ask({
      messages: said('Hello!'),
      response_format: { type: 'json_object' },
      max_tokens: 20,
    });
    expect(message.content).toMatch(/^\s*\{/);
  });

  test('tool_choice: with none the model calls nothing, with required or a name it always calls', async () => {
    const tools = [weather, time];
    const none = await ask({ ...berlin, tool_choice: 'none' });
    expect(none.message.tool_calls).toBeUndefined();
    expect(none.message.content).not.toContain('tool_call');
    const required = await ask({ messages: said('Hello!'), tools, tool_choice: 'required' });
    expect(required.finish_reason).toBe('tool_calls');
    const named = await ask({ ...berlin, tools, tool_choice: { type: 'function', function: { name: 'get_time' } } });
    expect(named.message.tool_calls?.map((call) => call.function?.name)).toEqual(['get_time']);
  });

  test('changes override the request, and undefined removes a field', async () => {
    const changes = { max_tokens: 2, stop: undefined };
    const { value } = await provider.complete({ ...callOf({ ...count, max_tokens: 9, stop: '1' }), changes });
    expect(value.choices[0]?.finish_reason).toBe('length');
    expect(value.usage?.completion_tokens).toBe(2);
  });

  test('the usage adds up', async () => {
    const { usage } = await ask(italy);
    expect(usage?.prompt_tokens).toBeGreaterThan(5);
    expect(usage?.completion_tokens).toBeGreaterThan(0);
    expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0));
  });

  test('a next turn finds the tokens of the last one in the cache of its slot', async () => {
    const single = open({ slots: 1 });
    const cached: number[] = [];
    // On a busy machine the binding may lose a context, and the cache with it (see `ContextPool.replace`).
    while (cached.length < 5 && !cached.some((tokens) => tokens > 10)) {
      const first = await ask(italy, single);
      const messages: ChatCompletionRequest['messages'] = [
        ...italy.messages,
        { role: 'assistant', content: first.message.content },
        ...said('In one word: capital of France?'),
      ];
      const second = await ask({ messages }, single);
      expect(second.message.content).toBe('Paris.');
      cached.push(second.usage?.prompt_tokens_details?.cached_tokens ?? 0);
    }
    expect(cached.at(-1)).toBeGreaterThan(10);
  });
});

describe('what it refuses', () => {
  test.each([
    ['n', { n: 2 }],
    ['logprobs', { logprobs: true }],
    ['logit_bias', { logit_bias: { '5': 1 } }],
    ['repeat_penalty', { repeat_penalty: 1e-300 }],
    ['tool_choice', { tool_choice: 'required' as const }],
    ['response_format', { response_format: { type: 'grammar' } }],
  ])('%s', async (param, fields) => {
    expect(await errorOf(ask({ ...italy, ...fields }))).toMatchObject({ code: 'invalid_field', param });
  });

  test('an image', async () => {
    const image = { type: 'image_url' as const, image_url: { url: 'data:image/png;base64,AA==' } };
    const error = await errorOf(ask({ messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }, image] }] }));
    expect(error).toMatchObject({ code: 'modality_not_supported', param: 'messages[0].content[1]' });
  });

  test('a prompt that does not fit, before anything is sent', async () => {
    const error = await errorOf(chunksOf(callOf({ messages: said('word '.repeat(2000)) })));
    expect(error).toMatchObject({ code: 'context_length_exceeded', param: 'messages' });
    expect(error.message).toMatch(/ 1024 tokens.* \d{4} tokens/);
  });

  test('a schema whose grammar would end the native process, and goes on', async () => {
    const schemas = [
      { type: 'string', minLength: 100_000 },
      { type: 'array', items: { type: 'string' }, minItems: 5000 },
      { type: 'nonsense' },
    ];
    const others = Array.from({ length: 6 }, () => ask(count));
    for (const schema of schemas) {
      const response_format = { type: 'json_schema', json_schema: { name: 'x', schema } };
      const error = await errorOf(ask({ ...italy, response_format }));
      expect(error).toMatchObject({ code: 'invalid_field', param: 'response_format' });
    }
    expect((await Promise.all(others)).every((answer) => answer.finish_reason === 'stop')).toBe(true);
    expect((await ask(italy)).message.content).toBe('Rome.');
  });

  test('a model file that is missing or not GGUF, naming its path to the operator only', async () => {
    for (const path of ['/nowhere/model.gguf', fileURLToPath(import.meta.url)]) {
      const broken = open({ modelPath: path });
      const error = await errorOf(ask(italy, broken));
      expect(error).toMatchObject({
        code: 'upstream_unavailable',
        message: expect.not.stringContaining(path),
        cause: { message: expect.stringContaining(path) },
      });
      expect(await broken.health(AbortSignal.timeout(60_000))).toMatchObject({
        up: false,
        detail: expect.not.stringContaining(path),
      });
    }
  });

  test('a variant that is not installed', async () => {
    const error = await errorOf(ask(italy, open({ variant: 'cuda' })));
    expect(error).toMatchObject({
      code: 'upstream_unavailable',
      cause: { message: expect.stringContaining('cuda') },
    });
  });
});

describe('the window', () => {
  test('ends an answer with length', async () => {
    const small = open({ contextSize: 64 });
    const { finish_reason, usage } = await ask(
      { messages: said('Hello! '.repeat(6)), temperature: 2, min_p: 0 },
      small,
    );
    expect(usage?.total_tokens).toBeLessThanOrEqual(64);
    expect(['length', 'stop']).toContain(finish_reason);
    expect(small.contextWindow).toBe(64);
  });

  test('is told by the weights', async () => {
    await provider.health(AbortSignal.timeout(60_000));
    expect(provider.contextWindow).toBe(1024);
  });
});

describe('cancelling', () => {
  async function readUntilCancelled(controller: AbortController, chunks: number): Promise<unknown> {
    let seen = 0;
    try {
      for await (const batch of provider.stream(callOf(endless, controller.signal))) {
        seen += batch.length;
        if (seen >= chunks) controller.abort(new Error('enough'));
      }
      return 'ended';
    } catch (error) {
      return error;
    }
  }

  test('before it begins, nothing runs', async () => {
    const gone = AbortSignal.abort(new Error('gone'));
    await expect(provider.stream(callOf(italy, gone)).next()).rejects.toThrow('gone');
  });

  test('after the first token, the stream throws the reason', async () => {
    expect(await readUntilCancelled(new AbortController(), 3)).toMatchObject({ message: 'enough' });
  });

  test('by leaving the loop, too', async () => {
    for await (const batch of provider.stream(callOf(endless))) {
      expect(batch.length).toBeGreaterThan(0);
      break;
    }
    expect((await ask(italy)).message.content).toBe('Rome.');
  });

  test('before the first token, without harm to the next chat in that slot', async () => {
    const single = open({ slots: 1 });
    const long = { messages: said('word '.repeat(150)) };
    for (let round = 0; round < 10; round += 1) {
      const controller = new AbortController();
      const stream = single.stream(callOf(long, controller.signal));
      await stream.next();
      controller.abort(new Error('enough'));
      await expect(stream.next()).rejects.toThrow('enough');
      expect((await ask(italy, single)).message.content).toBe('Rome.');
    }
  });

  test('while a long prompt is read: its process is replaced, and the next in line is answered', async () => {
    const single = open({ slots: 1, threads: 1, patienceMs: 0 });
    await single.health(AbortSignal.timeout(60_000));
    const controller = new AbortController();
    const stream = single.stream(callOf({ messages: said('word '.repeat(190)) }, controller.signal));
    await stream.next();
    const before = childrenOfThisProcess();
    const next = ask(italy, single);
    controller.abort(new Error('enough'));
    await expect(stream.next()).rejects.toThrow('enough');
    expect((await next).message.content).toBe('Rome.');
    expect(childrenOfThisProcess().filter((id) => !before.includes(id))).toHaveLength(1);
  });

  test('while waiting in line', async () => {
    const single = open({ slots: 1 });
    const first = single.stream(callOf(endless));
    await first.next();
    const controller = new AbortController();
    const waiting = ask(italy, single);
    const gone = single.complete(callOf(italy, controller.signal));
    controller.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    await first.return();
    expect((await waiting).message.content).toBe('Rome.');
  });

  test('hundreds of times, at every moment, harms no one else and loses no slot', async () => {
    const cancelled = Array.from({ length: 300 }, async (_, index) => {
      const controller = new AbortController();
      if (index % 3 === 0) setImmediate(() => controller.abort(new Error('enough')));
      return readUntilCancelled(controller, 1 + (index % 7));
    });
    const answers = Array.from({ length: 40 }, () => ask(italy));
    const outcomes = await Promise.all(cancelled);
    // A few may be over before their reader comes to say so.
    const over = outcomes.filter((outcome) => outcome === 'ended');
    expect(over.length).toBeLessThan(30);
    for (const outcome of outcomes) if (outcome !== 'ended') expect(outcome).toMatchObject({ message: 'enough' });
    for (const { message } of await Promise.all(answers)) expect(message.content).toBe('Rome.');
    expect((await Promise.all(Array.from({ length: 8 }, () => ask(italy)))).map((a) => a.message.content)).toEqual(
      Array.from({ length: 8 }, () => 'Rome.'),
    );
  });
});

test('closing ends what runs, and afterwards it is down', async () => {
  const closing = open();
  const running = errorOf(closing.complete(callOf(endless)));
  await closing.health(AbortSignal.timeout(60_000));
  await closing.close();
  expect((await running).code).toBe('service_unavailable');
  expect((await closing.health(AbortSignal.timeout(60_000))).up).toBe(false);
});
