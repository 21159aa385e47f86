import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRaw } from '../../support/raw-request.ts';
import { type ScriptedGateway, startScripted } from '../../support/start-scripted.ts';

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted();
});
afterAll(() => gateway.close());

const get = 'GET /healthz HTTP/1.1\r\nHost: gateway\r\n\r\n';

test('a hundred requests that a client sends at once are answered', async () => {
  const { socket, closed } = openRaw(gateway.url);
  const last = get.replace('Host', 'Connection: close\r\nHost');
  socket.write(get.repeat(99) + last);
  expect((await closed).match(/HTTP\/1\.1 200 /g)).toHaveLength(100);
});

test('whoever sends thousands at once without a key is cut off, and others are served', async () => {
  const { socket, closed } = openRaw(gateway.url);
  socket.write(get.repeat(20_000));
  expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
  expect(((await closed).match(/"ok"/g) ?? []).length).toBeLessThan(500);
});
