import OpenAI, { APIConnectionError, APIError } from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import type { DialectName } from './upstream/dialects/dialect.ts';
import type { JsonObject } from './upstream/json.ts';
import { answer, bigEvent, callTools, gated, say, think, words } from './upstream/scripts/answers.ts';
import {
  destroyAfter,
  destroyBeforeHeaders,
  endlessBody,
  endlessStream,
  endWithoutFinish,
  errorInStream,
  hangAfter,
  hangAfterHeaders,
  hangBeforeHeaders,
  malformedEvent,
  oddly,
} from './upstream/scripts/failures.ts';
import { empty200, errorBodyWith200, htmlError, redirect, refuse } from './upstream/scripts/refusals.ts';
import { type ScriptedUpstream, startUpstream, type UpstreamOptions } from './upstream/start-upstream.ts';

const started: ScriptedUpstream[] = [];
const dialects: DialectName[] = ['vllm', 'llamacpp', 'ollama'];
const messages = [{ role: 'user' as const, content: 'Hi' }];

async function start(options?: UpstreamOptions) {
  const upstream = await startUpstream(options);
  started.push(upstream);
  return upstream;
}

const clientOf = (upstream: ScriptedUpstream) =>
  new OpenAI({ baseURL: upstream.url, apiKey: 'sk-test', maxRetries: 0 });

const chat = (upstream: ScriptedUpstream, fields: JsonObject = {}, init: RequestInit = {}) =>
  fetch(`${upstream.url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', messages, ...fields }),
    ...init,
  });

const streamText = async (upstream: ScriptedUpstream, fields: JsonObject = {}) =>
  (await chat(upstream, { stream: true, ...fields })).text();

afterEach(async () => {
  await Promise.all(started.splice(0).map((upstream) => upstream.close()));
});

describe.each(dialects)('the %s dialect', (dialect) => {
  it('answers in JSON and in a stream that the official client understands', async () => {
    const upstream = await start({ dialect });
    upstream.on('m', say('Hello there, you.'));
    const client = clientOf(upstream);
    const whole = await client.chat.completions.create({ model: 'm', messages });
    expect(whole.choices[0]?.message.content).toBe('Hello there, you.');
    expect(whole.usage).toMatchObject({ prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 });
    const stream = client.chat.completions.stream({ model: 'm', messages, stream_options: { include_usage: true } });
    const final = await stream.finalChatCompletion();
    expect(final.choices[0]?.message.content).toBe('Hello there, you.');
    expect(final.choices[0]?.finish_reason).toBe('stop');
    expect(final.usage?.total_tokens).toBe(12);
    expect(upstream.chats.map((request) => request.finished)).toEqual([true, true]);
    expect(upstream.open).toBe(0);
  });

  it('tells the usage of a stream only to those who asked', async () => {
    const upstream = await start({ dialect });
    expect(await streamText(upstream)).not.toContain('"usage"');
    expect(await streamText(upstream, { stream_options: { include_usage: true } })).toContain('"usage"');
    upstream.reply(say('Hi', { tellUsage: 'always' }));
    expect(await streamText(upstream)).toContain('"usage"');
  });

  it('streams parallel tool calls', async () => {
    const upstream = await start({ dialect });
    const calls = [
      { name: 'weather', arguments: { city: 'Rome' } },
      { name: 'time', arguments: { zone: 'CET' } },
    ];
    upstream.on('m', callTools(calls));
    const stream = clientOf(upstream).chat.completions.stream({ model: 'm', messages });
    const made = (await stream.finalChatCompletion()).choices[0];
    expect(made?.finish_reason).toBe('tool_calls');
    expect(made?.message.tool_calls?.map((call) => call.type === 'function' && call.function)).toMatchObject([
      { name: 'weather', arguments: '{"city":"Rome"}' },
      { name: 'time', arguments: '{"zone":"CET"}' },
    ]);
    const whole = await clientOf(upstream).chat.completions.create({ model: 'm', messages });
    expect(whole.choices[0]?.message.tool_calls).toHaveLength(2);
  });

  it('streams reasoning under its own name, and under another when told', async () => {
    const upstream = await start({ dialect });
    const own = dialect === 'llamacpp' ? 'reasoning_content' : 'reasoning';
    upstream.reply(think('Hm, well.', 'Yes.'), think('Hm.', 'Yes.', { reasoningField: 'reasoning_content' }));
    expect(await streamText(upstream)).toContain(`"${own}":"Hm,"`);
    expect(await streamText(upstream)).toContain('"reasoning_content":"Hm."');
  });

  it('adds logprobs when they were asked for', async () => {
    const upstream = await start({ dialect });
    upstream.on('m', say(['Hi']));
    expect(await streamText(upstream, { logprobs: true })).toContain('"bytes":[72,105]');
    expect(await streamText(upstream)).not.toContain('"bytes"');
  });

  it('refuses an overlong prompt with 400 in its own words', async () => {
    const upstream = await start({ dialect });
    upstream.on('m', refuse('context-overflow'));
    const refused = await chat(upstream, { stream: true });
    expect(refused.status).toBe(400);
    expect(await refused.text()).toMatch(/context (length|size)/);
  });

  it.each([
    ['bad-request', 400],
    ['unauthorized', 401],
    ['unknown-model', 404],
    ['rate-limited', 429],
    ['server-error', 500],
    ['unavailable', 503],
  ] as const)('refuses with %s', async (kind, status) => {
    const upstream = await start({ dialect });
    upstream.on('m', refuse(kind));
    await expect(clientOf(upstream).chat.completions.create({ model: 'm', messages })).rejects.toMatchObject({
      status,
    });
  });

  it('fails in the middle of a stream as the vendor does', async () => {
    const upstream = await start({ dialect });
    upstream.on('m', errorInStream({ tokens: 1 }));
    const text = await streamText(upstream);
    expect(text.includes('"error"')).toBe(dialect !== 'ollama');
    expect(text.includes('[DONE]')).toBe(dialect === 'vllm');
    expect(text).not.toContain(' two');
  });
});

describe('what marks each vendor', () => {
  it('vLLM: two entries with one index in one chunk, and a name without arguments', async () => {
    const upstream = await start();
    upstream.on('m', callTools([{ name: 'f', arguments: { city: 'Rome' } }]));
    expect(await streamText(upstream)).toContain(
      '"tool_calls":[{"id":"chatcmpl-tool-1","type":"function","index":0,"function":{"name":"f"}},' +
        '{"index":0,"function":{"arguments":"{\\"cit"}}]',
    );
  });

  it('vLLM: owns its models and asks for a key by a plain error', async () => {
    const upstream = await start({ apiKey: 'sk-test' });
    expect((await clientOf(upstream).models.list()).data[0]).toMatchObject({ id: 'test-model', owned_by: 'vllm' });
    const refused = await fetch(`${upstream.url}/models`);
    expect([refused.status, await refused.json()]).toEqual([401, { error: 'Unauthorized' }]);
  });

  it('llama.cpp: names itself, opens with a null content, and times the last chunk', async () => {
    const upstream = await start({ dialect: 'llamacpp' });
    const response = await chat(upstream, { stream: true });
    expect(response.headers.get('server')).toBe('llama.cpp');
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const text = await response.text();
    expect(text).toContain('"delta":{"role":"assistant","content":null}');
    expect(text.indexOf('"timings"')).toBeGreaterThan(text.indexOf('"finish_reason":"stop"'));
    upstream.setUnavailable(true);
    expect((await fetch(`${upstream.origin}/health`)).status).toBe(503);
  });

  it('Ollama: has a version, sends each call whole and ignores n', async () => {
    const upstream = await start({ dialect: 'ollama' });
    expect(await (await fetch(`${upstream.origin}/api/version`)).json()).toHaveProperty('version');
    upstream.reply(callTools([{ name: 'f', arguments: { city: 'Rome' } }]));
    expect(await streamText(upstream)).toContain('"arguments":"{\\"city\\":\\"Rome\\"}"');
    expect(await streamText(upstream, { n: 2 })).not.toContain('"index":1');
  });

  it('vLLM and llama.cpp give n choices', async () => {
    for (const dialect of ['vllm', 'llamacpp'] as const) {
      const client = clientOf(await start({ dialect }));
      const final = await client.chat.completions.stream({ model: 'm', messages, n: 2 }).finalChatCompletion();
      expect(final.choices.map((choice) => choice.message.content)).toEqual(Array(2).fill('Hello from upstream.'));
    }
  });

  it('an upstream may give index 0 to every call, and fields that nobody knows', async () => {
    const upstream = await start({ dialect: 'ollama' });
    const two = [
      { name: 'f', arguments: {} },
      { name: 'g', arguments: {} },
    ];
    upstream.on('m', callTools(two, { callIndex: 'zero', extra: { x_cost: 0.5 } }));
    const text = await streamText(upstream);
    expect(text.match(/"id":"call_\d","index":0/g)).toHaveLength(2);
    expect(text).toContain('"x_cost":0.5');
  });
});

describe('the test decides when a stream goes on', () => {
  it('holds each token until it is released', async () => {
    const upstream = await start();
    const { script, gate } = gated(['one', ' two', ' three']);
    upstream.reply(script);
    const stream = await clientOf(upstream).chat.completions.create({ model: 'm', messages, stream: true });
    const seen: string[] = [];
    const reader = (async () => {
      for await (const chunk of stream) seen.push(chunk.choices[0]?.delta.content ?? '');
    })();
    await gate.reached();
    expect(upstream.chats[0]?.written).toBe(1);
    gate.release();
    await gate.reached();
    expect(upstream.chats[0]?.written).toBe(2);
    expect(upstream.open).toBe(1);
    gate.release(2);
    await reader;
    expect(seen.join('')).toBe('one two three');
  });

  it('can hold the headers too', async () => {
    const upstream = await start();
    const { script, gate } = gated('one', { gateFrom: 'headers' });
    upstream.reply(script);
    let answered = false;
    const response = chat(upstream, { stream: true }).then((given) => {
      answered = true;
      return given;
    });
    await gate.reached();
    expect(answered).toBe(false);
    gate.open();
    expect(await (await response).text()).toContain('[DONE]');
  });
});

describe('a client that leaves', () => {
  it.each([
    ['before the headers', hangBeforeHeaders],
    ['after the headers', hangAfterHeaders],
    ['after two tokens', hangAfter(2)],
    ['at a gate', gated('one two').script],
    ['in an endless stream', endlessStream()],
    ['in an endless body', endlessBody()],
  ] as const)('is seen %s', async (_, script) => {
    const upstream = await start();
    upstream.reply(script);
    const leaving = new AbortController();
    const answering = chat(upstream, { stream: true }, { signal: leaving.signal });
    answering.catch(() => {});
    const request = await upstream.waitForChat();
    expect(request.closedEarly).toBe(false);
    expect(upstream.open).toBe(1);
    leaving.abort();
    const { at } = await request.aborted;
    expect(at).toBe(request.closedAt);
    expect(at).toBeGreaterThanOrEqual(request.at);
    await upstream.waitFor(({ open }) => open === 0);
  });
});

describe('broken upstreams', () => {
  it('cuts the connection before the headers and in the stream', async () => {
    const upstream = await start();
    upstream.reply(destroyBeforeHeaders, destroyAfter(2));
    const client = clientOf(upstream);
    await expect(client.chat.completions.create({ model: 'm', messages })).rejects.toThrow(APIConnectionError);
    await expect(streamText(upstream)).rejects.toThrow();
    expect(upstream.chats.map((request) => request.closedEarly)).toEqual([false, false]);
  });

  it('cuts a JSON body', async () => {
    const upstream = await start();
    upstream.reply(destroyAfter(), endWithoutFinish());
    await expect(chat(upstream).then((response) => response.text())).rejects.toThrow();
    await expect(chat(upstream).then((response) => response.json())).rejects.toThrow(SyntaxError);
  });

  it('ends without a finish reason', async () => {
    const upstream = await start();
    upstream.reply(endWithoutFinish(2));
    const text = await streamText(upstream);
    expect(text).toContain(' two');
    expect(text).not.toMatch(/ three|"finish_reason":"|DONE/);
  });

  it('sends an error event, and [DONE] as told', async () => {
    const upstream = await start({ dialect: 'llamacpp' });
    upstream.reply(errorInStream({ done: true }), errorInStream());
    expect(await streamText(upstream)).toMatch(/"error":.*\n\ndata: \[DONE\]\n\n$/);
    expect(await streamText(upstream)).not.toContain('[DONE]');
    upstream.reply(errorInStream());
    const stream = clientOf(upstream).chat.completions.stream({ model: 'm', messages });
    await expect(stream.finalChatCompletion()).rejects.toThrow(APIError);
  });

  it('sends an event that is no JSON', async () => {
    const upstream = await start();
    upstream.reply(malformedEvent());
    const events = (await streamText(upstream)).split('\n\n').filter((event) => event && !event.endsWith('[DONE]'));
    const broken = events.filter((event) => {
      try {
        return !JSON.parse(event.slice(6));
      } catch {
        return true;
      }
    });
    expect(broken).toHaveLength(1);
  });

  it('answers with an HTML page, nothing, or an error under status 200', async () => {
    const upstream = await start();
    upstream.reply(htmlError(), empty200, errorBodyWith200());
    const page = await chat(upstream);
    expect([page.status, page.headers.get('content-type')]).toEqual([502, 'text/html']);
    const nothing = await chat(upstream);
    expect([nothing.status, await nothing.text()]).toEqual([200, '']);
    const error = await chat(upstream);
    expect([error.status, await error.json()]).toMatchObject([200, { error: { code: 500 } }]);
  });

  it('redirects', async () => {
    const [upstream, elsewhere] = [await start(), await start()];
    upstream.reply(redirect(`${elsewhere.url}/chat/completions`));
    const response = await chat(upstream, {}, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([307, `${elsewhere.url}/chat/completions`]);
    expect(elsewhere.requests).toHaveLength(0);
  });

  it('tells how long to wait after a 429', async () => {
    const upstream = await start();
    upstream.reply(refuse('rate-limited'), refuse('rate-limited', { 'retry-after': '30' }));
    expect((await chat(upstream)).headers.get('retry-after')).toBe('7');
    expect((await chat(upstream)).headers.get('retry-after')).toBe('30');
  });
});

describe('odd but legal bytes', () => {
  const odd = 'Grüße 👋🏽 日本.';

  it.each([
    ['CRLF', { lineEnd: '\r\n' }],
    ['comments', { comments: true }],
    ['no [DONE]', { done: 0 }],
    ['two [DONE]', { done: 2 }],
    ['byte by byte', { write: 'byte' }],
    ['torn characters', { write: 'torn' }],
    ['one burst', { write: 'burst' }],
  ] as const)('the official client reads %s', async (_, delivery) => {
    const upstream = await start();
    upstream.reply(oddly(delivery));
    const final = await clientOf(upstream).chat.completions.stream({ model: 'm', messages }).finalChatCompletion();
    expect(final.choices[0]?.message.content).toBe(odd);
  });

  it('shows on the wire', async () => {
    const upstream = await start();
    upstream.reply(oddly({ lineEnd: '\r\n' }), oddly({ comments: true }), oddly({ done: 2 }), oddly({ done: 0 }));
    expect(await streamText(upstream)).toMatch(/\r\n\r\ndata: /);
    expect(await streamText(upstream)).toMatch(/^:\n\ndata: /);
    expect((await streamText(upstream)).match(/\[DONE\]/g)).toHaveLength(2);
    expect(await streamText(upstream)).not.toContain('[DONE]');
  });

  it('tears characters between writes', async () => {
    const upstream = await start();
    upstream.reply(oddly({ write: 'torn' }, { text: ['ü'] }), oddly({}, { text: ['ü'] }));
    await streamText(upstream);
    await streamText(upstream);
    const [torn, whole] = upstream.chats.map((request) => request.written);
    expect(torn).toBe((whole ?? 0) + 1);
  });

  it('sends one event of 4 MB', async () => {
    const upstream = await start();
    upstream.reply(bigEvent());
    expect((await streamText(upstream)).length).toBeGreaterThan(4 * 1024 * 1024);
  });
});

describe('what the upstream records', () => {
  it('keeps method, path, headers and the body byte for byte', async () => {
    const upstream = await start();
    const body = '{ "model":"m",  "messages":[], "x":1.50 }';
    await chat(upstream, {}, { body, headers: { 'content-type': 'application/json', 'x-mine': 'yes' } });
    const [request] = upstream.chats;
    expect(request?.body.toString()).toBe(body);
    expect(request?.json).toMatchObject({ x: 1.5 });
    expect(request).toMatchObject({ method: 'POST', path: '/v1/chat/completions', headers: { 'x-mine': 'yes' } });
  });

  it('plays queued scripts first, then those of the model, of which the last stays', async () => {
    const upstream = await start({ fallback: say('fallback') });
    upstream.on('m', say('first'), say('second'));
    upstream.reply(say('queued'));
    const said = [];
    for (const model of ['m', 'm', 'm', 'm', 'other']) {
      const { choices } = await clientOf(upstream).chat.completions.create({ model, messages });
      said.push(choices[0]?.message.content);
    }
    expect(said).toEqual(['queued', 'first', 'second', 'second', 'fallback']);
  });

  it('cuts a text into words that join to it again', () => {
    for (const text of ['Hello there', ' a  b ', '', 'x\n']) expect(words(text).join('')).toBe(text);
  });

  it('can be told everything about an answer', async () => {
    const upstream = await start();
    upstream.on('m', answer({ text: ['a'], finish: 'length', usage: { prompt: 100, completion: 1, cached: 64 } }));
    const whole = await clientOf(upstream).chat.completions.create({ model: 'm', messages });
    expect(whole.choices[0]?.finish_reason).toBe('length');
    expect(whole.usage?.prompt_tokens_details?.cached_tokens).toBe(64);
  });
});
