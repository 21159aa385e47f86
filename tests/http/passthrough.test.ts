import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chunksOf, payloadsOf, textOf } from '../support/read-events.ts';
import { type ScriptedGateway, startScripted, upstreamKey } from '../support/start-scripted.ts';
import { answer, bigEvent, callTools, say, think } from '../support/upstream/scripts/answers.ts';
import { oddly } from '../support/upstream/scripts/failures.ts';
import { raw } from '../support/upstream/scripts/refusals.ts';

const chat = '/v1/chat/completions';
const hi = { model: 'scripted', messages: [{ role: 'user', content: 'Hi' }] };

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted({ fields: 'constraints: { min_max_tokens: 200 }' });
});
afterAll(() => gateway.close());

const ask = (fields: object = {}) => gateway.call('POST', chat, { ...hi, ...fields });
const stream = async (fields: object = {}) => (await ask({ stream: true, ...fields })).text();
const asked = () => gateway.upstream.chats.at(-1);

describe('what a client sends', () => {
  test('reaches the upstream byte for byte but for the model', async () => {
    const body =
      '{ "vendor_field": {"a":[1.0, 2e3, 12345678901234567890]}, "model" : "scripted",\n  "messages":[{"role":"user","content":"Gr\\u00fc\\u00dfe 👋","cache":true}], "temperature": 0.50 }';
    expect((await gateway.call('POST', chat, body)).status).toBe(200);
    expect(asked()?.body.toString()).toBe(body.replace('"scripted"', '"test-model"'));
  });

  test('streams the same way, with the usage asked for beside it', async () => {
    const body = '{"model":"scripted","stream":true,"x":1.0,"messages":[{"role":"user","content":"Hi"}]}';
    await (await gateway.call('POST', chat, body)).text();
    expect(asked()?.body.toString()).toContain('"x":1.0,"messages":[{"role":"user","content":"Hi"}]');
    expect(asked()?.json).toEqual({
      model: 'test-model',
      stream: true,
      stream_options: { include_usage: true },
      x: 1,
      messages: hi.messages,
    });
  });

  test('keeps the other stream options', async () => {
    await stream({ stream_options: { include_usage: false, vendor: 1 } });
    expect(asked()?.json).toMatchObject({ stream_options: { include_usage: true, vendor: 1 } });
  });

  test.each([
    ['tools', { tools: [{ type: 'function', function: { name: 'f', strict: true } }], tool_choice: 'required' }],
    ['an empty list of tools', { tools: [] }],
    ['a json_schema', { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { a: 1 } } } }],
    ['logprobs', { logprobs: true, top_logprobs: 3 }],
    ['n', { n: 2 }],
    ['nulls', { temperature: null, stop: null }],
    ['stop, seed and penalties', { stop: ['a'], seed: 7, presence_penalty: 0.1 }],
    ['fields of one vendor', { guided_json: { a: 1 }, chat_template_kwargs: { enable_thinking: false } }],
  ])('%s arrive as they are', async (_what, fields) => {
    expect((await ask(fields)).status).toBe(200);
    expect(asked()?.json).toEqual({ ...hi, model: 'test-model', ...fields });
  });

  test('is sent with the key of the upstream, never with the key of the client', async () => {
    await ask();
    expect(asked()?.headers.authorization).toBe(`Bearer ${upstreamKey}`);
    expect(JSON.stringify(asked()?.headers)).not.toContain('test-bearer');
  });

  test('a max_tokens below the minimum is raised, and a header says so', async () => {
    for (const field of ['max_tokens', 'max_completion_tokens']) {
      const response = await ask({ [field]: 5 });
      expect(response.headers.get('x-gateway-applied')).toBe('max_tokens_floored=200');
      expect(asked()?.json).toMatchObject({ [field]: 200 });
    }
    const enough = await ask({ max_tokens: 300 });
    expect(enough.headers.get('x-gateway-applied')).toBeNull();
    expect(asked()?.json).toMatchObject({ max_tokens: 300 });
    const none = await ask();
    expect(none.headers.get('x-gateway-applied')).toBeNull();
    expect(asked()?.json).not.toHaveProperty('max_tokens');
  });
});

describe('what an upstream answers', () => {
  test('reaches the client byte for byte but for the model', async () => {
    const body =
      '{"id":"x","object":"chat.completion","created":1,\n "model":"test-model","vendor":{"pi":3.140,"big":12345678901234567890},"choices":[{"index":0,"message":{"role":"assistant","content":"Gr\\u00fc\\u00dfe","audio":null},"finish_reason":"stop","stop_reason":null}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}';
    gateway.upstream.reply(raw(200, { 'content-type': 'application/json' }, body));
    const response = await ask();
    expect(await response.text()).toBe(body.replace('"test-model"', '"scripted"'));
    expect(response.headers.get('x-gateway-backend')).toBe('up/test-model');
  });

  test('keeps unknown fields in every chunk', async () => {
    gateway.upstream.reply(say('Hello you', { extra: { vendor: { deep: [1] } } }));
    const chunks = chunksOf(await stream());
    expect(chunks.length).toBeGreaterThan(2);
    for (const chunk of chunks) expect(chunk).toMatchObject({ vendor: { deep: [1] }, model: 'scripted' });
  });

  test('every chunk shows the alias, also in a stream of tool calls and of reasoning', async () => {
    gateway.upstream.reply(callTools([{ name: 'f', arguments: { a: 1 } }]), think('Hm, well.', 'Yes.'));
    for (let i = 0; i < 2; i++) {
      const text = await stream({ stream_options: { include_usage: true } });
      for (const chunk of chunksOf(text)) expect(chunk.model).toBe('scripted');
      expect(text).not.toContain('test-model');
    }
  });

  test('the alias is shown even where a text speaks of models', async () => {
    gateway.upstream.reply(say(['"model":"scripted"', ' {"model":"x"}']));
    const chunks = chunksOf(await stream());
    for (const { model } of chunks) expect(model).toBe('scripted');
    expect(chunks.map(({ choices }) => choices[0].delta.content).join('')).toBe('"model":"scripted" {"model":"x"}');
  });

  test('the alias is shown even where another field of the chunk has it as its model', async () => {
    gateway.upstream.reply(say('Hi there', { extra: { route: { model: 'scripted' } } }));
    for (const { model } of chunksOf(await stream())) expect(model).toBe('scripted');
  });

  test('reasoning comes under both of its names, in JSON and in streams', async () => {
    gateway.upstream.reply(
      think('Let me see.', 'Yes.'),
      think('Let me see.', 'Yes.', { reasoningField: 'reasoning_content' }),
    );
    for (let i = 0; i < 2; i++) {
      const { message } = (await (await ask()).json()).choices[0];
      expect(message).toMatchObject({ reasoning: 'Let me see.', reasoning_content: 'Let me see.', content: 'Yes.' });
    }
    gateway.upstream.reply(think('Let me see.', 'Yes.'));
    const deltas = chunksOf(await stream()).map(({ choices }) => choices[0].delta);
    for (const name of ['reasoning', 'reasoning_content']) {
      expect(deltas.map((delta) => delta[name] ?? '').join('')).toBe('Let me see.');
    }
  });

  test('parallel tool calls keep their own index and id, also when the upstream says 0 for all', async () => {
    gateway.upstream.reply(
      callTools(
        [
          { name: 'weather', arguments: { city: 'Rome' } },
          { name: 'time', arguments: { zone: 'CET' } },
        ],
        { callIndex: 'zero' },
      ),
    );
    const calls = new Map<number, { id: string; name: string; arguments: string }>();
    for (const { choices } of chunksOf(await stream())) {
      for (const { index, id, function: piece } of choices[0].delta.tool_calls ?? []) {
        const call = calls.get(index) ?? { id, name: '', arguments: '' };
        call.name += piece?.name ?? '';
        call.arguments += piece?.arguments ?? '';
        calls.set(index, call);
      }
    }
    expect([...calls]).toMatchObject([
      [0, { name: 'weather', arguments: '{"city":"Rome"}' }],
      [1, { name: 'time', arguments: '{"zone":"CET"}' }],
    ]);
    expect(new Set([...calls.values()].map(({ id }) => id)).size).toBe(2);
  });

  test('n answers come as n choices', async () => {
    expect((await (await ask({ n: 3 })).json()).choices).toHaveLength(3);
    const indexes = new Set(
      chunksOf(await stream({ n: 3 })).flatMap(({ choices }) => choices.map((c: { index: number }) => c.index)),
    );
    expect([...indexes]).toEqual([0, 1, 2]);
  });

  test('logprobs come as they are', async () => {
    const chunks = chunksOf(await stream({ logprobs: true }));
    expect(chunks.some(({ choices }) => choices[0].logprobs?.content[0].top_logprobs.length === 1)).toBe(true);
  });
});

describe('the usage of a stream', () => {
  test('comes as the last chunk, without choices, to who asked for it', async () => {
    gateway.upstream.reply(say('One two'));
    const chunks = chunksOf(await stream({ stream_options: { include_usage: true } }));
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 },
    });
  });

  test.each(['asked', 'always', 'each'] as const)(
    'is kept from who did not ask, when the upstream tells it %s',
    async (tellUsage) => {
      for (const fields of [{}, { stream_options: { include_usage: false } }, { stream_options: null }]) {
        gateway.upstream.reply(say('One two', { tellUsage }));
        const text = await stream(fields);
        expect(textOf(text)).toBe('One two');
        for (const chunk of chunksOf(text)) {
          expect(chunk.usage ?? null).toBeNull();
          expect(chunk.choices.length).toBeGreaterThan(0);
        }
      }
    },
  );
});

describe('odd but legal bytes of an upstream', () => {
  const odd = 'Grüße 👋🏽 日本.';

  test.each([
    ['CRLF line ends', { lineEnd: '\r\n' }],
    ['comments between the events', { comments: true }],
    ['no [DONE]', { done: 0 }],
    ['two [DONE]', { done: 2 }],
    ['one byte at a time', { write: 'byte' }],
    ['characters torn between their bytes', { write: 'torn' }],
    ['everything at once', { write: 'burst' }],
    ['CRLF, one byte at a time, with comments', { lineEnd: '\r\n', write: 'byte', comments: true }],
  ] as const)('%s reach the client as one clean stream', async (_what, delivery) => {
    gateway.upstream.reply(oddly(delivery));
    const text = await stream();
    expect(textOf(text)).toBe(odd);
    expect(text.match(/\[DONE\]/g)).toHaveLength(1);
    expect(text).toMatch(/\n\ndata: \[DONE\]\n\n$/);
    expect(text).not.toContain('\r');
  });

  test('an event of 4 MB is one event', async () => {
    gateway.upstream.reply(bigEvent());
    const text = await stream();
    const longest = Math.max(...payloadsOf(text).map((payload) => payload.length));
    expect(longest).toBeGreaterThan(4 * 1024 * 1024);
    expect(textOf(text).length).toBe('start  end'.length + 4 * 1024 * 1024);
  });

  test('an answer without a content type is taken', async () => {
    const body = JSON.stringify({
      id: 'x',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
    });
    gateway.upstream.reply(raw(200, {}, body));
    expect(await (await ask()).json()).toMatchObject({ model: 'scripted', choices: [{ message: { content: 'Hi' } }] });
  });

  test('a stream has the headers that keep proxies from holding it back', async () => {
    const response = await ask({ stream: true });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('cache-control')).toContain('no-cache');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    expect(response.headers.get('x-gateway-backend')).toBe('up/test-model');
    expect(response.headers.get('x-request-id')).toMatch(/^req_/);
    await response.text();
  });
});

test('no fault of the model shows in an answer of reasoning alone', async () => {
  gateway.upstream.reply(answer({ reasoning: ['Hm.'], text: [], finish: 'length' }));
  const { choices } = await (await ask()).json();
  expect(choices[0]).toMatchObject({ finish_reason: 'length', message: { reasoning_content: 'Hm.' } });
});
