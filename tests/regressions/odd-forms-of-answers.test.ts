import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { chunksOf, payloadsOf, textOf } from '../support/read-events.ts';
import { type DialectGateway, startDialects } from '../support/start-dialects.ts';
import type { Answer } from '../support/upstream/answer.ts';
import type { Exchange, Script } from '../support/upstream/exchange.ts';

const dialects = ['vllm', 'llamacpp', 'ollama', 'openai-responses', 'anthropic', 'gemini'] as const;
type Name = (typeof dialects)[number];

let gateway: DialectGateway;
beforeAll(async () => {
  gateway = await startDialects(dialects);
});
afterAll(() => gateway.close());

const greeting: Answer = { text: ['Hello', ' you'] };

/** What the dialect sends of an answer: its JSON, or the payloads of its events. */
function payloads(answer: Answer, { dialect, request: { asked } }: Exchange): string[] {
  const values = asked.stream ? dialect.events(answer, asked).map(({ data }) => data) : [dialect.body(answer, asked)];
  return values.map((value) => JSON.stringify(value));
}

/** Sends an answer whose payloads were changed; `frame` makes events of them. */
const play =
  (change: (json: string) => string, frame = (json: string) => `data: ${json}\n\n`, answer = greeting): Script =>
  (exchange) => {
    const { dialect, request } = exchange;
    const sent = payloads(answer, exchange).map(change);
    if (!request.asked.stream) exchange.send(200, { 'content-type': dialect.jsonType }, sent.join(''));
    else {
      const end = dialect.endMark ? 'data: [DONE]\n\n' : '';
      exchange.send(200, { 'content-type': dialect.streamType }, sent.map(frame).join('') + end);
    }
  };

const pretty = (json: string) => JSON.stringify(JSON.parse(json), null, 2);
const inLines = (json: string) => `${json.replace(/^/gm, 'data: ')}\n\n`;

const requests = {
  '/v1/chat/completions': { messages: [{ role: 'user', content: 'Hi' }] },
  '/c1/chat': { message: 'Hi' },
  '/v1/responses': { input: 'Hi' },
  '/v1/messages': { max_tokens: 50, messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] },
};

async function ask(model: Name, script: Script, path: keyof typeof requests, stream: boolean): Promise<Response> {
  gateway.upstreams[model]?.reply(script);
  return gateway.call('POST', path, { model, stream, ...requests[path] });
}

describe.each(dialects)('%s', (model) => {
  test.each(Object.keys(requests) as (keyof typeof requests)[])('in several lines is one line on %s', async (path) => {
    const text = await (await ask(model, play(pretty, inLines), path, true)).text();
    for (const line of text.split('\n')) expect(line).toMatch(/^(data: .*|event: .*|id: \d+|)$/);
    const events = payloadsOf(text).filter((payload) => payload !== '[DONE]');
    expect(events.map((event) => typeof JSON.parse(event))).not.toContain('string');
    if (path.endsWith('chat') || path.endsWith('completions')) expect(textOf(text)).toBe('Hello you');
    const json = await ask(model, play(pretty), path, false);
    expect([json.status, await json.text()]).toEqual([200, expect.stringContaining('Hello you')]);
  });

  test('behind a byte order mark is read', async () => {
    const marked = play((json) => `\uFEFF${json}`);
    const { choices } = await (await ask(model, marked, '/v1/chat/completions', false)).json();
    expect(choices[0].message.content).toBe('Hello you');
  });

  test('with an empty error is no error', async () => {
    const empty = play((json) => JSON.stringify({ ...JSON.parse(json), error: null }));
    for (const stream of [false, true]) {
      const response = await ask(model, empty, '/v1/chat/completions', stream);
      expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('Hello')]);
    }
  });
});

describe('a finish reason of a server', () => {
  const ending = (reason: string) =>
    play((json) => json.replace(/("(?:finish_reason|stop_reason|finishReason)":)"\w+"/g, `$1"${reason}"`));

  test.each([
    ...(['vllm', 'llamacpp', 'ollama', 'anthropic'] as const).flatMap(
      (model) =>
        [
          [model, 'eos_token', 'stop'],
          [model, 'STOP', 'stop'],
          [model, 'max_length', 'length'],
          [model, 'MAX_TOKENS', 'length'],
          [model, 'sensitive', 'content_filter'],
        ] as const,
    ),
    ['gemini', 'stop', 'stop'],
    ['gemini', 'max_tokens', 'length'],
  ] as const)('of %s, %s, is %s of OpenAI', async (model, native, reason) => {
    const ended = { finish_reason: reason, native_finish_reason: native };
    const { choices } = await (await ask(model, ending(native), '/v1/chat/completions', false)).json();
    expect(choices[0]).toMatchObject(ended);
    const chunks = chunksOf(await (await ask(model, ending(native), '/v1/chat/completions', true)).text());
    expect(chunks.flatMap((chunk) => chunk.choices).at(-1)).toMatchObject(ended);
    const { stop_reason: said } = await (await ask(model, ending(native), '/v1/messages', false)).json();
    if (model !== 'anthropic')
      expect(said).toBe({ stop: 'end_turn', length: 'max_tokens', content_filter: 'refusal' }[reason]);
  });

  test.each(['error', 'abort'])('%s is a failure, with whichever server', async (reason) => {
    for (const model of ['vllm', 'llamacpp', 'ollama'] as const) {
      const failed = await errorOf(await ask(model, ending(reason), '/v1/chat/completions', false));
      expect(failed).toMatchObject({ status: 502, code: 'upstream_broken' });
      const text = await (await ask(model, ending(reason), '/c1/chat', true)).text();
      expect(payloadsOf(text).at(-1)).toContain('upstream_broken');
    }
  });

  test('of a legacy completion is one of OpenAI too', async () => {
    const completion = { id: 'c', object: 'text_completion', created: 1, model: 'm' };
    const ended = { ...completion, choices: [{ index: 0, text: 'Hi', logprobs: null, finish_reason: 'eos_token' }] };
    gateway.upstreams.vllm?.at('/v1/completions', (exchange) => exchange.sendJson(200, ended));
    const { choices } = await (await gateway.call('POST', '/v1/completions', { model: 'vllm', prompt: 'Say' })).json();
    expect(choices).toMatchObject([{ finish_reason: 'stop', native_finish_reason: 'eos_token' }]);
  });
});

test.each(['of a chat', 'with a list of parts', 'with one part'])(
  'a legacy completion in the form %s has its text',
  async (form) => {
    const held = {
      'of a chat': 'Hello',
      'with a list of parts': [{ type: 'text', text: 'Hello' }],
      'with one part': { text: 'Hello' },
    };
    const content = held[form as keyof typeof held];
    const choice = (name: string) =>
      form === 'of a chat'
        ? { index: 0, [name]: { content }, finish_reason: 'stop' }
        : { index: 0, text: content, finish_reason: 'stop' };
    gateway.upstreams.vllm?.at('/v1/completions', (exchange) =>
      exchange.sendJson(200, { id: 'c', choices: [choice('message')] }),
    );
    const asked = { model: 'vllm', prompt: 'Say' };
    const { choices } = await (await gateway.call('POST', '/v1/completions', asked)).json();
    expect(choices).toMatchObject([{ text: 'Hello', finish_reason: 'stop' }]);
    const type = { 'content-type': 'text/event-stream' };
    const event = `data: ${JSON.stringify({ id: 'c', choices: [choice('delta')] })}\n\ndata: [DONE]\n\n`;
    gateway.upstreams.vllm?.at('/v1/completions', (exchange) => exchange.send(200, type, event));
    const streamed = await (await gateway.call('POST', '/v1/completions', { ...asked, stream: true })).text();
    expect(streamed).toContain('"text":"Hello"');
  },
);

test('an answer in JSON to a request for a stream may be written in several lines', async () => {
  gateway.upstreams.vllm?.reply((exchange) => {
    const asked = { ...exchange.request.asked, stream: false };
    exchange.send(
      200,
      { 'content-type': 'application/json' },
      pretty(JSON.stringify(exchange.dialect.body(greeting, asked))),
    );
  });
  const response = await gateway.call('POST', '/v1/chat/completions', {
    ...{ model: 'vllm', stream: true },
    ...requests['/v1/chat/completions'],
  });
  expect(textOf(await response.text())).toBe('Hello you');
});

describe('what a model thinks is read under every name', () => {
  const thought: Answer = { reasoning: ['Hm.'], text: ['Hello', ' you'] };
  const named = (name: string, write: (text: string) => unknown) =>
    play(
      (json) =>
        json.replace(
          /"reasoning(?:_content)?":("(?:[^"\\]|\\.)*")/g,
          (_, text) => `"${name}":${JSON.stringify(write(JSON.parse(text)))}`,
        ),
      undefined,
      thought,
    );

  test.each([
    ['thinking', 'a text', (text: string) => text],
    ['reasoning', 'an object', (text: string) => ({ content: text })],
    ['reasoning_content', 'a list of parts', (text: string) => [{ type: 'text', text }]],
    ['thinking_blocks', 'blocks', (text: string) => [{ type: 'thinking', thinking: text, signature: 's' }]],
  ] as const)('%s, as %s', async (name, _what, write) => {
    const asked = '/v1/chat/completions';
    const { choices } = await (await ask('ollama', named(name, write), asked, false)).json();
    const read = { content: 'Hello you', reasoning: 'Hm.', reasoning_content: 'Hm.' };
    expect(choices[0].message).toMatchObject(read);
    const chunks = chunksOf(await (await ask('ollama', named(name, write), asked, true)).text());
    const deltas = chunks.flatMap((chunk) => chunk.choices).map(({ delta }) => delta);
    expect(deltas.map(({ reasoning_content: text }) => text ?? '').join('')).toBe('Hm.');
    expect(await (await ask('ollama', named(name, write), '/v1/messages', false)).text()).toContain('"thinking":"Hm."');
  });
});

describe('an event that says nothing', () => {
  /** The greeting with something before each event, and its own end where the dialect has one. */
  const marked =
    (before: string, end: string): Script =>
    (exchange) => {
      const { dialect } = exchange;
      const events = payloads(greeting, exchange).map((json) => `${before}data: ${json}\n\n`);
      exchange.send(200, { 'content-type': dialect.streamType }, events.join('') + (dialect.endMark ? end : ''));
    };

  test.each(['', '   ', 'null', '[]', '""', '[HEARTBEAT]', '"ping"', 'keep-alive'])('is left out: %j', async (mark) => {
    for (const model of dialects) {
      const text = await (await ask(model, marked(`data: ${mark}\n\n`, 'data: [DONE]\n\n'), '/c1/chat', true)).text();
      expect([model, textOf(text), payloadsOf(text).at(-1)]).toEqual([model, 'Hello you', '[DONE]']);
    }
  });

  test.each(['[DONE] ', ' [DONE]', '"[DONE]"', '[done]'])('ends the stream: %j', async (mark) => {
    const text = await (await ask('ollama', marked('', `data: ${mark}\n\n`), '/c1/chat', true)).text();
    expect([textOf(text), payloadsOf(text).at(-1)]).toEqual(['Hello you', '[DONE]']);
  });

  test.each(['Internal error', '[ERROR]', '"out of memory"'])('is an error in words: %j', async (words) => {
    const text = await (await ask('ollama', marked('', `data: ${words}\n\n`), '/c1/chat', true)).text();
    expect(payloadsOf(text).at(-1)).toContain('upstream_broken');
  });
});
