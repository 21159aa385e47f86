import OpenAI, { BadRequestError } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectClient } from '../clients/support.ts';
import { errorOf } from '../support/error-of.ts';
import { faultsOf } from '../support/openai-schema.ts';
import { startEndpoints, usageOf } from '../support/start-endpoints.ts';
import { bearer } from '../support/start-gateway.ts';
import type { ScriptedGateway } from '../support/start-scripted.ts';
import { embed, vectorOf } from '../support/upstream/endpoints.ts';
import { hangBeforeHeaders } from '../support/upstream/scripts/failures.ts';
import { errorBodyWith200, raw, refuse } from '../support/upstream/scripts/refusals.ts';

const path = '/v1/embeddings';
let gateway: ScriptedGateway;
let client: OpenAI;
beforeAll(async () => {
  gateway = await startEndpoints();
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: bearer, maxRetries: 0 });
});
afterAll(() => gateway.close());

const post = (body: object) => gateway.call('POST', path, { model: 'embedder', ...body });
const lastAsked = () => gateway.upstream.requests.at(-1);

/** The vectors of an answer, whatever their format. */
async function vectorsOf(response: Response): Promise<number[][]> {
  expect(response.status).toBe(200);
  const { data } = await response.json();
  return data.map(({ embedding }: { embedding: number[] | string }) => {
    if (typeof embedding !== 'string') return embedding;
    const bytes = Buffer.from(embedding, 'base64');
    return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4));
  });
}

describe('the format of the vectors', () => {
  const both = ['float', 'base64'] as const;
  test.each(both.flatMap((asked) => both.map((sent) => [asked, sent] as const)))(
    'is %s when that was asked, though the upstream sends %s',
    async (asked, sent) => {
      gateway.upstream.at(path, embed({ format: sent }));
      const response = await post({ input: ['a', 'b'], encoding_format: asked });
      const answer = JSON.parse(await response.clone().text());
      expect(typeof answer.data[0].embedding).toBe(asked === 'float' ? 'object' : 'string');
      expect(await vectorsOf(response)).toEqual([vectorOf('a'), vectorOf('b')]);
    },
  );

  test('is float when nothing was asked, which the upstream is not told either', async () => {
    gateway.upstream.at(path, embed({ format: 'base64' }));
    const answer = await (await post({ input: 'a' })).json();
    expect(answer.data[0].embedding).toEqual(vectorOf('a'));
    expect(lastAsked()?.json).toEqual({ model: 'embed-model', input: 'a' });
  });

  test('decodes to the same numbers in the official library, which asks for base64 on its own', async () => {
    for (const format of [undefined, 'float', 'base64'] as const) {
      gateway.upstream.at(path, format ? embed({ format }) : embed());
      const { data } = await client.embeddings.create({ model: 'embedder', input: ['one', 'two'], dimensions: 8 });
      expect(data.map(({ embedding }) => embedding)).toEqual([vectorOf('one', 8), vectorOf('two', 8)]);
      expect(lastAsked()?.json).toMatchObject({ encoding_format: 'base64', dimensions: 8 });
    }
    gateway.upstream.at(path, embed({ format: 'base64' }));
    const { data } = await client.embeddings.create({ model: 'embedder', input: 'x', encoding_format: 'float' });
    expect(data[0]?.embedding).toEqual(vectorOf('x'));
  });
});

describe('the answer', () => {
  test('names the alias, is valid by OpenAI’s schema, and says which backend gave it', async () => {
    const response = await post({ input: 'a', user: 'u1', future_field: { a: 1 } });
    const answer = await response.json();
    expect(answer.model).toBe('embedder');
    expect(faultsOf('CreateEmbeddingResponse', answer)).toEqual([]);
    expect(response.headers.get('x-gateway-backend')).toBe('up/embed-model');
    expect(lastAsked()?.json).toEqual({ model: 'embed-model', input: 'a', user: 'u1', future_field: { a: 1 } });
  });

  test('keeps what only the upstream knows, byte for byte', async () => {
    const body =
      '{"object":"list",  "data":[{"object":"embedding","index":0,"embedding":[1.0, 2.50e-1]}],"model":"m","x":1.0,"usage":{"prompt_tokens":1,"total_tokens":1, "y":2.0}}';
    gateway.upstream.at(path, raw(200, { 'content-type': 'application/json' }, body));
    expect(await (await post({ input: 'a' })).text()).toBe(body.replace('"m"', '"embedder"'));
  });

  test.each([
    ['a text', 'one', 1],
    ['texts', ['one', 'two'], 2],
    ['tokens', [1, 2, 3, 4, 5, 6], 1],
    ['lists of tokens', [[1, 2], [3]], 2],
  ])('has one vector for each input of %s', async (_what, input, count) => {
    const vectors = await vectorsOf(await post({ input }));
    expect(vectors.length).toBe(count);
    expect(lastAsked()?.json).toMatchObject({ input });
  });

  test('is in the order of the input, also where the upstream’s is not, or all its indexes are 0', async () => {
    for (const index of ['reversed', 'zero'] as const) {
      gateway.upstream.at(path, embed({ index }));
      const { data } = await (await post({ input: ['a', 'b', 'c'] })).json();
      expect(data.map((item: { index: number }) => item.index)).toEqual([0, 1, 2]);
      expect(data.map((item: { embedding: number[] }) => item.embedding)).toEqual(
        ['a', 'b', 'c'].map((t) => vectorOf(t)),
      );
    }
  });
});

describe('a list longer than the backend takes', () => {
  const input = Array.from({ length: 10 }, (_, i) => `text ${i}`);

  test('is split, and its answers are joined in order with the usage of all', async () => {
    const seen = gateway.upstream.requests.length;
    gateway.upstream.at(path, embed(), embed({ format: 'base64', index: 'reversed' }));
    const answer = await (await post({ input })).json();
    const sent = gateway.upstream.requests.slice(seen).map(({ json }) => json);
    expect(sent).toMatchObject([{ input: input.slice(0, 4) }, { input: input.slice(4, 8) }, { input: input.slice(8) }]);
    expect(answer.data.map(({ embedding }: { embedding: number[] }) => embedding)).toEqual(
      input.map((t) => vectorOf(t)),
    );
    expect(answer.data.map(({ index }: { index: number }) => index)).toEqual(input.map((_, i) => i));
    expect(answer).toMatchObject({ model: 'embedder', usage: { prompt_tokens: 20, total_tokens: 20 } });
  });

  test('of token lists is split too, one list of tokens is not', async () => {
    const seen = gateway.upstream.requests.length;
    expect((await vectorsOf(await post({ input: [[1], [2], [3], [4], [5]] }))).length).toBe(5);
    expect((await vectorsOf(await post({ input: [1, 2, 3, 4, 5] }))).length).toBe(1);
    expect(gateway.upstream.requests.length - seen).toBe(3);
  });

  test('fails as a whole when one of its parts does', async () => {
    gateway.upstream.at(path, embed(), refuse('rate-limited'));
    expect((await errorOf(await post({ input }))).code).toBe('model_quota_exhausted');
  });
});

describe('usage', () => {
  test('is counted', async () => {
    const response = await post({ input: ['a', 'b'] });
    expect(await usageOf(gateway, response.headers.get('x-request-id'))).toEqual({
      operation: 'v1.embeddings',
      alias: 'embedder',
      provider: 'up',
      model: 'embed-model',
      promptTokens: 4,
      completionTokens: 0,
      estimated: 0,
      outcome: 'ok',
    });
  });

  test('is estimated when the upstream gives none', async () => {
    gateway.upstream.at(path, embed({ usage: false }));
    const response = await post({ input: 'x'.repeat(400) });
    const row = await usageOf(gateway, response.headers.get('x-request-id'));
    expect(row).toMatchObject({ completionTokens: 0, estimated: 1 });
    expect(row.promptTokens).toBeGreaterThan(100);
  });
});

describe('what is refused', () => {
  test.each([
    ['no input', {}, 'missing_field', 'input'],
    ['an empty list', { input: [] }, 'invalid_field', 'input'],
    ['a mixed list', { input: [1, 'a'] }, 'invalid_field', 'input[0]'],
    ['another format', { input: 'a', encoding_format: 'hex' }, 'invalid_field', 'encoding_format'],
    ['no dimensions', { input: 'a', dimensions: 0 }, 'invalid_field', 'dimensions'],
    ['a key in other letters', { input: 'a', Model: 'x' }, 'invalid_field', 'Model'],
    ['an unknown model', { input: 'a', model: 'nobody' }, 'model_not_in_allowlist', 'model'],
    ['a model that only chats', { input: 'a', model: 'chatter' }, 'endpoint_not_supported', 'model'],
    ['a vendor without embeddings', { input: 'a', model: 'nowhere' }, 'no_backend', 'model'],
  ])('%s: %j', async (_what, body, code, param) => {
    const seen = gateway.upstream.requests.length;
    expect(await errorOf(await post(body))).toMatchObject({ code, param });
    expect(gateway.upstream.requests.length).toBe(seen);
  });

  test('is an error of the official library with its param', async () => {
    const refused = client.embeddings.create({ model: 'chatter', input: 'a' });
    await expect(refused).rejects.toMatchObject({ code: 'endpoint_not_supported', param: 'model' });
    await expect(refused).rejects.toBeInstanceOf(BadRequestError);
  });

  test('a chat asked of an embedding model', async () => {
    const messages = [{ role: 'user', content: 'Hi' }];
    for (const [at, body] of [
      ['/v1/chat/completions', { messages }],
      ['/c1/chat', { message: 'Hi' }],
    ] as const) {
      const error = await errorOf(await gateway.call('POST', at, { model: 'embedder', ...body }));
      expect(error).toMatchObject({ code: 'endpoint_not_supported', param: 'model' });
    }
  });
});

describe('an upstream that fails', () => {
  const list = (data: unknown) =>
    raw(200, { 'content-type': 'application/json' }, JSON.stringify({ object: 'list', data }));
  test.each([
    ['with a status', refuse('server-error'), 'upstream_broken'],
    ['because the input is too long', refuse('context-overflow'), 'context_length_exceeded'],
    ['inside a 200', errorBodyWith200(), 'upstream_broken'],
    ['with no JSON', raw(200, {}, 'oh'), 'upstream_broken'],
    ['with null', raw(200, {}, 'null'), 'upstream_broken'],
    ['with no embeddings', list([]), 'upstream_broken'],
    ['with too few', list([{ index: 0, embedding: [1] }]), 'upstream_broken'],
    ['with something that is no vector', list([{ index: 0, embedding: [1] }, { index: 1 }]), 'upstream_broken'],
    [
      'with base64 that is no vector',
      list([
        { index: 0, embedding: 'AAA=' },
        { index: 1, embedding: [1] },
      ]),
      'upstream_broken',
    ],
  ])('%s is an error', async (_what, script, code) => {
    gateway.upstream.at(path, script);
    expect((await errorOf(await post({ input: ['a', 'b'] }))).code).toBe(code);
  });

  test('is aborted when the client disconnects', async () => {
    gateway.upstream.at(path, hangBeforeHeaders);
    const seen = gateway.upstream.requests.length;
    const leaving = new AbortController();
    const asked = client.embeddings.create({ model: 'embedder', input: 'a' }, { signal: leaving.signal });
    asked.catch(() => undefined);
    await gateway.upstream.waitFor(({ requests }) => requests.length > seen);
    leaving.abort();
    await lastAsked()?.aborted;
    await expect(asked).rejects.toThrow();
  });
});

test('/v1/info says what can be asked of each model', async () => {
  const { models } = await (await gateway.call('GET', '/v1/info')).json();
  const endpoints = Object.fromEntries(
    models.map(({ alias, endpoints }: { alias: string; endpoints: string[] }) => [alias, endpoints]),
  );
  expect(endpoints).toMatchObject({
    chatter: ['chat', 'completions'],
    embedder: ['embeddings'],
    whisper: ['transcriptions', 'translations'],
  });
});

test('a typed caller gets the same, over tRPC', async () => {
  const { client: typed } = connectClient(gateway);
  gateway.upstream.at(path, embed({ format: 'base64' }));
  const answer = await typed.v1.embeddings.create.mutate({
    model: 'embedder',
    input: ['a', 'b'],
    encoding_format: 'float',
  });
  expect(answer).toMatchObject({ model: 'embedder', usage: { prompt_tokens: 4, total_tokens: 4 } });
  expect(answer.data.map(({ embedding }) => embedding)).toEqual([vectorOf('a'), vectorOf('b')]);
  const refused = typed.v1.embeddings.create.mutate({ model: 'chatter', input: 'a' });
  await expect(refused).rejects.toMatchObject({ code: 'endpoint_not_supported', param: 'model' });
  await typed.close();
});

describe('the numbers of a vector', () => {
  const sent = (vector: string) =>
    raw(200, { 'content-type': 'application/json' }, `{"object":"list","data":[{"index":0,"embedding":${vector}}]}`);

  test.each(['[]', '[null,1]', '["0.1"]', '[[0.1,0.2]]', '""', '[true]'])('are numbers, and not %s', async (vector) => {
    for (const encoding_format of ['float', 'base64']) {
      gateway.upstream.at(path, sent(vector));
      const error = await errorOf(await post({ input: 'a', encoding_format }));
      expect(error).toMatchObject({ status: 502, code: 'upstream_broken' });
    }
  });

  test('may have more digits than JavaScript keeps, in either format', async () => {
    for (const encoding_format of ['float', 'base64']) {
      gateway.upstream.at(path, sent('[0.12345678901234567890123,1e-400]'));
      const [[first = 0, second] = []] = await vectorsOf(await post({ input: 'a', encoding_format }));
      expect([Math.fround(first), second]).toEqual([Math.fround(0.12345678901234568), 0]);
    }
  });
});
