import OpenAI, {
  APIConnectionError,
  APIError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  ConflictError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { faultsOf } from '../support/openai-schema.ts';
import { chunksOf } from '../support/read-events.ts';
import { bearer, type Gateway, startGateway } from '../support/start-gateway.ts';
import { type ScriptedGateway, startScripted, upstreamKey } from '../support/start-scripted.ts';
import { callTools, gated, say, think } from '../support/upstream/scripts/answers.ts';
import { destroyAfter, errorInStream, hangAfter, hangBeforeHeaders } from '../support/upstream/scripts/failures.ts';
import { refuse } from '../support/upstream/scripts/refusals.ts';

const messages = [{ role: 'user' as const, content: 'In one word: capital of Italy?' }];
const weather = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    description: 'Get current weather for a location',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};

const clientOf = ({ url }: Gateway, options: { apiKey?: string; maxRetries?: number } = {}) =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: bearer, maxRetries: 0, timeout: 110_000, ...options });

let demo: Gateway;
let scripted: ScriptedGateway;
let client: OpenAI;
beforeAll(async () => {
  [demo, scripted] = await Promise.all([startGateway(), startScripted()]);
  client = clientOf(scripted);
});
afterAll(() => Promise.all([demo.close(), scripted.close()]));

/** What the call was refused with. */
const refusal = async (call: PromiseLike<unknown>): Promise<APIError> => {
  const error = await Promise.resolve(call).then(
    () => new Error('It answered.'),
    (reason: unknown) => reason,
  );
  if (error instanceof APIError) return error;
  throw error;
};

describe('against the embedded model', () => {
  const model = 'llama-4-scout';

  test('lists and gets the models', async () => {
    const page = await clientOf(demo).models.list();
    expect(page.data.map(({ id }) => id)).toContain(model);
    expect(await clientOf(demo).models.retrieve(model)).toMatchObject({ id: model, object: 'model' });
  });

  test('completes', async () => {
    const answer = await clientOf(demo).chat.completions.create({ model, messages, max_tokens: 30 });
    expect(answer.choices[0]?.message.content).toBe('Rome.');
    expect(answer.model).toBe(model);
    expect(answer.usage?.total_tokens).toBeGreaterThan(0);
  });

  test('streams', async () => {
    const options = { include_usage: true };
    const stream = await clientOf(demo).chat.completions.create({
      model,
      messages,
      stream: true,
      stream_options: options,
    });
    let text = '';
    let usage: OpenAI.CompletionUsage | null | undefined;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      usage = chunk.usage ?? usage;
    }
    expect(text).toBe('Rome.');
    expect(usage?.completion_tokens).toBeGreaterThan(0);
  });

  test('runs a tool with the helper of the library', async () => {
    const asked: unknown[] = [];
    const runner = clientOf(demo).chat.completions.runTools({
      model,
      messages: [{ role: 'user', content: 'Wie ist das Wetter in Berlin?' }],
      tools: [
        {
          type: 'function',
          function: {
            ...weather.function,
            parse: JSON.parse,
            function: (args: object) => {
              asked.push(args);
              return '{"city": "Berlin", "temperature": 21, "condition": "sunny"}';
            },
          },
        },
      ],
    });
    expect(await runner.finalContent()).toMatch(/21 degrees.*sunny.*Berlin/);
    expect(asked).toEqual([{ city: 'Berlin' }]);
  });
});

describe('against an upstream', () => {
  test('the stream helper gives the text, the usage and the whole answer', async () => {
    scripted.upstream.reply(say('Rome, of course.'));
    const stream = client.chat.completions.stream({
      model: 'scripted',
      messages,
      stream_options: { include_usage: true },
    });
    const pieces: string[] = [];
    stream.on('content', (delta) => pieces.push(delta));
    const final = await stream.finalChatCompletion();
    expect(pieces.join('')).toBe('Rome, of course.');
    expect(final).toMatchObject({
      model: 'scripted',
      choices: [{ finish_reason: 'stop', message: { content: 'Rome, of course.' } }],
      usage: { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 },
    });
  });

  test('the stream helper puts parallel tool calls together', async () => {
    const calls = [
      { name: 'get_weather', arguments: { city: 'Rome' } },
      { name: 'get_weather', arguments: { city: 'Oslo' } },
    ];
    scripted.upstream.reply(callTools(calls, { callIndex: 'zero' }), callTools(calls));
    const stream = client.chat.completions.stream({ model: 'scripted', messages, tools: [weather] });
    const [choice] = (await stream.finalChatCompletion()).choices;
    const whole = await client.chat.completions.create({ model: 'scripted', messages, tools: [weather] });
    for (const made of [choice, whole.choices[0]]) {
      expect(made?.finish_reason).toBe('tool_calls');
      expect(made?.message.tool_calls).toMatchObject([
        { type: 'function', function: { name: 'get_weather', arguments: '{"city":"Rome"}' } },
        { type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } },
      ]);
    }
  });

  test('an abort before the first token and one in the middle reach the upstream', async () => {
    scripted.upstream.reply(hangBeforeHeaders, hangAfter(1));
    const leaving = new AbortController();
    const waiting = client.chat.completions.create({ model: 'scripted', messages }, { signal: leaving.signal });
    const seen = await scripted.upstream.waitForChat(({ closedEarly, finished }) => !closedEarly && !finished);
    leaving.abort();
    await expect(waiting).rejects.toThrow(APIUserAbortError);
    await seen.aborted;

    const stream = await client.chat.completions.create({ model: 'scripted', messages, stream: true });
    const streaming = scripted.upstream.chats.at(-1);
    for await (const { choices } of stream) if (choices[0]?.delta.content) stream.controller.abort();
    await streaming?.aborted;
    expect(streaming?.closedEarly).toBe(true);
  });

  test('tokens come one by one', async () => {
    const { script, gate } = gated('One two');
    scripted.upstream.reply(script);
    const pending = client.chat.completions.create({ model: 'scripted', messages, stream: true });
    await gate.reached();
    gate.release();
    const said: string[] = [];
    for await (const { choices } of await pending) {
      const content = choices[0]?.delta.content;
      if (!content) continue;
      said.push(content);
      gate.release();
    }
    expect(said).toEqual(['One', ' two']);
  });
});

describe('errors become the classes of the library', () => {
  const ask = (fields: object = {}, from = client) =>
    from.chat.completions.create({ model: 'scripted', messages, ...fields } as OpenAI.ChatCompletionCreateParams);

  test.each([
    [
      'a wrong key',
      () => ask({}, clientOf(scripted, { apiKey: 'wrong' })),
      AuthenticationError,
      'invalid_authorization',
      'Authorization',
    ],
    ['an unknown alias', () => ask({ model: 'gpt-2' }), BadRequestError, 'model_not_in_allowlist', 'model'],
    ['a missing field', () => ask({ messages: undefined }), BadRequestError, 'missing_field', 'messages'],
    ['an unknown model', () => client.models.retrieve('gpt-2'), NotFoundError, 'model_not_found', 'model'],
    ['an unknown address', () => client.moderations.create({ input: 'x' }), NotFoundError, 'route_not_found', null],
  ] as const)('%s', async (_what, call, kind, code, param) => {
    const error = await refusal(call());
    expect(error).toBeInstanceOf(kind);
    expect([error.code, error.param]).toEqual([code, param]);
    expect(error.requestID).toMatch(/^req_/);
  });

  test.each([
    ['a quota', refuse('rate-limited'), RateLimitError, 'model_quota_exhausted'],
    ['a refusal of our key', refuse('unauthorized'), InternalServerError, 'upstream_refused'],
    ['an upstream that is starting', refuse('unavailable'), InternalServerError, 'upstream_unavailable'],
    ['a rejected request', refuse('bad-request'), BadRequestError, 'upstream_rejected'],
  ] as const)('%s, in JSON and before a stream', async (_what, script, kind, code) => {
    for (const stream of [false, true]) {
      scripted.upstream.reply(script);
      const error = await refusal(ask({ stream }));
      expect(error).toBeInstanceOf(kind);
      expect(error.code).toBe(code);
    }
  });

  test.each([
    ['an error event', errorInStream()],
    ['a cut connection', destroyAfter(2)],
  ] as const)('%s in a stream is thrown after the text so far', async (_what, script) => {
    scripted.upstream.reply(script);
    let text = '';
    const reading = (async () => {
      const stream = await client.chat.completions.create({ model: 'scripted', messages, stream: true });
      for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
    })();
    const error = await refusal(reading);
    expect(error).not.toBeInstanceOf(APIConnectionError);
    expect(error.code).toBe('upstream_broken');
    expect(text).toBe('One two');
  });

  test('a rate limit is waited out by the library itself', async () => {
    const limited = await startScripted({ env: { RATE_LIMIT_PER_SECOND: '1', RATE_LIMIT_BURST: '1' } });
    try {
      const patient = clientOf(limited, { maxRetries: 2 });
      await patient.models.list();
      const refused = await refusal(clientOf(limited).models.list());
      expect(refused).toBeInstanceOf(RateLimitError);
      expect(refused.headers?.get('retry-after')).toBe('1');
      expect((await patient.models.list()).data).toHaveLength(1);
    } finally {
      await limited.close();
    }
  });

  test('a busy conversation is a conflict', async () => {
    const { script, gate } = gated('Slow');
    const first = await scripted.call('POST', '/c1/chat', { model: 'scripted', message: 'One' });
    const conversation_id = first.headers.get('x-conversation-id');
    scripted.upstream.reply(script);
    const body = { model: 'scripted', message: 'Two', conversation_id };
    const slow = scripted.call('POST', '/c1/chat', body);
    await gate.reached();
    const error = await refusal(
      new OpenAI({ baseURL: `${scripted.url}/c1`, apiKey: bearer, maxRetries: 0 }).post('/chat', { body }),
    );
    expect(error).toBeInstanceOf(ConflictError);
    gate.open();
    expect((await slow).status).toBe(200);
  });
});

describe("every answer is valid by OpenAI's own schemas", () => {
  const jsonOf = async (from: Gateway, path: string, body?: object) => {
    const response = await from.call(body ? 'POST' : 'GET', path, body);
    expect(response.status).toBe(200);
    return response.json();
  };
  const streamOf = async (from: Gateway, path: string, body: object) =>
    chunksOf(
      await (await from.call('POST', path, { ...body, stream: true, stream_options: { include_usage: true } })).text(),
    );

  test('the schemas do refuse what is not valid', async () => {
    const answer = await jsonOf(demo, '/v1/chat/completions', { model: 'llama-4-scout', messages });
    expect(faultsOf('CreateChatCompletionResponse', { ...answer, choices: [{}] })).not.toEqual([]);
    expect(faultsOf('CreateChatCompletionResponse', { ...answer, object: 'x' })).not.toEqual([]);
    expect(faultsOf('CreateChatCompletionStreamResponse', answer)).not.toEqual([]);
    expect(faultsOf('ErrorResponse', {})).not.toEqual([]);
  });

  test('the models', async () => {
    for (const from of [demo, scripted]) {
      const list = await jsonOf(from, '/v1/models');
      expect(faultsOf('ListModelsResponse', list)).toEqual([]);
      expect(faultsOf('Model', await jsonOf(from, `/v1/models/${list.data[0].id}`))).toEqual([]);
    }
  });

  test.each([
    ['a text', { messages }],
    ['an answer cut by max_tokens', { messages: [{ role: 'user', content: 'Count slowly to ten.' }], max_tokens: 3 }],
    ['tool calls', { messages: [{ role: 'user', content: 'Wie ist das Wetter in Berlin?' }], tools: [weather] }],
    ['reasoning', { messages: [{ role: 'user', content: '/think What is 3 plus 4?' }] }],
  ])('of the embedded model: %s', async (_what, fields) => {
    const body = { model: 'llama-4-scout', ...fields };
    expect(faultsOf('CreateChatCompletionResponse', await jsonOf(demo, '/v1/chat/completions', body))).toEqual([]);
    const chunks = await streamOf(demo, '/v1/chat/completions', body);
    expect(chunks.length).toBeGreaterThan(1);
    for (const chunk of chunks) expect(faultsOf('CreateChatCompletionStreamResponse', chunk)).toEqual([]);
  });

  test('of the embedded model on /c1/chat', async () => {
    const body = { model: 'llama-4-scout', message: 'Hello!' };
    expect(faultsOf('CreateChatCompletionResponse', await jsonOf(demo, '/c1/chat', body))).toEqual([]);
    for (const chunk of await streamOf(demo, '/c1/chat', body)) {
      expect(faultsOf('CreateChatCompletionStreamResponse', chunk)).toEqual([]);
    }
  });

  // What an upstream says passes as it is, with the faults that it has (vLLM's nulls, Ollama's missing fields).
  describe.each(['vllm', 'llamacpp', 'ollama'] as const)(
    'but for what an upstream that speaks as %s gets wrong itself',
    (dialect) => {
      let gateway: ScriptedGateway;
      beforeAll(async () => {
        gateway = await startScripted({ upstream: { dialect } });
      });
      afterAll(() => gateway.close());

      const direct = async (fields: object) => {
        const response = await fetch(`${gateway.upstream.url}/chat/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${upstreamKey}`, 'content-type': 'application/json' },
          body: JSON.stringify({ model: 'test-model', messages, ...fields }),
        });
        return response.text();
      };
      const faultsOfStream = (chunks: unknown[]) =>
        chunks.flatMap((chunk) => faultsOf('CreateChatCompletionStreamResponse', chunk));

      test.each([
        ['a text', say('Hello there.')],
        ['tool calls', callTools([{ name: 'f', arguments: { a: 1 } }])],
        ['reasoning', think('Hm.', 'Yes.')],
      ])('%s', async (_what, script) => {
        gateway.upstream.reply(script, script);
        const own = faultsOf('CreateChatCompletionResponse', JSON.parse(await direct({})));
        const ownOfStream = faultsOfStream(
          chunksOf(await direct({ stream: true, stream_options: { include_usage: true } })),
        );
        for (const [path, body] of [
          ['/v1/chat/completions', { model: 'scripted', messages }],
          ['/c1/chat', { model: 'scripted', message: 'Hi' }],
        ] as const) {
          gateway.upstream.reply(script, script);
          const faults = faultsOf('CreateChatCompletionResponse', await jsonOf(gateway, path, body));
          expect(faults.filter((fault) => !own.includes(fault))).toEqual([]);
          const streamed = faultsOfStream(await streamOf(gateway, path, body));
          expect(streamed.filter((fault) => !ownOfStream.includes(fault))).toEqual([]);
        }
      });
    },
  );

  test('the errors', async () => {
    for (const response of [
      await scripted.call('GET', '/nothing'),
      await scripted.call('POST', '/v1/chat/completions', {}),
      await scripted.call('POST', '/v1/chat/completions', '{'),
      await fetch(`${scripted.url}/v1/models`),
    ]) {
      expect(faultsOf('ErrorResponse', await response.json())).toEqual([]);
    }
  });
});
