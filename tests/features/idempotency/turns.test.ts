import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { textOf } from '../../support/read-events.ts';
import { numberedOf } from '../../support/read-run.ts';
import { type Customer, collect, isReplayed, type OnceGateway, startOnce } from '../../support/start-once.ts';
import { gated, say } from '../../support/upstream/scripts/answers.ts';
import { destroyAfter, destroyBeforeHeaders } from '../../support/upstream/scripts/failures.ts';

let gateway: OnceGateway;
let ada: Customer;
beforeAll(async () => {
  gateway = await startOnce();
});
afterAll(() => gateway.close());

const asked = () => gateway.upstream.chats.length;
const turn = { model: 'cheap', message: 'Hi', max_tokens: 50 };
const CHAT = '/c1/chat';
let count = 0;
const newKey = () => `key-${++count}`;

async function begin() {
  ada = await gateway.customer();
  return asked();
}

/** The contents of a conversation's messages. */
async function messagesOf(conversation: string | null) {
  const found = await (await gateway.as(ada.key)('GET', `/c1/conversations/${conversation}`)).json();
  return found.messages.map(({ content, status }: Record<string, unknown>) => [content, status]);
}

async function billedOnce() {
  const { charges, rows } = await ada.bill();
  expect(charges).toHaveLength(1);
  expect(charges[0]).toBeGreaterThan(0);
  expect(rows).toEqual(['ok']);
}

describe('two turns at once with one key are one turn and one bill', () => {
  test('as JSON', async () => {
    const before = await begin();
    const { script, gate } = gated('Once only.');
    gateway.upstream.reply(script);
    const key = newKey();
    const both = [ada.post(CHAT, key, turn), ada.post(CHAT, key, turn)];
    await gate.reached();
    gate.open();
    const [first, second] = await Promise.all(both);
    expect([first?.status, second?.status]).toEqual([200, 200]);
    expect([first, second].map((response) => response && isReplayed(response)).toSorted()).toEqual([false, true]);
    expect(await first?.text()).toBe(await second?.text());
    for (const name of ['x-run-id', 'x-conversation-id', 'x-gateway-backend']) {
      expect(first?.headers.get(name)).toEqual(second?.headers.get(name));
    }
    expect(asked() - before).toBe(1);
    expect(await messagesOf(first?.headers.get('x-conversation-id') ?? null)).toEqual([
      ['Hi', 'completed'],
      ['Once only.', 'completed'],
    ]);
    await billedOnce();
  });

  test('as streams', async () => {
    const before = await begin();
    const { script, gate } = gated('One two three');
    gateway.upstream.reply(script);
    const key = newKey();
    const body = { ...turn, stream: true };
    const both = [ada.post(CHAT, key, body), ada.post(CHAT, key, body)];
    await gate.reached();
    gate.open();
    const texts = await Promise.all(both.map(async (response) => (await response).text()));
    expect(texts[0]).toBe(texts[1]);
    expect(textOf(texts[0] ?? '')).toBe('One two three');
    expect(asked() - before).toBe(1);
    await billedOnce();
  });

  test('as JSON, as a stream and over websockets, in every order', async () => {
    const before = await begin();
    const { script, gate } = gated('One two three');
    gateway.upstream.reply(script);
    const key = newKey();
    const { client } = ada.connect();
    const input = { ...turn, idempotency_key: key };
    const over = () => collect((handlers) => client.c1.chat.stream.subscribe(input, handlers));
    const streams = [over(), over()];
    const created = client.c1.chat.create.mutate(input);
    const json = ada.post(CHAT, key, turn);
    const sse = ada.post(CHAT, key, { ...turn, stream: true });
    await gate.reached();
    gate.open();
    const said = (await Promise.all(streams)).map(({ events }) =>
      events.map(({ choices }) => choices?.[0]?.delta.content ?? '').join(''),
    );
    expect(said).toEqual(['One two three', 'One two three']);
    expect((await created).choices[0]?.message.content).toBe('One two three');
    expect((await (await json).json()).choices[0].message.content).toBe('One two three');
    expect(textOf(await (await sse).text())).toBe('One two three');
    const later = await ada.post(CHAT, key, turn);
    expect([isReplayed(later), (await later.json()).choices[0].message.content]).toEqual([true, 'One two three']);
    expect(asked() - before).toBe(1);
    await billedOnce();
  });
});

describe('a turn that is sent again after its end', () => {
  test('is replayed to the same bytes, and says so', async () => {
    const before = await begin();
    gateway.upstream.reply(say('The same.'));
    const key = newKey();
    const first = await ada.post(CHAT, key, turn);
    expect(isReplayed(first)).toBe(false);
    const text = await first.text();
    // The order of the fields and the quotes of the key say nothing.
    const { model, ...rest } = turn;
    const again = await ada.post(CHAT, `"${key}"`, { ...rest, model });
    expect([isReplayed(again), await again.text()]).toEqual([true, text]);
    expect(again.headers.get('x-gateway-backend')).toBe(first.headers.get('x-gateway-backend'));
    expect(asked() - before).toBe(1);
    await billedOnce();
  });

  test('as a stream too, with its numbers, also when the stream broke', async () => {
    const before = await begin();
    gateway.upstream.reply(destroyAfter(2));
    const key = newKey();
    const body = { ...turn, stream: true };
    const text = await (await ada.post(CHAT, key, body)).text();
    expect(numberedOf(text).length).toBeGreaterThan(1);
    const again = await ada.post(CHAT, key, body);
    expect([isReplayed(again), await again.text()]).toEqual([true, text]);
    expect(text).toContain('upstream_broken');
    expect(asked() - before).toBe(1);
    expect((await ada.bill()).rows).toEqual(['upstream_broken']);
  });

  test('over a websocket is told in the first event, and goes on after the last event that the client has', async () => {
    const before = await begin();
    gateway.upstream.reply(say('One two three'));
    const { client } = ada.connect();
    const input = { ...turn, idempotency_key: newKey() };
    const first = await collect((handlers) => client.c1.chat.stream.subscribe(input, handlers));
    const again = await collect((handlers) => client.c1.chat.stream.subscribe(input, handlers));
    expect([first, again].map(({ events }) => events[0]?.gateway?.replayed)).toEqual([undefined, true]);
    expect(again.ids).toEqual(first.ids);
    const rest = await collect((handlers) => client.c1.chat.stream.subscribe({ ...input, lastEventId: '1' }, handlers));
    expect(rest.ids).toEqual(first.ids.slice(2));
    expect(rest.events).toEqual(first.events.slice(2));
    expect(asked() - before).toBe(1);
    const unknown = { ...input, idempotency_key: newKey(), lastEventId: '1' };
    await expect(collect((handlers) => client.c1.chat.stream.subscribe(unknown, handlers))).rejects.toMatchObject({
      data: { error: { code: 'stream_not_resumable' } },
    });
    expect(asked() - before).toBe(1);
  });

  test('is another turn with another key, and without one', async () => {
    const before = await begin();
    const keys = [newKey(), newKey(), null, null];
    const ids = [];
    for (const key of keys) ids.push((await ada.post(CHAT, key, turn)).headers.get('x-run-id'));
    expect(new Set(ids).size).toBe(4);
    expect(asked() - before).toBe(4);
    expect((await ada.bill()).charges).toHaveLength(4);
  });
});

test('another request with the same key is refused, on every transport', async () => {
  const before = await begin();
  const key = newKey();
  await ada.post(CHAT, key, turn);
  for (const other of [
    { ...turn, message: 'Ho' },
    { ...turn, temperature: 1, stream: true },
  ]) {
    const refused = await ada.post(CHAT, key, other);
    expect([refused.status, (await refused.json()).error]).toMatchObject([
      422,
      { code: 'idempotency_mismatch', param: 'Idempotency-Key' },
    ]);
  }
  const { client } = ada.connect();
  const mismatch = { data: { httpStatus: 422, error: { code: 'idempotency_mismatch', param: 'idempotency_key' } } };
  const input = { ...turn, message: 'Ho', idempotency_key: key };
  await expect(client.c1.chat.create.mutate(input)).rejects.toMatchObject(mismatch);
  await expect(collect((handlers) => client.c1.chat.stream.subscribe(input, handlers))).rejects.toMatchObject(mismatch);
  expect(asked() - before).toBe(1);
});

test('the same key of another owner is another request', async () => {
  const before = await begin();
  const key = newKey();
  const [first] = [await ada.post(CHAT, key, turn)];
  const bob = await gateway.customer();
  const second = await bob.post(CHAT, key, { ...turn, message: 'Something else' });
  expect([second.status, isReplayed(second)]).toEqual([200, false]);
  expect(second.headers.get('x-run-id')).not.toBe(first?.headers.get('x-run-id'));
  expect(asked() - before).toBe(2);
  // The administrator is an owner of its own.
  const admin = await gateway.call('POST', CHAT, turn, { 'idempotency-key': key });
  expect([admin.status, isReplayed(admin)]).toEqual([200, false]);
});

describe('a turn that failed before the upstream gave anything', () => {
  test.each([
    ['as JSON', {}],
    ['as a stream', { stream: true }],
  ])('%s frees its key, and leaves one turn in its conversation', async (_, how) => {
    const before = await begin();
    const started = await ada.post(CHAT, null, turn);
    const conversation_id = started.headers.get('x-conversation-id');
    gateway.upstream.reply(destroyBeforeHeaders);
    const key = newKey();
    const body = { ...turn, ...how, message: 'Again', conversation_id };
    const failed = await ada.post(CHAT, key, body);
    expect(failed.status).toBe(502);
    gateway.upstream.reply(say('Now it works.'));
    const retried = await ada.post(CHAT, key, body);
    expect([retried.status, isReplayed(retried)]).toEqual([200, false]);
    await retried.text();
    expect(asked() - before).toBe(3);
    expect(await messagesOf(conversation_id)).toEqual([
      ['Hi', 'completed'],
      ['Hello from upstream.', 'completed'],
      ['Again', 'completed'],
      ['Now it works.', 'completed'],
    ]);
    expect((await ada.bill()).charges).toHaveLength(2);
  });

  test('of a new conversation, or that was refused for its fields or its money, frees its key', async () => {
    const before = asked();
    ada = await gateway.customer(0.001);
    const key = newKey();
    gateway.upstream.reply(destroyBeforeHeaders);
    expect((await ada.post(CHAT, key, turn)).status).toBe(502);
    expect((await ada.post(CHAT, key, { ...turn, model: 'no-such-model' })).status).toBe(400);
    expect((await ada.post(CHAT, key, { ...turn, model: 'dear' })).status).toBe(402);
    const retried = await ada.post(CHAT, key, turn);
    expect([retried.status, isReplayed(retried)]).toEqual([200, false]);
    expect(asked() - before).toBe(2);
    await expect.poll(async () => (await ada.bill()).charges.length).toBe(1);
  });
});

describe('a key that is none', () => {
  test.each([
    ['is empty', ' ', 'is empty'],
    ['is empty between quotes', '""', 'is empty'],
    ['is longer than 255 characters', 'k'.repeat(256), '256 characters'],
    ['has letters beyond ASCII', 'schl\u00fcssel', 'printable ASCII'],
    ['has half of its quotes', '"key', 'quotes'],
    ['was sent twice between quotes', '"one", "two"', 'quotes'],
  ])('because it %s is refused', async (_, sent, said) => {
    const before = await begin();
    const refused = await ada.post(CHAT, sent, turn);
    const { error } = await refused.json();
    expect([refused.status, error]).toMatchObject([400, { code: 'invalid_field', param: 'Idempotency-Key' }]);
    expect(error.message).toContain(said);
    expect(asked()).toBe(before);
  });

  test.each([
    ['has control characters', 'a\u0000b\n'],
    ['is empty', ''],
    ['is longer than 255 characters', 'k'.repeat(256)],
  ])('because it %s is refused over a websocket', async (_, idempotency_key) => {
    await begin();
    const { client } = ada.connect();
    const refused = { data: { httpStatus: 400, error: { code: 'invalid_field', param: 'idempotency_key' } } };
    const input = { ...turn, idempotency_key };
    await expect(client.c1.chat.create.mutate(input)).rejects.toMatchObject(refused);
    await expect(collect((handlers) => client.c1.chat.stream.subscribe(input, handlers))).rejects.toMatchObject(
      refused,
    );
  });

  test('is taken at its longest', async () => {
    await begin();
    const key = 'k'.repeat(255);
    await ada.post(CHAT, key, turn);
    expect(isReplayed(await ada.post(CHAT, key, turn))).toBe(true);
  });
});

test('over tRPC and HTTP the header does the same; the calls of a batch cannot share one', async () => {
  const before = await begin();
  const key = newKey();
  const call = (path: string, body: object) => ada.post(`/trpc/${path}`, key, body);
  const first = await call('c1.chat.create', turn);
  const again = await call('c1.chat.create', turn);
  expect([first.status, isReplayed(first), isReplayed(again)]).toEqual([200, false, true]);
  expect(await again.json()).toEqual(await first.json());
  const batch = await call('c1.chat.create,c1.chat.create?batch=1', { 0: turn, 1: turn });
  expect([batch.status, (await batch.json()).error.data.error]).toMatchObject([400, { param: 'Idempotency-Key' }]);
  expect(asked() - before).toBe(1);
  await billedOnce();
});

test('a key is kept for as long as it is set, and goes with its conversation', async () => {
  const before = await begin();
  const key = newKey();
  const first = await ada.post(CHAT, key, turn);
  const conversation = first.headers.get('x-conversation-id');
  await gateway.as(ada.key)('DELETE', `/c1/conversations/${conversation}`);
  const second = await ada.post(CHAT, key, turn);
  expect([second.status, isReplayed(second)]).toEqual([200, false]);
  // Its log outlives those of other runs.
  await gateway.store.runs.sweep(new Date(Date.now() + 1_000));
  expect(isReplayed(await ada.post(CHAT, key, turn))).toBe(true);
  await gateway.store.claims.sweep(new Date(Date.now() + 1_000));
  expect(isReplayed(await ada.post(CHAT, key, turn))).toBe(false);
  expect(asked() - before).toBe(3);

  const brief = await startOnce({ IDEMPOTENCY_HOURS: '0.0000001' });
  try {
    const bob = await brief.customer();
    await bob.post(CHAT, key, turn);
    await expect.poll(async () => isReplayed(await bob.post(CHAT, key, turn))).toBe(false);
  } finally {
    await brief.close();
  }
});
