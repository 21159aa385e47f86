import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chunksOf, payloadsOf } from '../support/read-events.ts';
import { type DialectGateway, startDialects } from '../support/start-dialects.ts';
import { startEndpoints, usageOf } from '../support/start-endpoints.ts';
import type { Gateway } from '../support/start-gateway.ts';
import type { ScriptedGateway } from '../support/start-scripted.ts';
import { say } from '../support/upstream/scripts/answers.ts';
import { raw } from '../support/upstream/scripts/refusals.ts';

const dialects = ['vllm', 'openai-responses', 'anthropic', 'gemini'] as const;

let gateway: DialectGateway;
let endpoints: ScriptedGateway;
beforeAll(async () => {
  [gateway, endpoints] = await Promise.all([startDialects(dialects), startEndpoints()]);
});
afterAll(() => Promise.all([gateway.close(), endpoints.close()]));

const include = { stream_options: { include_usage: true } };
const messages = [{ role: 'user', content: 'How are you?' }];
const parts = [{ type: 'text', text: 'How are you?' }];

/** By surface: its path, its body, and what a stream of it needs to show the usage. */
const surfaces = {
  chat: ['/v1/chat/completions', { messages }, include],
  turns: ['/c1/chat', { message: 'How are you?' }, include],
  responses: ['/v1/responses', { input: 'How are you?' }, {}],
  passed: ['/v1/responses', { input: 'How are you?', store: false }, {}],
  messages: ['/v1/messages', { messages: [{ role: 'user', content: parts }], max_tokens: 100 }, {}],
} as const;

interface Counts {
  readonly prompt_tokens?: number;
  readonly completion_tokens?: number;
  readonly input_tokens?: number;
  readonly output_tokens?: number;
}

/** The prompt and the answer, in tokens, as the last of these objects says that has a usage. */
function countsOf(bodies: readonly { readonly usage?: Counts; readonly response?: { readonly usage?: Counts } }[]) {
  const { usage, response } = bodies.findLast((body) => body.usage ?? body.response?.usage) ?? {};
  const counts = usage ?? response?.usage;
  return [counts?.prompt_tokens ?? counts?.input_tokens, counts?.completion_tokens ?? counts?.output_tokens];
}

async function counted(from: Gateway, response: Response) {
  const row = await usageOf(from, response.headers.get('x-request-id'));
  expect(row).toMatchObject({ estimated: 1, outcome: 'ok' });
  return [row.promptTokens, row.completionTokens];
}

const text = 'An answer of some words, which nobody counted';

describe.each(dialects)('zeros beside an answer of %s', (model) => {
  test.each(Object.entries(surfaces))('are estimated for clients as for the ledger: %s', async (_name, given) => {
    const [path, body, streamed] = given;
    for (const stream of [false, true]) {
      gateway.upstreams[model]?.reply(say(text, { usage: { prompt: 0, completion: 0 } }));
      const response = await gateway.call('POST', path, { model, stream, ...body, ...(stream ? streamed : {}) });
      const answer = await response.text();
      const bodies = (stream ? payloadsOf(answer).filter((payload) => payload !== '[DONE]') : [answer]).map((payload) =>
        JSON.parse(payload),
      );
      const [prompt, completion] = countsOf(bodies);
      expect(prompt).toBeGreaterThan(0);
      expect(completion).toBeGreaterThan(0);
      expect([prompt, completion]).toEqual(await counted(gateway, response));
    }
  });
});

test('an upstream that gives no usage has an estimate in the stream, in the stored message and in the stored response', async () => {
  const script = say(text, { tellUsage: 'never' });
  gateway.upstreams.vllm?.reply(script, script, script);
  const chat = await gateway.call('POST', '/v1/chat/completions', {
    model: 'vllm',
    messages,
    stream: true,
    ...include,
  });
  const last = chunksOf(await chat.text()).at(-1);
  expect(last).toMatchObject({ object: 'chat.completion.chunk', model: 'vllm', choices: [] });
  expect(countsOf([last])).toEqual(await counted(gateway, chat));

  const turn = await gateway.call('POST', '/c1/chat', { model: 'vllm', message: 'Hi', stream: true });
  expect(chunksOf(await turn.text()).some(({ usage }) => usage)).toBe(false);
  const path = `/c1/conversations/${turn.headers.get('x-conversation-id')}`;
  const conversation = await (await gateway.call('GET', path)).json();
  expect(countsOf(conversation.messages)).toEqual(await counted(gateway, turn));

  const response = await gateway.call('POST', '/v1/responses', { model: 'vllm', input: 'Hi' });
  const { id, usage } = await response.json();
  expect(countsOf([{ usage }])).toEqual(await counted(gateway, response));
  expect(await (await gateway.call('GET', `/v1/responses/${id}`)).json()).toMatchObject({ usage });
});

const completion = { id: 'cmpl-1', object: 'text_completion', created: 1, model: 'm' };
const choice = { index: 0, text: 'An answer of some words', finish_reason: 'stop' };
const json = (body: object) => raw(200, { 'content-type': 'application/json' }, JSON.stringify(body));

test.each([{}, { usage: null }, { usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } }])(
  'a legacy completion with %j has an estimate',
  async (fields) => {
    const body = { ...completion, choices: [choice], ...fields };
    const frames = `data: ${JSON.stringify(body)}\n\ndata: [DONE]\n\n`;
    endpoints.upstream.at('/v1/completions', json(body), raw(200, { 'content-type': 'text/event-stream' }, frames));
    const asked = { model: 'texter', prompt: 'Say something' };
    const whole = await endpoints.call('POST', '/v1/completions', asked);
    expect(countsOf([await whole.json()])).toEqual(await counted(endpoints, whole));
    const stream = await endpoints.call('POST', '/v1/completions', { ...asked, stream: true, ...include });
    expect(countsOf(chunksOf(await stream.text()))).toEqual(await counted(endpoints, stream));
  },
);

test.each([{}, { usage: null }, { usage: { prompt_tokens: 0, total_tokens: 0 } }])(
  'embeddings with %j have an estimate',
  async (fields) => {
    const data = [{ object: 'embedding', index: 0, embedding: [1, 2] }];
    endpoints.upstream.at('/v1/embeddings', json({ object: 'list', model: 'm', data, ...fields }));
    const response = await endpoints.call('POST', '/v1/embeddings', { model: 'embedder', input: 'Some text' });
    const { usage } = await response.json();
    expect(usage.total_tokens).toBe(usage.prompt_tokens);
    expect([usage.prompt_tokens, 0]).toEqual(await counted(endpoints, response));
  },
);

test('embeddings of which one part was not counted have an estimate of all parts', async () => {
  const data = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ object: 'embedding', index, embedding: [1] }));
  const usage = { prompt_tokens: 4, total_tokens: 4 };
  const part = (count: number, fields: object) => json({ object: 'list', model: 'm', data: data(count), ...fields });
  endpoints.upstream.at('/v1/embeddings', part(4, { usage }), part(2, {}));
  const input = Array.from({ length: 6 }, (_, i) => `Text ${i}, which has several words`);
  const response = await endpoints.call('POST', '/v1/embeddings', { model: 'embedder', input });
  const told = (await response.json()).usage;
  expect(told.prompt_tokens).toBeGreaterThan(24);
  expect([told.prompt_tokens, 0]).toEqual(await counted(endpoints, response));
});

describe('a usage that says more than counts', () => {
  const usage = { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11, cost: 0.25, energy: { joules: 7 } };
  const chunk = (fields: object) => ({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', ...fields });
  const delta = (said: object, reason: string | null = null) => ({ index: 0, delta: said, finish_reason: reason });
  const said = chunk({ choices: [delta({ role: 'assistant', content: 'Hi.' })] });
  const end = chunk({ choices: [delta({}, 'stop')] });

  async function stream(chunks: readonly object[], path: string, body: object) {
    const frames = [...chunks.map((each) => JSON.stringify(each)), '[DONE]'].map((data) => `data: ${data}\n\n`);
    gateway.upstreams.vllm?.reply(raw(200, { 'content-type': 'text/event-stream' }, frames.join('')));
    return chunksOf(await (await gateway.call('POST', path, { model: 'vllm', stream: true, ...body })).text());
  }

  test.each([
    ['/v1/chat/completions', { messages }],
    ['/c1/chat', { message: 'Hi' }],
  ])('arrives whole where it was asked for, and rides on the last chunk where it was not: %s', async (path, body) => {
    const sent = [said, end, chunk({ choices: [], usage })];
    expect((await stream(sent, path, { ...body, ...include })).at(-1)).toMatchObject({ choices: [], usage });
    const plain = await stream(sent, path, body);
    expect(plain.every(({ choices }) => choices.length > 0)).toBe(true);
    expect(plain.at(-1)).toMatchObject({ choices: [{ finish_reason: 'stop' }], usage });
    expect(plain.filter((each) => each.usage)).toHaveLength(1);
  });

  test('stays beside the answer where its upstream puts it there', async () => {
    const sent = [
      { ...said, usage },
      { ...end, usage },
    ];
    const plain = await stream(sent, '/v1/chat/completions', { messages });
    expect(plain.map((each) => each.usage)).toEqual([usage, usage]);
  });

  test('is corrected where its counts are zero beside an answer', async () => {
    const zeros = { ...usage, prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
    const sent = [said, end, chunk({ choices: [], usage: zeros })];
    const last = (await stream(sent, '/v1/chat/completions', { messages, ...include })).at(-1);
    expect(last.usage).toMatchObject({ cost: 0.25, energy: { joules: 7 } });
    expect(last.usage.prompt_tokens).toBeGreaterThan(0);
    expect(last.usage.total_tokens).toBe(last.usage.prompt_tokens + last.usage.completion_tokens);
  });
});
