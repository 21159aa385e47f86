import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkNumbers } from '../../server/providers/http/check-shape.ts';
import { errorOf } from '../support/error-of.ts';
import { textOf } from '../support/read-events.ts';
import { type DialectGateway, startDialects } from '../support/start-dialects.ts';
import { flood } from '../support/upstream/scripts/hostile.ts';
import { raw } from '../support/upstream/scripts/refusals.ts';

const MB = 1024 * 1024;
const dialects = ['vllm', 'openai-responses', 'anthropic', 'gemini'] as const;
type Name = (typeof dialects)[number];

let gateway: DialectGateway;
beforeAll(async () => {
  gateway = await startDialects(dialects);
});
afterAll(() => gateway.close());

const events = { 'content-type': 'text/event-stream' };
const json = { 'content-type': 'application/json' };

const ask = (model: Name, stream: boolean) =>
  gateway.call('POST', '/v1/chat/completions', { model, messages: [{ role: 'user', content: 'Hi' }], stream });

const reply = (model: Name, ...scripts: Parameters<DialectGateway['upstreams'][string]['reply']>) =>
  gateway.upstreams[model]?.reply(...scripts);

/** An event that adds nothing to an answer, as each dialect may send it. */
const idle: Record<Name, object> = {
  vllm: { id: 'x', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: '' } }] },
  'openai-responses': { type: 'response.in_progress', response: {} },
  anthropic: { type: 'ping' },
  gemini: { candidates: [{ index: 0, content: { parts: [{ text: '' }] } }] },
};

describe.each(dialects)('a stream of %s that never says anything', (model) => {
  test.each([
    ['empty data', 'data:\n'],
    ['empty data with a blank', 'data: \n\n'],
    ['comments', ':\n'],
    ['ids', 'id: 1\n'],
    ['names of events', 'event: x\n\n'],
    ['blank lines', '\n'],
    ['carriage returns', '\r'],
    ['blanks', ' \n'],
    ['events without an answer', `data: ${JSON.stringify(idle[model])}\n\n`],
  ])('but %s is given up after a bounded number of lines', async (_what, filler) => {
    let sent = 0;
    reply(model, flood(200, events, filler, { limit: 200 * MB, sent: (bytes) => (sent = bytes) }));
    expect((await errorOf(await ask(model, true))).code).toBe('upstream_broken');
    expect(sent).toBeLessThan(32 * MB);
  });
});

describe.each(dialects)('an answer of %s without end', (model) => {
  test('as JSON is aborted', async () => {
    let sent = 0;
    const start = '{"id":"x","choices":[{"message":{"content":"';
    reply(model, flood(200, json, 'x'.repeat(1000), { limit: 300 * MB, start, sent: (bytes) => (sent = bytes) }));
    expect((await errorOf(await ask(model, false))).code).toBe('upstream_broken');
    expect(sent).toBeLessThan(100 * MB);
  });

  test.each([true, false])('that is an error is known by its status (stream: %s)', async (stream) => {
    for (const [status, code] of [
      [429, 'model_quota_exhausted'],
      [401, 'upstream_refused'],
      [503, 'upstream_unavailable'],
      [400, 'upstream_rejected'],
    ] as const) {
      let sent = 0;
      const script = flood(status, json, 'x'.repeat(1000), { limit: 300 * MB, sent: (bytes) => (sent = bytes) });
      reply(model, script);
      expect((await errorOf(await ask(model, stream))).code).toBe(code);
      expect(sent).toBeLessThan(16 * MB);
    }
  });
});

describe.each(dialects)('a compressed answer of %s, which was not asked for,', (model) => {
  const bomb = gzipSync(Buffer.alloc(8 * MB));

  test('is refused as it is, and never unpacked', async () => {
    for (const [stream, type] of [
      [true, events],
      [false, json],
    ] as const) {
      reply(model, raw(200, { ...type, 'content-encoding': 'gzip' }, bomb));
      const error = await errorOf(await ask(model, stream));
      expect(error.code).toBe('upstream_broken');
      expect(error.message).toContain('compressed');
      reply(model, raw(401, { ...json, 'content-encoding': 'br' }, bomb));
      expect((await errorOf(await ask(model, stream))).code).toBe('upstream_refused');
    }
    expect(gateway.upstreams[model]?.chats.at(-1)?.headers['accept-encoding']).toBe('identity');
  });
});

/** More names than any real object has: parsing them takes time by their square. */
const wide = Array.from({ length: 20_000 }, (_, i) => `"k${i}":1`).join(',');

const tooWide = expect.stringContaining('names in one object');

describe.each(dialects)('an answer of %s with an object of very many names', (model) => {
  test('is broken as JSON', async () => {
    reply(model, raw(200, json, `{"id":"x","other":{${wide}}}`));
    expect(await errorOf(await ask(model, false))).toMatchObject({ code: 'upstream_broken', message: tooWide });
  });

  test('is broken as an event', async () => {
    reply(model, raw(200, events, `data: {"id":"x","other":[{},{${wide}}]}\n\n`));
    expect(await errorOf(await ask(model, true))).toMatchObject({ code: 'upstream_broken', message: tooWide });
  });
});

test('embeddings with an object of very many names are broken, and many embeddings are not', () => {
  const embedding = '{"object":"embedding","index":0,"embedding":[0.5,0.25]}';
  expect(() => checkNumbers(Buffer.from(`{"data":[${embedding}],"usage":{${wide}}}`))).toThrow('names in one object');
  const many = Array.from({ length: 10_000 }, () => embedding).join(',');
  expect(() => checkNumbers(Buffer.from(`{"data":[${many}]}`))).not.toThrow();
});

/** The start of a message of Anthropic's that holds so many blocks. */
const startWith = (count: number): string => {
  const content = Array.from({ length: count }, (_, i) => ({ type: 'text', text: `${i} ` }));
  const message = { id: 'm', type: 'message', role: 'assistant', model: 'm', content, stop_reason: null, usage: {} };
  return `data: ${JSON.stringify({ type: 'message_start', message })}\n\n`;
};

test('blocks in the start of a message are read in their order, and very many of them are broken', async () => {
  const start = { type: 'content_block_start', index: 1_000, content_block: { type: 'text', text: '' } };
  const stop = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 1 } };
  const rest = [start, stop, { type: 'message_stop' }].map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
  reply('anthropic', raw(200, events, startWith(500) + rest));
  const answer = textOf(await (await ask('anthropic', true)).text());
  expect(answer).toBe(Array.from({ length: 500 }, (_, i) => `${i} `).join(''));
  reply('anthropic', raw(200, events, startWith(20_000) + rest));
  expect((await errorOf(await ask('anthropic', true))).code).toBe('upstream_broken');
});
