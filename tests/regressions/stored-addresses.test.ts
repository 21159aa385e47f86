import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadDriver } from '../../server/store/sqlite/driver.ts';
import { pngUri } from '../support/pictures.ts';
import { type PolicyGateway, startPolicy } from '../support/start-policy.ts';

let gateway: PolicyGateway;
beforeAll(async () => {
  gateway = await startPolicy();
});
afterAll(() => gateway.close());

const picture = [{ type: 'image_url', image_url: { url: pngUri } }];

/** Puts an address into what is stored, as an earlier version could have stored it. */
async function putAddress(): Promise<void> {
  const DatabaseSync = await loadDriver();
  const db = new DatabaseSync(`${gateway.dataDir}/duplex.db`, { timeout: 5_000 });
  db.exec(`UPDATE "Message" SET "prompt" = replace("prompt", '${pngUri}', 'http://inner.example/a.png')`);
  db.close();
}

test('a stored message with an address is not sent for a key', async () => {
  const first = await gateway.asKey('/c1/chat', { model: 'own', message: picture });
  const conversation_id = first.headers.get('x-conversation-id');
  expect(first.status).toBe(200);
  const answered = await gateway.asKey('/v1/responses', {
    model: 'own',
    input: [{ role: 'user', content: [{ type: 'input_image', image_url: pngUri }] }],
  });
  const { id } = await answered.json();
  await putAddress();
  const before = gateway.count();

  const next = await gateway.asKey('/c1/chat', { model: 'own', message: 'And now?', conversation_id });
  expect([next.status, (await next.json()).error]).toMatchObject([
    400,
    { code: 'image_url_not_supported', param: 'conversation_id' },
  ]);
  for (const store of [true, false]) {
    const more = { model: 'own', input: 'And now?', previous_response_id: id, store };
    const response = await gateway.asKey('/v1/responses', more);
    expect([response.status, (await response.json()).error]).toMatchObject([
      400,
      { code: 'image_url_not_supported', param: 'previous_response_id' },
    ]);
  }
  expect(gateway.count()).toBe(before);
});

test('stored words, calls and pictures are', async () => {
  const first = await gateway.asKey('/c1/chat', { model: 'own', message: picture });
  const conversation_id = first.headers.get('x-conversation-id');
  await first.text();
  const words = 'Look at http://inner.example/a.png, it says {"type":"x"}.';
  for (const message of [words, 'And?']) {
    const next = await gateway.asKey('/c1/chat', { model: 'own', message, conversation_id });
    expect([next.status, await next.text()]).toMatchObject([200, expect.any(String)]);
  }
});
