import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pngUri } from '../../support/pictures.ts';
import { readerOf, textOf } from '../../support/read-events.ts';
import { type Customer, collect, isReplayed, type OnceGateway, startOnce } from '../../support/start-once.ts';
import { answer, gated, say } from '../../support/upstream/scripts/answers.ts';
import { destroyAfter, destroyBeforeHeaders } from '../../support/upstream/scripts/failures.ts';

let gateway: OnceGateway;
let ada: Customer;
beforeAll(async () => {
  gateway = await startOnce();
  gateway.upstream.on('painter-model', answer({ text: ['Here.'], images: [pngUri] }));
});
afterAll(() => gateway.close());

const asked = () => gateway.upstream.requests.filter(({ method }) => method === 'POST').length;
let count = 0;
const newKey = () => `stateless-${++count}`;

async function begin() {
  ada = await gateway.customer();
  return asked();
}

const messages = [{ role: 'user' as const, content: 'Hi' }];
const chat = { model: 'cheap', messages, max_tokens: 50 };

/** With how its upstream fails before it gives anything. */
const surfaces: readonly [name: string, path: string, body: object, at: string | null][] = [
  ['chat completions', '/v1/chat/completions', chat, null],
  ['messages', '/v1/messages', chat, null],
  ['unstored responses', '/v1/responses', { model: 'cheap', input: 'Hi', max_output_tokens: 50, store: false }, null],
  ['compaction', '/v1/responses/compact', { model: 'cheap', input: messages }, null],
  ['completions', '/v1/completions', { model: 'texter', prompt: 'Hi', max_tokens: 50 }, '/v1/completions'],
  ['embeddings', '/v1/embeddings', { model: 'vectors', input: 'Hello' }, '/v1/embeddings'],
  ['images', '/v1/images/generations', { model: 'painter', prompt: 'Cat' }, null],
  ['speech', '/v1/audio/speech', { model: 'voice', input: 'Hi', voice: 'alloy' }, '/v1/audio/speech'],
  ['edited images', '/v1/images/edits', { model: 'painter', prompt: 'Cat', images: [{ image_url: pngUri }] }, null],
];
const unstreamed = ['embeddings', 'compaction', 'speech'];
const streamed = surfaces.filter(([name]) => !unstreamed.includes(name));

describe.each([
  ...surfaces,
  ...streamed.map(([name, path, body, at]) => [`${name} as streams`, path, { ...body, stream: true }, at] as const),
])('%s', (_, path, body, at) => {
  test('are made and billed once for a key, at once and later, to the same bytes', async () => {
    const before = await begin();
    const key = newKey();
    const both = await Promise.all([ada.post(path, key, body), ada.post(path, key, body)]);
    const texts = await Promise.all(both.map((response) => response.text()));
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect(both.map(isReplayed).toSorted()).toEqual([false, true]);
    const later = await ada.post(path, key, body);
    texts.push(await later.text());
    expect([isReplayed(later), texts[1], texts[2]]).toEqual([true, texts[0], texts[0]]);
    for (const name of ['content-type', 'x-run-id', 'x-gateway-backend']) {
      expect(later.headers.get(name)).toBe(both[0]?.headers.get(name));
    }
    expect(asked() - before).toBe(1);
    const { charges, rows } = await ada.bill();
    expect([charges.length, rows]).toEqual([1, ['ok']]);
  });

  test('that failed before the upstream gave anything are another request, and so is another body', async () => {
    const before = await begin();
    const key = newKey();
    if (at) gateway.upstream.at(at, destroyBeforeHeaders);
    else gateway.upstream.reply(destroyBeforeHeaders);
    const failed = await ada.post(path, key, body);
    expect([failed.status, failed.headers.get('x-run-id')]).toEqual([502, null]);
    const retried = await ada.post(path, key, body);
    expect([retried.status, isReplayed(retried)]).toEqual([200, false]);
    await retried.text();
    const other = await ada.post(path, key, { ...body, user: 'another' });
    expect([other.status, (await other.json()).error]).toMatchObject([422, { type: expect.any(String) }]);
    expect(asked() - before).toBe(2);
    expect((await ada.bill()).charges).toHaveLength(1);
  });
});

test.each(['transcriptions', 'translations'])(
  'a form for %s is sent and billed once for a key, whatever its boundary',
  async (endpoint) => {
    const before = await begin();
    const send = (key: string, sound: Buffer, language = 'en') => {
      const form = new FormData();
      form.append('model', 'whisper');
      form.append('prompt', language);
      form.append('file', new Blob([new Uint8Array(sound)], { type: 'audio/mpeg' }), 'talk.mp3');
      return fetch(`${gateway.url}/v1/audio/${endpoint}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${ada.key.key}`, 'idempotency-key': key },
        body: form,
      });
    };
    const sound = Buffer.alloc(300_000, 'sound');
    const key = newKey();
    const both = await Promise.all([send(key, sound), send(key, sound)]);
    const texts = await Promise.all(both.map((response) => response.text()));
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect(both.map(isReplayed).toSorted()).toEqual([false, true]);
    const later = await send(key, sound);
    texts.push(await later.text());
    expect([isReplayed(later), texts[1], texts[2]]).toEqual([true, texts[0], texts[0]]);
    expect(later.headers.get('content-type')).toBe(both[0]?.headers.get('content-type'));
    expect(gateway.upstream.requests.at(-1)?.body.includes(sound)).toBe(true);
    for (const other of [await send(key, Buffer.alloc(300_000, 'noise')), await send(key, sound, 'de')]) {
      expect([other.status, (await other.json()).error]).toMatchObject([422, { code: 'idempotency_mismatch' }]);
    }
    expect(asked() - before).toBe(1);
    expect((await ada.bill()).charges).toHaveLength(1);
  },
);

test('a chat is given as JSON and as a stream, and over websockets, whichever way it was asked for', async () => {
  const before = await begin();
  gateway.upstream.reply(say('One two three'));
  const key = newKey();
  const { client } = ada.connect();
  const whole = await ada.post('/v1/chat/completions', key, chat);
  const { choices } = await whole.json();
  expect(choices[0].message.content).toBe('One two three');
  expect(textOf(await (await ada.post('/v1/chat/completions', key, { ...chat, stream: true })).text())).toBe(
    'One two three',
  );
  const input = { ...chat, idempotency_key: key };
  const { events } = await collect((handlers) => client.v1.chat.stream.subscribe(input, handlers));
  expect(events[0]).toMatchObject({ gateway: { replayed: true } });

  gateway.upstream.reply(say('Four five six'));
  const second = { ...chat, idempotency_key: newKey() };
  const first = await collect((handlers) => client.v1.chat.stream.subscribe(second, handlers));
  const rest = await collect((handlers) => client.v1.chat.stream.subscribe({ ...second, lastEventId: '0' }, handlers));
  expect([rest.ids, rest.events.slice(1)]).toEqual([first.ids.slice(1), first.events.slice(2)]);
  const json = await (await ada.post('/v1/chat/completions', second.idempotency_key, chat)).json();
  expect(json.choices[0].message.content).toBe('Four five six');
  // The field is for subscribers, and is not sent on.
  for (const { body } of gateway.upstream.chats.slice(-2)) expect(body.toString()).not.toContain('idempotency');
  expect(asked() - before).toBe(2);
});

test('where events cannot be made of an answer, a retry must be sent as the request was', async () => {
  const before = await begin();
  const key = newKey();
  await ada.post('/v1/completions', key, { model: 'texter', prompt: 'Hi', max_tokens: 50 });
  const other = await ada.post('/v1/completions', key, { model: 'texter', prompt: 'Hi', max_tokens: 50, stream: true });
  const { error } = await other.json();
  expect([other.status, error]).toMatchObject([422, { code: 'idempotency_mismatch', param: 'Idempotency-Key' }]);
  expect(error.message).toContain('stream');
  expect(asked() - before).toBe(1);
});

test('an answer with a key goes on when its client disconnects, and is there for the retry', async () => {
  const before = await begin();
  const { script, gate } = gated('One two three');
  gateway.upstream.reply(script);
  gate.release();
  const key = newKey();
  const leaving = new AbortController();
  const body = { ...chat, stream: true };
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${ada.key.key}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    },
    body: JSON.stringify(body),
    signal: leaving.signal,
  });
  await readerOf(response).until('One');
  leaving.abort();
  const retry = await ada.post('/v1/chat/completions', key, body);
  expect(isReplayed(retry)).toBe(true);
  gate.open();
  expect(textOf(await retry.text())).toBe('One two three');
  expect(asked() - before).toBe(1);
  expect((await ada.bill()).rows).toEqual(['ok']);
});

test('an answer with a key can be cancelled by its run', async () => {
  await begin();
  const { script, gate } = gated('One two three');
  gateway.upstream.reply(script);
  gate.release();
  const response = await ada.post('/v1/chat/completions', newKey(), { ...chat, stream: true });
  const reader = readerOf(response);
  await reader.until('One');
  const run = response.headers.get('x-run-id');
  const cancelled = await gateway.as(ada.key)('POST', `/c1/runs/${run}/cancel`, {});
  expect(await cancelled.json()).toMatchObject({ id: run, status: 'cancelled', conversation_id: null });
  await reader.until('run_cancelled');
  const bob = await gateway.customer();
  expect((await gateway.as(bob.key)('GET', `/c1/runs/${run}`)).status).toBe(404);
});

test('a stream that broke is replayed as far as it came, with the same error', async () => {
  const before = await begin();
  gateway.upstream.reply(destroyAfter(2));
  const key = newKey();
  const body = { ...chat, stream: true };
  const text = await (await ada.post('/v1/chat/completions', key, body)).text();
  expect(text).toContain('upstream_broken');
  expect(await (await ada.post('/v1/chat/completions', key, body)).text()).toBe(text);
  expect(asked() - before).toBe(1);
});

test('an answer that is too large is given once, and later refused without a second bill', async () => {
  const small = await startOnce({ IDEMPOTENCY_MAX_BYTES: '100' });
  try {
    const bob = await small.customer();
    const key = newKey();
    expect((await bob.post('/v1/chat/completions', key, chat)).status).toBe(200);
    const again = await bob.post('/v1/chat/completions', key, chat);
    expect([again.status, (await again.json()).error]).toMatchObject([
      410,
      { code: 'idempotency_not_kept', param: 'Idempotency-Key' },
    ]);
    expect((await bob.bill()).charges).toHaveLength(1);
  } finally {
    await small.close();
  }
});

test('nothing of an end user who is erased stays, and the runs are counted', async () => {
  await begin();
  const erase = () => gateway.as(ada.key)('DELETE', '/c1/conversations?user_id=eve');
  const kept = [
    ['/v1/chat/completions', { ...chat, user: 'eve' }],
    ['/v1/messages', { ...chat, metadata: { user_id: 'eve' } }],
    ['/c1/chat', { model: 'cheap', message: 'Hi', max_tokens: 50, user_id: 'eve' }],
  ] as const;
  for (const [path, body] of kept) await ada.post(path, 'eve', body);
  await ada.post('/v1/chat/completions', 'mallory', { ...chat, user: 'mallory' });
  expect((await (await erase()).json()).deleted).toMatchObject({ conversations: 1, runs: 3 });
  for (const [path, body] of kept) expect(isReplayed(await ada.post(path, 'eve', body))).toBe(false);
  expect(isReplayed(await ada.post('/v1/chat/completions', 'mallory', { ...chat, user: 'mallory' }))).toBe(true);
});

test('the SDK of OpenAI sends one key with all tries of a request', async () => {
  const before = await begin();
  const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: ada.key.key, maxRetries: 2 });
  const body = { model: 'cheap', messages, max_tokens: 50 };
  const headers = { 'Idempotency-Key': newKey() };
  const first = await client.chat.completions.create(body, { headers });
  const again = await client.chat.completions.create(body, { headers }).withResponse();
  expect([again.data, again.response.headers.get('x-gateway-replayed')]).toEqual([first, 'true']);
  const stream = await client.chat.completions.create({ ...body, stream: true }, { headers });
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  expect(text).toBe(first.choices[0]?.message.content);
  expect(asked() - before).toBe(1);

  Object.assign(client, { idempotencyHeader: 'Idempotency-Key' });
  gateway.upstream.reply(destroyBeforeHeaders);
  await client.chat.completions.create(body);
  expect(asked() - before).toBe(3);
  const idempotencyKey = newKey();
  const named = await client.chat.completions.create(body, { idempotencyKey });
  expect(await client.chat.completions.create(body, { idempotencyKey })).toEqual(named);
  expect(asked() - before).toBe(4);
  expect((await ada.bill()).charges).toHaveLength(3);
});
