import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CreatedKey } from '../../contracts/keys/key.ts';
import { pngUri } from '../support/pictures.ts';
import { type AccountsGateway, ask, CHAT, startAccounts } from '../support/start-accounts.ts';
import { answer } from '../support/upstream/scripts/answers.ts';

let gateway: AccountsGateway;
beforeAll(async () => {
  gateway = await startAccounts();
  gateway.upstream.on('painter-model', answer({ text: ['Here.'], images: [pngUri] }));
});
afterAll(() => gateway.close());

function form(model: string): FormData {
  const fields = new FormData();
  fields.append('model', model);
  fields.append('file', new Blob([Buffer.alloc(1_000, 7)], { type: 'audio/mpeg' }), 'a.mp3');
  return fields;
}

/** Every address where something can be bought. */
const surfaces = {
  '/v1/chat/completions': ask('dear'),
  '/c1/chat': { model: 'dear', message: 'Hi', max_tokens: 100 },
  '/v1/responses': { model: 'dear', input: 'Hi', max_output_tokens: 100 },
  '/v1/responses/compact': { model: 'dear', input: 'Hi' },
  '/v1/messages': { model: 'dear', max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] },
  '/v1/completions': { model: 'texter', prompt: 'Hi', max_tokens: 100 },
  '/v1/embeddings': { model: 'vectors', input: 'Hello' },
  '/v1/images/generations': { model: 'painter', prompt: 'Cat' },
  '/v1/images/edits': { model: 'painter', prompt: 'Cat', images: [{ image_url: pngUri }] },
  '/v1/audio/transcriptions': form('whisper'),
  '/v1/audio/translations': form('whisper'),
  '/v1/audio/speech': { model: 'voice', input: 'Hi', voice: 'alloy' },
};
const streamed = [
  '/v1/chat/completions',
  '/c1/chat',
  '/v1/responses',
  '/v1/messages',
  '/v1/completions',
  '/v1/images/generations',
  '/v1/images/edits',
];

const ways = Object.entries(surfaces).flatMap(([path, body]) => [
  [path, 'at once', body] as const,
  ...(streamed.includes(path) ? [[path, 'as a stream', { ...body, stream: true }] as const] : []),
]);

function send(key: CreatedKey, path: string, body: object): Promise<Response> {
  const isForm = body instanceof FormData;
  return fetch(gateway.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key.key}`, ...(!isForm && { 'content-type': 'application/json' }) },
    body: isForm ? body : JSON.stringify(body),
  });
}

const micro = async (key: CreatedKey) => {
  const { balance_usd, held_usd } = await gateway.walletOf(key);
  return [Math.round(balance_usd * 1e6), Math.round(held_usd * 1e6)];
};

describe.each(ways)('%s %s', (path, _how, body) => {
  test('is paid for from what it reserved, and noted at the same price', async () => {
    const key = await gateway.createKey({ credit_usd: 1 });
    const response = await send(key, path, body);
    expect([response.status, await response.text()]).toEqual([200, expect.any(String)]);
    await expect.poll(async () => (await micro(key))[1]).toBe(0);
    const [balance = 0] = await micro(key);
    expect(balance).toBeLessThan(1_000_000);
    const { items } = await (await gateway.call('GET', `/api/usage/requests?key_id=${key.id}`)).json();
    expect(items).toMatchObject([{ outcome: 'ok', cost_usd: (1_000_000 - balance) / 1e6 }]);
  });

  test('is refused to who has no money, before anything is sent', async () => {
    const key = await gateway.createKey();
    const seen = gateway.upstream.requests.length;
    const response = await send(key, path, body);
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([402, 'false']);
    // Each in its own dialect.
    expect(await response.text()).toContain('insufficient_balance');
    expect(gateway.upstream.requests).toHaveLength(seen);
  });

  test('has a place, and gives it back', async () => {
    const key = await gateway.createKey({ credit_usd: 1, concurrent_requests: 1 });
    for (let i = 0; i < 3; i++) {
      await expect.poll(async () => (await micro(key))[1]).toBe(0);
      const response = await send(key, path, body);
      expect(response.status).toBe(200);
      await response.text();
    }
  });
});

test('every address of the document that needs a key and asks an upstream is among these', async () => {
  const document = await (await fetch(`${gateway.url}/openapi.json`)).json();
  const paying = Object.entries<Record<string, { responses: object }>>(document.paths)
    .filter(([, methods]) => '402' in (methods.post?.responses ?? {}))
    .map(([path]) => path);
  expect(paying.toSorted()).toEqual(Object.keys(surfaces).toSorted());
  expect(CHAT in surfaces).toBe(true);
});
