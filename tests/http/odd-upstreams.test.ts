import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { type ScriptedGateway, startScripted, upstreamKey } from '../support/start-scripted.ts';
import type { Script } from '../support/upstream/exchange.ts';
import { raw } from '../support/upstream/scripts/refusals.ts';

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted();
});
afterAll(() => gateway.close());

const json = (body: unknown): Script => raw(200, { 'content-type': 'application/json' }, JSON.stringify(body));
const events = (...chunks: readonly unknown[]): Script =>
  raw(
    200,
    { 'content-type': 'text/event-stream' },
    `${chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')}data: [DONE]\n\n`,
  );
const usage = { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 };
const whole = (message: object, rest: object = {}) => ({
  id: 'x',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop' }],
  usage,
  ...rest,
});
const turn = (fields: object = {}) => gateway.call('POST', '/c1/chat', { model: 'scripted', message: 'Hi', ...fields });

describe('an answer of the wrong types', () => {
  test.each([
    ['a content that is a number', whole({ content: 7 })],
    ['a reasoning that is an object', whole({ content: 'a', reasoning_content: {} })],
    ['images that are a word', whole({ content: 'a', images: 'no' })],
    ['no message', whole({}, { choices: [{ index: 0 }] })],
    ['a choice that is nothing', whole({}, { choices: [null] })],
    ['a finish reason that is a number', whole({}, { choices: [{ index: 0, message: {}, finish_reason: 9 }] })],
  ])('with %s is the fault of the upstream, and leaves the conversation free', async (_what, body) => {
    gateway.upstream.reply(json(whole({ content: 'First.' })));
    const conversation_id = (await turn()).headers.get('x-conversation-id');
    gateway.upstream.reply(json(body));
    expect((await errorOf(await turn({ conversation_id }))).code).toBe('upstream_broken');
    gateway.upstream.reply(json(whole({ content: 'Again.' })));
    expect((await turn({ conversation_id })).status).toBe(200);
  });

  test('with parts in the place of a text is joined', async () => {
    gateway.upstream.reply(
      json(
        whole({
          content: [
            { type: 'text', text: 'One ' },
            { type: 'text', text: 'text.' },
          ],
        }),
      ),
    );
    expect((await (await turn()).json()).choices[0].message.content).toBe('One text.');
  });

  test.each([
    ['a delta that is a number in the place of a text', { choices: [{ index: 0, delta: { content: 7 } }] }],
    ['choices that are a word', { choices: 'x' }],
  ])('with %s ends a stream with an error, and leaves the conversation free', async (_what, chunk) => {
    const first = { id: 'x', choices: [{ index: 0, delta: { role: 'assistant', content: 'Well' } }] };
    gateway.upstream.reply(events(first, chunk));
    const response = await turn({ stream: true });
    expect(await response.text()).toContain('"code":"upstream_broken"');
    gateway.upstream.reply(json(whole({ content: 'Again.' })));
    const conversation_id = response.headers.get('x-conversation-id');
    expect((await turn({ conversation_id })).status).toBe(200);
  });
});

describe('invalid counts of an upstream', () => {
  test.each([
    ['without a total', { prompt_tokens: 5, completion_tokens: 3 }],
    ['as words', { prompt_tokens: 'many', completion_tokens: {} }],
    ['beyond all bounds', { prompt_tokens: 1e30, completion_tokens: 1, total_tokens: 1e30 }],
    ['below nothing', { prompt_tokens: -5, completion_tokens: -3, total_tokens: -8 }],
  ])('%s leave the conversation and the reports readable', async (_what, odd) => {
    gateway.upstream.reply(json(whole({ content: 'Counted.' }, { usage: odd })));
    const id = (await turn()).headers.get('x-conversation-id');
    const read = await gateway.call('GET', `/c1/conversations/${id}`);
    expect(read.status).toBe(200);
    expect((await read.json()).messages[1].content).toBe('Counted.');
    await gateway.store.usage.flush();
    const { items } = await (await gateway.call('GET', '/api/usage/requests?limit=1')).json();
    expect(items[0].prompt_tokens).toBeGreaterThanOrEqual(0);
    expect(items[0].prompt_tokens).toBeLessThan(1e9);
  });
});

describe('an error of the upstream', () => {
  const refusing = (error: object): Script =>
    raw(400, { 'content-type': 'application/json' }, JSON.stringify({ error }));

  test('does not hand the key on, as a message or as a param', async () => {
    for (const error of [{ message: `Bad: ${upstreamKey}` }, { message: 'Bad.', param: upstreamKey }]) {
      gateway.upstream.reply(refusing(error));
      const body = { model: 'scripted', messages: [{ role: 'user', content: 'Hi' }] };
      const text = await (await gateway.call('POST', '/v1/chat/completions', body)).text();
      expect(text).toContain('upstream_rejected');
      expect(text).not.toContain(upstreamKey);
    }
  });

  test('cannot ask for more patience than a day', async () => {
    gateway.upstream.reply(raw(429, { 'retry-after': '9999999999' }, ''));
    const response = await turn();
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeLessThanOrEqual(86_400);
  });
});
