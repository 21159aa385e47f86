import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { frameOf, OPCODE, openRawWebsocket, type RawWebsocket } from '../../support/raw-websocket.ts';
import { bearer } from '../../support/start-gateway.ts';
import { type ScriptedGateway, startScripted } from '../../support/start-scripted.ts';

let gateway: ScriptedGateway;
const raws: RawWebsocket[] = [];
beforeAll(async () => {
  gateway = await startScripted({ env: { WEBSOCKET_KEY_SECONDS: '600' } });
});
afterEach(() => {
  for (const { socket } of raws.splice(0)) socket.destroy();
});
afterAll(() => gateway.close());

async function open(headers: Record<string, string> = {}): Promise<RawWebsocket> {
  const raw = await openRawWebsocket(gateway, headers);
  raws.push(raw);
  return raw;
}

const text = (message: object) => frameOf(OPCODE.text, JSON.stringify(message));

const FLOODS: readonly (readonly [what: string, frame: Buffer])[] = [
  ['wrong messages', text({ id: 1, method: 'x' })],
  ['calls of no procedure', text({ id: 1, method: 'query', params: { path: 'v1.nothing' } })],
];
const COUNT = 8_000;

it.each(FLOODS)('others are served between the %s of a flood', async (_what, frame) => {
  const { socket } = await open({ authorization: `Bearer ${bearer}` });
  const before = socket.bytesRead;
  socket.write(Buffer.concat(Array.from({ length: COUNT }, () => frame)));
  expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
  const meanwhile = socket.bytesRead - before;
  // The answer to this last message comes when all others were taken.
  socket.write(text({ id: 'last', method: 'query', params: { path: 'system.health' } }));
  for (let seen = ''; !seen.includes('"id":"last"'); )
    seen = seen.slice(-100) + String((await once(socket, 'data'))[0]);
  expect(meanwhile / (socket.bytesRead - before)).toBeLessThan(0.5);
});

it('a stranger may send 256 messages on a websocket, whatever they are', async () => {
  const raw = await open();
  const wrong = text({ id: 1, method: 'x' });
  raw.socket.write(Buffer.concat(Array.from({ length: 256 }, () => wrong)));
  for (let i = 0; i < 256; i++)
    expect(await raw.nextJson()).toMatchObject({ error: { data: { code: 'BAD_REQUEST' } } });
  raw.socket.write(wrong);
  const [code, reason] = await raw.closeReason();
  expect([code, reason]).toEqual([1008, 'missing_authorization: Without a key, a websocket may send 256 messages.']);
});
