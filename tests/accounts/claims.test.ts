import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CreatedKey, CreateKeyRequest } from '../../contracts/keys/key.ts';
import type { Wallet } from '../../contracts/wallets/wallet.ts';
import { type Gateway, startGateway } from '../support/start-gateway.ts';
import { createGate } from '../support/upstream/gate.ts';
import { say } from '../support/upstream/scripts/answers.ts';
import { hangBeforeHeaders } from '../support/upstream/scripts/failures.ts';
import { type ScriptedUpstream, startUpstream } from '../support/upstream/start-upstream.ts';

const CHAT = '/v1/chat/completions';
const hi = [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }];

let cloud: ScriptedUpstream;
let box: ScriptedUpstream;
let gateway: Gateway;
beforeAll(async () => {
  cloud = await startUpstream({ dialect: 'anthropic' });
  box = await startUpstream();
  gateway = await startGateway({
    models: `providers:
  cloud: { kind: anthropic, base_url: "${cloud.url}", api_key_env: CLOUD_KEY }
  stops: { kind: anthropic, base_url: "${cloud.url}", api_key_env: CLOUD_KEY, bills_aborted: false }
  box: { kind: openai-compatible, base_url: "${box.url}" }
models:
  - { alias: claude, price: { input: 10, cached_input: 1, cache_write: 20, cache_write_1h: 30, output: 50 }, backends: [{ provider: cloud, model: claude-sonnet-4-5 }] }
  - { alias: frugal, price: { input: 10, output: 50 }, backends: [{ provider: stops, model: claude-sonnet-4-5 }] }
  - { alias: open, input: [text, image], price: { input: 10, output: 50 }, backends: [{ provider: box, model: m }] }
  - { alias: painter, endpoints: [chat, images], output: [text, image], price: { per_image: 0.01 }, backends: [{ provider: box, model: m }] }
  - { alias: pictures, endpoints: [images], output: [image], price: { per_image: 0.01 }, backends: [{ provider: box, model: m, images: api }] }
  - alias: local
    backends:
      - { provider: box, model: m }
      - { provider: cloud, model: claude-sonnet-4-5, price: { input: 10, output: 50 } }
  - { alias: composite, backends: [{ provider: box, model: m }, { alias: claude }] }
`,
    env: { CLOUD_KEY: 'test', UPSTREAM_RETRIES: '0', RATE_LIMIT_PER_SECOND: '0', CIRCUIT_FAILURES: '1000000' },
  });
});
afterAll(async () => {
  await gateway.close();
  await cloud.close();
  await box.close();
});

async function createKey(fields: Partial<CreateKeyRequest> = { credit_usd: 1 }): Promise<CreatedKey> {
  return (await gateway.call('POST', '/api/keys', { name: 'test', ...fields })).json();
}
const send = (key: CreatedKey, path: string, body: object, signal?: AbortSignal) =>
  fetch(gateway.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  });
const walletOf = async (key: CreatedKey): Promise<Wallet> => {
  await gateway.store.wallets.flush();
  return (await gateway.call('GET', `/api/wallets/${key.owner}`)).json();
};
/** The one request of a key, once it is paid. */
async function paid(key: CreatedKey) {
  await expect.poll(async () => (await walletOf(key)).held_usd).toBe(0);
  const { items } = await (await gateway.call('GET', `/api/usage/requests?key_id=${key.id}`)).json();
  const { balance_usd } = await walletOf(key);
  expect(items).toHaveLength(1);
  expect(items[0].cost_usd).toBeCloseTo(1 - balance_usd, 9);
  return items[0];
}

const ways = [
  ['JSON', false],
  ['a stream', true],
] as const;

describe.each(ways)('what an upstream claims in %s', (_way, stream) => {
  const ask = { model: 'open', max_tokens: 100, messages: hi, stream };

  test('is believed up to what the request could have used, and is marked', async () => {
    const key = await createKey();
    box.reply(say('two words', { usage: { prompt: 1e9, completion: 1e9 }, tellUsage: 'always' }));
    await (await send(key, CHAT, ask)).text();
    const row = await paid(key);
    expect(row.estimated).toBe(true);
    expect(row.completion_tokens).toBe(100);
    expect(row.prompt_tokens).toBeLessThan(100);
  });

  test('is estimated where it is nothing beside an answer', async () => {
    const key = await createKey();
    box.reply(say('An answer of some words.', { usage: { prompt: 0, completion: 0 }, tellUsage: 'always' }));
    await (await send(key, CHAT, ask)).text();
    const row = await paid(key);
    expect(row.estimated).toBe(true);
    expect(row.prompt_tokens).toBeGreaterThan(0);
    expect(row.completion_tokens).toBeGreaterThan(2);
  });

  test('is estimated where it says nothing', async () => {
    const key = await createKey();
    box.reply(say('An answer of some words.', { tellUsage: 'never' }));
    await (await send(key, CHAT, ask)).text();
    const row = await paid(key);
    expect([row.estimated, row.cost_usd > 0]).toEqual([true, true]);
  });

  test('is not as many tokens as a picture has bytes', async () => {
    const key = await createKey();
    const url = `data:image/png;base64,${Buffer.alloc(300_000, 0xff).toString('base64')}`;
    const messages = [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }];
    box.reply(say('A wall.', { usage: { prompt: 400_000, completion: 3 }, tellUsage: 'always' }));
    await (await send(key, CHAT, { ...ask, messages })).text();
    expect((await paid(key)).prompt_tokens).toBeLessThan(50_000);
  });

  test('is believed where a template of the client can repeat the prompt', async () => {
    const key = await createKey();
    box.reply(say('Yes.', { usage: { prompt: 50_000, completion: 3 }, tellUsage: 'always' }));
    const chat_template = '{% for i in range(99999) %}word {% endfor %}';
    await (await send(key, CHAT, { ...ask, chat_template })).text();
    expect((await paid(key)).prompt_tokens).toBe(50_000);
  });

  test('is taken as it is where it can be true', async () => {
    const key = await createKey();
    box.reply(say('Yes.', { usage: { prompt: 50, completion: 90 }, tellUsage: 'always' }));
    await (await send(key, CHAT, ask)).text();
    expect(await paid(key)).toMatchObject({ estimated: false, prompt_tokens: 50, completion_tokens: 90 });
  });
});

const odd: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['a text', 'many'],
  ['nulls', { prompt_tokens: null, completion_tokens: null, total_tokens: null }],
  ['texts', { prompt_tokens: '7', completion_tokens: '9', total_tokens: '16' }],
  ['less than nothing', { prompt_tokens: -7, completion_tokens: -9, total_tokens: -16 }],
  ['nested nulls', { prompt_tokens: 5, completion_tokens: 6, total_tokens: 11, prompt_tokens_details: null }],
];

test.each(odd)('a usage that is %s is paid for as an answer, never as nothing', async (_what, usage) => {
  const key = await createKey();
  box.reply((exchange) => {
    const message = { role: 'assistant', content: 'An answer of some words.' };
    const body = { id: 'x', object: 'chat.completion', created: 1, model: 'm', usage };
    const choices = [{ index: 0, message, finish_reason: 'stop' }];
    exchange.send(200, { 'content-type': 'application/json' }, JSON.stringify({ ...body, choices }));
  });
  const response = await send(key, CHAT, { model: 'open', max_tokens: 100, messages: hi });
  expect(response.status).toBe(200);
  await response.text();
  const row = await paid(key);
  expect(row.prompt_tokens).toBeGreaterThan(0);
  expect(row.completion_tokens).toBeGreaterThan(0);
});

const picture = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } };
const paintings = (count: number) => ({ role: 'assistant', content: 'Here.', images: Array(count).fill(picture) });

test.each([
  ['painter', CHAT, { messages: hi }, 10],
  ['painter', '/v1/images/generations', { prompt: 'A wall', n: 1 }, 1],
  ['pictures', '/v1/images/generations', { prompt: 'A wall', n: 2 }, 2],
])('pictures that %s at %s was not asked for are not paid for', async (model, path, body, most) => {
  const key = await createKey();
  box.reply((exchange) => {
    const answer =
      path === CHAT || model === 'painter'
        ? {
            id: 'x',
            object: 'chat.completion',
            created: 1,
            model: 'm',
            choices: [{ index: 0, message: paintings(500), finish_reason: 'stop' }],
          }
        : { created: 1, data: Array(500).fill({ b64_json: 'iVBORw0KGgo=' }) };
    exchange.send(200, { 'content-type': 'application/json' }, JSON.stringify(answer));
  });
  expect((await send(key, path, { model, ...body })).status).toBe(200);
  const row = await paid(key);
  expect(row.cost_usd).toBeCloseTo(most * 0.01, 9);
  expect(row.estimated).toBe(true);
});

test.each([
  ['a call of the older kind', { function_call: { name: 'look', arguments: `{"at":"${'word '.repeat(200)}"}` } }],
  [
    'a call with a text',
    { tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'look', input: 'word '.repeat(200) } }] },
  ],
])('%s without counts is paid for', async (_what, call) => {
  const key = await createKey();
  box.reply((exchange) => {
    const choices = [{ index: 0, message: { role: 'assistant', content: null, ...call }, finish_reason: 'stop' }];
    const body = { id: 'x', object: 'chat.completion', created: 1, model: 'm', choices };
    exchange.send(200, { 'content-type': 'application/json' }, JSON.stringify(body));
  });
  expect((await send(key, CHAT, { model: 'open', max_tokens: 1_000, messages: hi })).status).toBe(200);
  expect((await paid(key)).completion_tokens).toBeGreaterThan(200);
});

test('several answers of which a server counts one are counted here', async () => {
  const key = await createKey();
  const text = 'A sentence that has about ten tokens in it, or twelve.';
  box.reply((exchange) => {
    const choices = [0, 1, 2].map((index) => ({
      index,
      message: { role: 'assistant', content: text },
      finish_reason: 'stop',
    }));
    const usage = { prompt_tokens: 9, completion_tokens: 12, total_tokens: 21 };
    const body = { id: 'x', object: 'chat.completion', created: 1, model: 'm', usage, choices };
    exchange.send(200, { 'content-type': 'application/json' }, JSON.stringify(body));
  });
  await (await send(key, CHAT, { model: 'open', max_tokens: 100, n: 3, messages: hi })).text();
  const row = await paid(key);
  expect([row.estimated, row.completion_tokens > 30]).toEqual([true, true]);
});

describe('tokens that are written into a cache', () => {
  test.each(ways)('cost what the price says for five minutes and for an hour (%s)', async (_way, stream) => {
    const key = await createKey();
    const usage = {
      input_tokens: 100,
      cache_read_input_tokens: 200,
      cache_creation_input_tokens: 300,
      cache_creation: { ephemeral_5m_input_tokens: 200, ephemeral_1h_input_tokens: 100 },
      output_tokens: 4,
    };
    cloud.reply(async (exchange) => {
      const message = { id: 'm', type: 'message', role: 'assistant', model: 'c', stop_sequence: null };
      const text = { type: 'text', text: 'Yes.' };
      if (!stream) {
        const body = { ...message, content: [text], stop_reason: 'end_turn', usage };
        exchange.send(200, { 'content-type': 'application/json' }, JSON.stringify(body));
        return;
      }
      exchange.head(200, { 'content-type': 'text/event-stream' });
      for (const event of [
        { type: 'message_start', message: { ...message, content: [], stop_reason: null, usage } },
        { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Yes.' } },
        { type: 'content_block_stop', index: 0 },
        { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 4 } },
        { type: 'message_stop' },
      ]) {
        await exchange.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
      }
      exchange.end();
    });
    const response = await send(key, '/v1/messages', { model: 'claude', max_tokens: 100, messages: hi, stream });
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('Yes.')]);
    const row = await paid(key);
    // 100 at 10, 200 read at 1, 200 written at 20 and 100 at 30, and 4 at 50.
    expect(row).toMatchObject({ estimated: false, prompt_tokens: 600, cached_tokens: 200, cache_write_tokens: 300 });
    expect(Math.round(row.cost_usd * 1e6)).toBe(1_000 + 200 + 4_000 + 3_000 + 200);
  });
});

describe('a free alias with a backend that has a price', () => {
  test.each(['local', 'composite'])('costs nothing at its own server and the price elsewhere (%s)', async (model) => {
    const free = await createKey();
    box.reply(say('Yes.'));
    await (await send(free, CHAT, { model, max_tokens: 100, messages: hi })).text();
    expect((await paid(free)).cost_usd).toBe(0);
    const key = await createKey();
    box.reply((exchange) => exchange.send(503, { 'content-type': 'application/json' }, '{}'));
    cloud.reply(say('Yes.', { usage: { prompt: 20, completion: 4 } }));
    await (await send(key, CHAT, { model, max_tokens: 100, messages: hi })).text();
    expect(await paid(key)).toMatchObject({ provider: 'cloud', cost_usd: (20 * 10 + 4 * 50) / 1e6 });
  });

  test('reserves for the dearest backend of its chain', async () => {
    const key = await createKey({ credit_usd: 0.001 });
    const seen = box.chats.length;
    expect((await send(key, CHAT, { model: 'local', max_tokens: 100, messages: hi })).status).toBe(402);
    expect(box.chats).toHaveLength(seen);
  });
});

describe('a JSON request that its client gives up', () => {
  test('is paid for where the vendor bills it: the answer that nobody reads says what it cost', async () => {
    const [key, other] = [await createKey(), await createKey()];
    const gate = createGate();
    const seen = cloud.chats.length;
    cloud.reply(async (exchange) => {
      await gate.pass(exchange.signal);
      await say('Yes.', { usage: { prompt: 30, completion: 6 } })(exchange);
    }, hangBeforeHeaders);
    const leave = async (by: CreatedKey, model: string, chats: number) => {
      const leaving = new AbortController();
      const left = send(by, CHAT, { model, max_tokens: 100, messages: hi }, leaving.signal);
      left.catch(() => undefined);
      await cloud.waitFor((upstream) => upstream.chats.length === chats);
      return leaving;
    };
    const first = await leave(key, 'claude', seen + 1);
    const second = await leave(other, 'frugal', seen + 2);
    first.abort();
    second.abort();
    // The second one is stopped upstream: by then the gateway has seen that both clients disconnected.
    await cloud.chats[seen + 1]?.aborted;
    gate.open();
    expect(await paid(key)).toMatchObject({ outcome: 'cancelled', cost_usd: (30 * 10 + 6 * 50) / 1e6 });
  });

  test('is stopped, and costs nothing, where the provider says that it does not bill it', async () => {
    const key = await createKey();
    const leaving = new AbortController();
    const seen = cloud.chats.length;
    cloud.reply(hangBeforeHeaders);
    const left = send(key, CHAT, { model: 'frugal', max_tokens: 100, messages: hi }, leaving.signal);
    left.catch(() => undefined);
    await cloud.waitFor(({ chats }) => chats.length === seen + 1);
    leaving.abort();
    expect(await paid(key)).toMatchObject({ outcome: 'cancelled', cost_usd: 0 });
    await cloud.chats[seen]?.aborted;
  });

  test('and a stream that is given up before its first token pays for its prompt there', async () => {
    const key = await createKey();
    const leaving = new AbortController();
    const seen = cloud.chats.length;
    cloud.reply(hangBeforeHeaders);
    const left = send(key, CHAT, { model: 'claude', max_tokens: 100, messages: hi, stream: true }, leaving.signal);
    left.catch(() => undefined);
    await cloud.waitFor(({ chats }) => chats.length === seen + 1);
    leaving.abort();
    const row = await paid(key);
    expect(row).toMatchObject({ outcome: 'cancelled', estimated: true, completion_tokens: 0 });
    expect(row.cost_usd).toBeGreaterThan(0);
  });
});
