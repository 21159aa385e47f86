import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectClient } from '../clients/support.ts';
import { errorOf } from '../support/error-of.ts';
import { faultsOf } from '../support/openai-schema.ts';
import { chunksOf, payloadsOf, readerOf } from '../support/read-events.ts';
import { startEndpoints, usageOf } from '../support/start-endpoints.ts';
import { bearer } from '../support/start-gateway.ts';
import type { ScriptedGateway } from '../support/start-scripted.ts';
import { continueText } from '../support/upstream/endpoints.ts';
import { hangBeforeHeaders } from '../support/upstream/scripts/failures.ts';
import { empty200, errorBodyWith200, refuse } from '../support/upstream/scripts/refusals.ts';

const path = '/v1/completions';
const tokens = ['One', ' two', ' three'];
let gateway: ScriptedGateway;
let client: OpenAI;
beforeAll(async () => {
  gateway = await startEndpoints();
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: bearer, maxRetries: 0 });
});
afterAll(() => gateway.close());

const post = (body: object = {}) => gateway.call('POST', path, { model: 'texter', prompt: 'Count:', ...body });
const lastAsked = () => gateway.upstream.requests.at(-1);

describe('a completion as one answer', () => {
  test('is the upstream’s, named by the alias', async () => {
    gateway.upstream.at(path, continueText(tokens));
    const response = await post({ max_tokens: 5, echo: true, future_field: 1.0 });
    const answer = await response.json();
    expect(answer).toMatchObject({ model: 'texter', object: 'text_completion', choices: [{ text: 'One two three' }] });
    expect(faultsOf('CreateCompletionResponse', answer)).toEqual([]);
    expect(response.headers.get('x-gateway-backend')).toBe('up/text-model');
    const sent = { model: 'text-model', prompt: 'Count:', max_tokens: 5, echo: true, future_field: 1 };
    expect(lastAsked()?.json).toEqual(sent);
    expect(await usageOf(gateway, response.headers.get('x-request-id'))).toMatchObject({
      operation: 'v1.completions',
      promptTokens: 5,
      completionTokens: 3,
      estimated: 0,
      outcome: 'ok',
    });
  });

  test('is asked of a chat model too, where its upstream has completions', async () => {
    expect((await post({ model: 'chatter' })).status).toBe(200);
    expect(lastAsked()?.path).toBe(path);
  });

  test.each([
    ['a status', refuse('unavailable'), 'upstream_unavailable'],
    ['an error in a 200', errorBodyWith200(), 'upstream_broken'],
    ['nothing', empty200, 'upstream_broken'],
  ])('is an error when the upstream answers with %s', async (_what, script, code) => {
    gateway.upstream.at(path, script);
    expect((await errorOf(await post())).code).toBe(code);
  });
});

describe('a completion as a stream', () => {
  const textOf = (text: string) =>
    chunksOf(text)
      .map(({ choices }) => choices[0]?.text ?? '')
      .join('');

  test.each(['event', 'byte', 'burst'] as const)(
    'comes whole, named by the alias, written by the %s',
    async (write) => {
      gateway.upstream.at(path, continueText(['Grüße', ' 👋', ...tokens], { write }));
      const text = await (await post({ stream: true })).text();
      expect(textOf(text)).toBe('Grüße 👋One two three');
      for (const chunk of chunksOf(text)) {
        expect(chunk.model).toBe('texter');
        expect(chunk.usage).toBeUndefined();
      }
    },
  );

  test('shows its usage to those who ask, and counts it for all', async () => {
    for (const asked of [undefined, { include_usage: true }]) {
      gateway.upstream.at(path, continueText(tokens));
      const response = await post({ stream: true, ...(asked ? { stream_options: asked } : {}) });
      const last = chunksOf(await response.text()).at(-1);
      expect(last.usage ?? null).toEqual(asked ? { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 } : null);
      expect(await usageOf(gateway, response.headers.get('x-request-id'))).toMatchObject({
        completionTokens: 3,
        estimated: 0,
        outcome: 'ok',
      });
    }
  });

  test('that fails ends with an error event and no [DONE]', async () => {
    for (const [script, code] of [
      [continueText(tokens, { error: { message: 'died', type: 'InternalServerError', code: 500 } }), 'upstream_broken'],
      [continueText(tokens, { cut: { tokens: 2, how: 'end' } }), 'upstream_broken'],
      [continueText(tokens, { cut: { tokens: 2, how: 'destroy' } }), 'upstream_broken'],
    ] as const) {
      gateway.upstream.at(path, script);
      const response = await post({ stream: true });
      const payloads = payloadsOf(await response.text());
      expect(JSON.parse(payloads.at(-1) ?? '').error.code).toBe(code);
      expect(payloads).not.toContain('[DONE]');
      expect(JSON.parse(payloads[0] ?? '').choices[0].text).toBe('One');
      expect(await usageOf(gateway, response.headers.get('x-request-id'))).toMatchObject({ outcome: code });
    }
  });

  test('that fails before its first token has the status of its error', async () => {
    gateway.upstream.at(path, refuse('rate-limited'));
    const response = await post({ stream: true });
    expect(response.headers.get('retry-after')).toBe('7');
    expect((await errorOf(response)).code).toBe('model_quota_exhausted');
  });

  test.each([
    ['before the first token', hangBeforeHeaders, false],
    ['after it', continueText(tokens, { cut: { tokens: 1, how: 'hang' } }), true],
  ])('that is left %s closes the upstream', async (_when, script, begins) => {
    gateway.upstream.at(path, script);
    const seen = gateway.upstream.requests.length;
    const leaving = new AbortController();
    const asked = fetch(gateway.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'texter', prompt: 'Count:', stream: true }),
      signal: leaving.signal,
    });
    asked.catch(() => undefined);
    await gateway.upstream.waitFor(({ requests }) => requests.length > seen);
    if (begins) await readerOf(await asked).until('One');
    leaving.abort();
    await lastAsked()?.aborted;
  });
});

describe('the official library', () => {
  test('completes, and streams', async () => {
    gateway.upstream.at(path, continueText(tokens), continueText(tokens));
    const answer = await client.completions.create({ model: 'texter', prompt: 'Count:' });
    expect(answer.choices[0]?.text).toBe('One two three');
    let text = '';
    for await (const chunk of await client.completions.create({ model: 'texter', prompt: 'Count:', stream: true })) {
      text += chunk.choices[0]?.text ?? '';
    }
    expect(text).toBe('One two three');
  });

  test('throws when the stream fails', async () => {
    gateway.upstream.at(path, continueText(tokens, { cut: { tokens: 1, how: 'destroy' } }));
    const stream = await client.completions.create({ model: 'texter', prompt: 'Count:', stream: true });
    const read = async () => {
      for await (const _ of stream);
    };
    await expect(read()).rejects.toMatchObject({ code: 'upstream_broken' });
  });
});

test.each([
  ['no prompt', { prompt: undefined }, 'missing_field', 'prompt'],
  ['a prompt that is none', { prompt: { a: 1 } }, 'invalid_field', 'prompt'],
  ['a bad temperature', { temperature: 'hot' }, 'invalid_field', 'temperature'],
  ['a key in other letters', { Stream: true }, 'invalid_field', 'Stream'],
  ['a model without completions', { model: 'embedder' }, 'endpoint_not_supported', 'model'],
  ['a vendor without completions', { model: 'nowhere' }, 'no_backend', 'model'],
])('%s is refused before anything is sent', async (_what, body, code, param) => {
  const seen = gateway.upstream.requests.length;
  for (const stream of [false, true])
    expect(await errorOf(await post({ ...body, stream }))).toMatchObject({ code, param });
  expect(gateway.upstream.requests.length).toBe(seen);
});

test('a typed caller gets the same, over tRPC and its websocket', async () => {
  const { client: typed } = connectClient(gateway);
  gateway.upstream.at(path, continueText(tokens), continueText(tokens));
  const answer = await typed.v1.completions.create.mutate({ model: 'texter', prompt: 'Count:' });
  expect([answer.model, answer.choices[0]?.text]).toEqual(['texter', 'One two three']);
  const text = await new Promise<string>((resolve, reject) => {
    let said = '';
    typed.v1.completions.stream.subscribe(
      { model: 'texter', prompt: 'Count:' },
      {
        onData: ({ data }) => {
          said += data.choices[0]?.text ?? '';
        },
        onComplete: () => resolve(said),
        onError: reject,
      },
    );
  });
  expect(text).toBe('One two three');
  await typed.close();
});
