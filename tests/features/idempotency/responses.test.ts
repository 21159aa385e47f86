import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { payloadsOf } from '../../support/read-events.ts';
import { type Customer, collect, isReplayed, type OnceGateway, startOnce } from '../../support/start-once.ts';
import { gated, say } from '../../support/upstream/scripts/answers.ts';
import { destroyBeforeHeaders } from '../../support/upstream/scripts/failures.ts';

let gateway: OnceGateway;
let ada: Customer;
beforeAll(async () => {
  gateway = await startOnce();
});
afterAll(() => gateway.close());

const asked = () => gateway.upstream.chats.length;
const request = { model: 'cheap', input: 'Hi', max_output_tokens: 50 };
const PATH = '/v1/responses';
let count = 0;
const newKey = () => `response-${++count}`;

async function begin() {
  ada = await gateway.customer();
  return asked();
}

const lastOf = (text: string) => JSON.parse(payloadsOf(text).at(-1) ?? '{}');

describe('a stored response that is asked for twice with one key', () => {
  test.each([
    ['as JSON', {}],
    ['as a stream', { stream: true }],
    ['in the background', { background: true }],
    ['in the background, as a stream', { background: true, stream: true }],
  ])('%s is made and billed once, at once and later', async (_, how) => {
    const before = await begin();
    const { script, gate } = gated('One two three');
    gateway.upstream.reply(script);
    const key = newKey();
    const post = () => ada.post(PATH, key, { ...request, ...how });
    const both = [post(), post()];
    await gate.reached();
    gate.open();
    const answers = await Promise.all(both);
    expect(answers.map(isReplayed).toSorted()).toEqual([false, true]);
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    const later = await post();
    texts.push(await later.text());
    expect(isReplayed(later)).toBe(true);
    expect([texts[1], texts[2]]).toEqual([texts[0], texts[0]]);
    expect(later.headers.get('x-run-id')).toBe(answers[0]?.headers.get('x-run-id'));
    expect(asked() - before).toBe(1);
    await expect.poll(async () => (await ada.bill()).rows).toEqual(['ok']);
    expect((await ada.bill()).charges).toHaveLength(1);
  });

  test('as JSON and as a stream, in both orders, is one response', async () => {
    const before = await begin();
    for (const order of [
      [{}, { stream: true }],
      [{ stream: true }, {}],
    ]) {
      gateway.upstream.reply(say('One two three'));
      const key = newKey();
      const ids = [];
      for (const how of order) {
        const answer = await ada.post(PATH, key, { ...request, ...how });
        const { status, id, output } = 'stream' in how ? lastOf(await answer.text()).response : await answer.json();
        expect([status, output[0].content[0].text]).toEqual(['completed', 'One two three']);
        ids.push(id);
      }
      expect(ids[0]).toBe(ids[1]);
    }
    expect(asked() - before).toBe(2);
    expect((await ada.bill()).rows).toEqual(['ok', 'ok']);
  });

  test('over a websocket is numbered as before, and goes on after an event', async () => {
    const before = await begin();
    gateway.upstream.reply(say('One two three'));
    const { client } = ada.connect();
    const input = { ...request, idempotency_key: newKey() };
    const first = await collect((handlers) => client.v1.responses.stream.subscribe(input, handlers));
    const rest = await collect((handlers) =>
      client.v1.responses.stream.subscribe({ ...input, lastEventId: '2' }, handlers),
    );
    expect(rest.ids).toEqual(first.ids.slice(3));
    expect(rest.events.slice(1)).toEqual(first.events.slice(4));
    expect(rest.events[0]?.gateway?.replayed).toBe(true);
    expect(asked() - before).toBe(1);
  });
});

test('a response that failed before the upstream gave anything frees its key', async () => {
  const before = await begin();
  const first = await (await ada.post(PATH, null, request)).json();
  for (const how of [{}, { stream: true }]) {
    gateway.upstream.reply(destroyBeforeHeaders, say('Now it works.'));
    const key = newKey();
    const body = { ...request, ...how, previous_response_id: first.id };
    expect((await ada.post(PATH, key, body)).status).toBe(502);
    const retried = await ada.post(PATH, key, body);
    expect([retried.status, isReplayed(retried)]).toEqual([200, false]);
    expect(await retried.text()).toContain('Now it works.');
  }
  expect(asked() - before).toBe(5);
  expect((await ada.bill()).charges).toHaveLength(3);
});

test('another response with the same key is refused', async () => {
  await begin();
  const key = newKey();
  await ada.post(PATH, key, request);
  for (const other of [{ input: 'Ho' }, { background: true }, { stream: true, instructions: 'Be brief.' }]) {
    const refused = await ada.post(PATH, key, { ...request, ...other });
    expect([refused.status, (await refused.json()).error]).toMatchObject([
      422,
      { code: 'idempotency_mismatch', param: 'Idempotency-Key' },
    ]);
  }
});

test('a key of a turn is not that of a response', async () => {
  const before = await begin();
  const key = newKey();
  await ada.post(PATH, key, request);
  const turn = await ada.post('/c1/chat', key, { model: 'cheap', message: 'Hi', max_tokens: 50 });
  expect([turn.status, isReplayed(turn)]).toEqual([200, false]);
  expect(asked() - before).toBe(2);
});
