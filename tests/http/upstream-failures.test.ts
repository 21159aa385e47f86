import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { payloadsOf } from '../support/read-events.ts';
import { type ScriptedGateway, startScripted, upstreamKey } from '../support/start-scripted.ts';
import type { Script } from '../support/upstream/exchange.ts';
import { say } from '../support/upstream/scripts/answers.ts';
import {
  destroyAfter,
  destroyBeforeHeaders,
  endWithoutFinish,
  errorInStream,
  hangAfter,
  hangAfterHeaders,
  hangBeforeHeaders,
  malformedEvent,
} from '../support/upstream/scripts/failures.ts';
import { empty200, errorBodyWith200, htmlError, raw, redirect, refuse } from '../support/upstream/scripts/refusals.ts';

const chat = '/v1/chat/completions';
const hi = { model: 'scripted', messages: [{ role: 'user', content: 'Hi' }] };

const hangInTheMiddle = hangAfter(2);
const silences: ReadonlySet<Script> = new Set([hangBeforeHeaders, hangAfterHeaders, hangInTheMiddle]);

let gateway: ScriptedGateway;
/** Waits two seconds for its upstream, which a busy machine may take to answer: only silence is tried on it. */
let hasty: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted({ env: { MODEL_WAIT_SECONDS: '0' } });
  hasty = await startScripted({ provider: 'first_byte_seconds: 2, idle_seconds: 2' });
});
afterAll(async () => {
  await gateway.close();
  await hasty.close();
});

function post(path: string, body: object, script: Script): Promise<Response> {
  const asked = silences.has(script) ? hasty : gateway;
  asked.upstream.reply(script);
  return asked.call('POST', path, body);
}

/** Every way to ask: both surfaces, JSON and stream. */
const ways = [
  ['/v1 JSON', chat, hi],
  ['/v1 SSE', chat, { ...hi, stream: true }],
  ['/c1 JSON', '/c1/chat', { model: 'scripted', message: 'Hi' }],
  ['/c1 SSE', '/c1/chat', { model: 'scripted', message: 'Hi', stream: true }],
] as const;
const streams = ways.filter(([, , body]) => 'stream' in body);

const json = { 'content-type': 'application/json' };
const leak = (status: number, code: string | number = 'x') =>
  raw(
    status,
    json,
    JSON.stringify({ error: { message: `Bad key ${upstreamKey} at http://10.0.0.5:8000`, code, type: 'y' } }),
  );

describe('an overflow of the window is reported in the words that agents recognise', () => {
  const message = async (script: Script) => {
    gateway.upstream.reply(script);
    return (await (await gateway.call('POST', chat, hi)).json()).error.message;
  };
  const of = (words: string) => raw(400, json, JSON.stringify({ error: { message: words, code: 400, type: 'y' } }));

  test('with the counts that the upstream gives', async () => {
    const known = "This model's maximum context length is 8192 tokens. The prompt has 9001 tokens";
    expect(await message(refuse('context-overflow'))).toBe(`${known}.`);
    // As another Duplex says it.
    expect(await message(of(`${known}.`))).toBe(`${known}.`);
    expect(await message(of('length and max_tokens exceed context limit: 9001 + 500 > 8192'))).toBe(
      `${known} and asks for 500 more.`,
    );
  });

  test('and without', async () => {
    expect(await message(of('the request exceeds the context size'))).toBe(
      "This model's maximum context length is exceeded.",
    );
  });
});

describe.each(ways)('before the answer, asked by %s', (_way, path, body) => {
  const ask = (script: Script) => post(path, body, script);

  test.each([
    ['a 400', refuse('bad-request'), 'upstream_rejected'],
    ['an overflow of the window', refuse('context-overflow'), 'context_length_exceeded'],
    ['a 401 to our key', refuse('unauthorized'), 'upstream_refused'],
    ['a 403 to our key', leak(403), 'upstream_refused'],
    ['a 404 of the model', refuse('unknown-model'), 'upstream_refused'],
    ['a 402 of its wallet', leak(402), 'model_quota_exhausted'],
    ['a 408', leak(408), 'upstream_timeout'],
    ['a 413', leak(413), 'upstream_rejected'],
    ['a 422', leak(422), 'upstream_rejected'],
    ['a 500', refuse('server-error'), 'upstream_broken'],
    ['a 501', leak(501), 'upstream_broken'],
    ['a 502 page', htmlError(), 'upstream_broken'],
    ['a 503', refuse('unavailable'), 'upstream_unavailable'],
    ['a 504 page', htmlError(504), 'upstream_timeout'],
    ['a 529', leak(529), 'model_busy'],
    ['a page with status 200', raw(200, { 'content-type': 'text/html' }, '<html>Login</html>'), 'upstream_broken'],
    ['an error with status 200', errorBodyWith200(), 'upstream_broken'],
    ['nothing with status 200', empty200, 'upstream_broken'],
    ['an empty object', raw(200, json, '{}'), 'upstream_broken'],
    ['null', raw(200, json, 'null'), 'upstream_broken'],
    ['an empty list of choices', raw(200, json, '{"choices":[]}'), 'upstream_broken'],
    ['a 204', raw(204, {}, ''), 'upstream_broken'],
    ['a redirect', redirect('http://127.0.0.1:1/elsewhere'), 'upstream_refused'],
    ['a cut connection', destroyBeforeHeaders, 'upstream_broken'],
    ['silence', hangBeforeHeaders, 'upstream_timeout'],
    ['headers, then silence', hangAfterHeaders, 'upstream_timeout'],
    [
      'a max_tokens that is too low for it',
      raw(400, json, '{"error":{"message":"max_tokens must be at least 16"}}'),
      'max_tokens_below_minimum',
    ],
  ] as const)('%s is the documented error', async (_what, script, code) => {
    expect((await errorOf(await ask(script))).code).toBe(code);
  });

  test('a 429 hands its retry-after on', async () => {
    for (const [script, seconds] of [
      [refuse('rate-limited'), '7'],
      [refuse('rate-limited', { 'retry-after': '30' }), '30'],
      [leak(429), '10'],
      [refuse('rate-limited', { 'retry-after': 'soon' }), '10'],
    ] as const) {
      const response = await ask(script);
      expect(response.headers.get('retry-after')).toBe(seconds);
      expect((await errorOf(response)).code).toBe('model_quota_exhausted');
    }
  });

  test("no answer holds the upstream's key", async () => {
    for (const status of [400, 401, 403, 404, 422, 429, 500, 503, 200]) {
      const response = await ask(leak(status));
      const text = await response.text();
      expect(text).not.toContain(upstreamKey);
      expect(text).not.toContain('5f3c9a0e');
      expect(JSON.stringify([...response.headers])).not.toContain(upstreamKey);
    }
  });

  test('an upstream that is a wall of text makes a short error', async () => {
    const text = await (await ask(raw(400, json, JSON.stringify({ error: { message: 'x'.repeat(200_000) } })))).text();
    expect(text.length).toBeLessThan(1_000);
  });

  test('the message of a 400 is the upstream own', async () => {
    const error = await errorOf(
      await ask(raw(400, json, '{"error":{"message":"top_k must be positive","param":"top_k"}}')),
    );
    expect(error).toMatchObject({ code: 'upstream_rejected', message: 'top_k must be positive', param: 'top_k' });
  });
});

describe.each(streams)('after the first token, asked by %s', (_way, path, body) => {
  const ask = async (script: Script) => {
    const response = await post(path, body, script);
    expect(response.status).toBe(200);
    return response.text();
  };

  test.each([
    ['a cut connection', destroyAfter(2), 'upstream_broken'],
    ['an end without a finish reason', endWithoutFinish(2), 'upstream_broken'],
    ['an error event with [DONE]', errorInStream({ done: true }), 'upstream_broken'],
    ['an error event without [DONE]', errorInStream({ done: false }), 'upstream_broken'],
    ['an error event in one piece with the text', errorInStream({ write: 'burst' }), 'upstream_broken'],
    ['an error event that is a text', errorInStream({ event: { error: `key ${upstreamKey}` } }), 'upstream_broken'],
    [
      'an error event of a quota',
      errorInStream({ event: { error: { message: 'slow', code: 429 } } }),
      'model_quota_exhausted',
    ],
    ['silence', hangInTheMiddle, 'upstream_timeout'],
    ['an event that is no JSON', malformedEvent(2), 'upstream_broken'],
  ] as const)('%s is an error event after the text so far, and no [DONE]', async (_what, script, code) => {
    const text = await ask(script);
    const payloads = payloadsOf(text);
    expect(payloads).not.toContain('[DONE]');
    const events = payloads.map((payload) => JSON.parse(payload));
    expect(events.at(-1)).toEqual({
      error: expect.objectContaining({ code, param: null, message: expect.any(String) }),
    });
    expect(events.slice(0, -1).every((event) => !('error' in event))).toBe(true);
    const said = events.map((event) => event.choices?.[0]?.delta.content ?? '').join('');
    expect(said).toBe('One two');
    expect(text).not.toContain(upstreamKey);
    expect(text).toMatch(/\n\n$/);
  });
});

test('a text that mentions errors is not an error', async () => {
  const body = { ...hi, stream: true };
  gateway.upstream.reply(say(['{"error":', ' "finish_reason":"stop"}', ' [DONE]', ' data: [DONE]\n\n', ' end']));
  const text = await (await gateway.call('POST', chat, body)).text();
  const payloads = payloadsOf(text);
  expect(payloads.at(-1)).toBe('[DONE]');
  const said = payloads.slice(0, -1).map((payload) => JSON.parse(payload).choices[0].delta.content);
  expect(said.join('')).toBe('{"error": "finish_reason":"stop"} [DONE] data: [DONE]\n\n end');
});

test('an upstream that is not there is 503, and the gateway is degraded but serves', async () => {
  const other = await startScripted();
  await other.upstream.close();
  for (const [, path, body] of ways) {
    expect((await errorOf(await other.call('POST', path, body))).code).toBe('upstream_unavailable');
  }
  const ready = await other.call('GET', '/readyz');
  expect([ready.status, await ready.json()]).toMatchObject([
    200,
    { status: 'degraded', demo: false, backends: [{ provider: 'up', status: 'down' }] },
  ]);
  expect((await other.call('GET', '/healthz')).status).toBe(200);
  await other.close();
});
