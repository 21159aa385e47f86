import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { frameOf, OPCODE, openRawWebsocket, type RawWebsocket } from '../../support/raw-websocket.ts';
import { bearer, type Gateway, startGateway } from '../../support/start-gateway.ts';

const MAX_BODY_BYTES = 50_000;
let gateway: Gateway;
const open: RawWebsocket[] = [];
beforeAll(async () => {
  gateway = await startGateway({ env: { MAX_BODY_BYTES: String(MAX_BODY_BYTES) } });
});
afterEach(() => {
  for (const { socket } of open.splice(0)) socket.destroy();
});
afterAll(() => gateway.close());

async function connect(): Promise<RawWebsocket> {
  const raw = await openRawWebsocket(gateway, { authorization: `Bearer ${bearer}` });
  open.push(raw);
  return raw;
}

const call = (id: number | string, more: object = {}) =>
  JSON.stringify({ id, method: 'query', params: { path: 'system.health' }, ...more });
const answered = (id: number | string) => ({ id, result: { type: 'data', data: { status: 'ok' } } });
const refused = (id: number | string | null, code: string) => ({ id, error: { data: { error: { code } } } });
const long = 'x'.repeat(MAX_BODY_BYTES);

describe('a message', () => {
  it.each([
    [
      'of an empty frame and one with everything',
      [frameOf(OPCODE.text, '', { fin: false }), frameOf(OPCODE.continuation, call(1))],
    ],
    [
      'of one byte a frame',
      [...call(1)].map((byte, at, all) => frameOf(at === 0 ? 1 : 0, byte, { fin: at === all.length - 1 })),
    ],
    [
      'of characters that are cut between frames',
      [
        frameOf(OPCODE.text, Buffer.from(call(1, { x: '€' })).subarray(0, -3), { fin: false }),
        frameOf(OPCODE.continuation, Buffer.from(call(1, { x: '€' })).subarray(-3)),
      ],
    ],
    ['with a length of 16 bits', [frameOf(OPCODE.text, call(1, { pad: 'x'.repeat(1_000) }))]],
    [
      'as long as is allowed',
      [frameOf(OPCODE.text, call(1, { pad: 'x'.repeat(MAX_BODY_BYTES - call(1, { pad: '' }).length) }))],
    ],
    [
      'with a ping between its frames',
      [
        frameOf(OPCODE.text, call(1).slice(0, 9), { fin: false }),
        frameOf(OPCODE.ping, 'hi'),
        frameOf(OPCODE.continuation, call(1).slice(9)),
      ],
    ],
  ])('%s is understood, also byte by byte', async (_, frames) => {
    const bytes = Buffer.concat(frames);
    for (const piece of [bytes.length, 1]) {
      const { socket, next } = await connect();
      if (piece === 1) for (const byte of bytes) socket.write(Buffer.from([byte]));
      else socket.write(Buffer.from(bytes));
      let frame = await next();
      if (frame?.opcode === OPCODE.pong) frame = await next();
      expect(JSON.parse(String(frame?.payload))).toMatchObject(answered(1));
    }
  });

  it('may come together with the handshake', async () => {
    const raw = await openRawWebsocket(gateway, { authorization: `Bearer ${bearer}` }, frameOf(OPCODE.text, call(1)));
    open.push(raw);
    expect(await raw.nextJson()).toMatchObject(answered(1));
  });

  it.each([
    ['in one frame', () => [frameOf(OPCODE.text, call('big', { long }))]],
    ['with its id at the end', () => [frameOf(OPCODE.text, JSON.stringify({ long, id: 'big' }))]],
    [
      'in many frames',
      () => [
        frameOf(OPCODE.text, '{"id":"big","long":"', { fin: false }),
        ...Array.from({ length: 60 }, () => frameOf(OPCODE.continuation, 'x'.repeat(1_000), { fin: false })),
        frameOf(OPCODE.continuation, '"}'),
      ],
    ],
  ])('that is too large is refused by its id, %s, and the next one is answered', async (_, frames) => {
    const { socket, nextJson } = await connect();
    for (const frame of frames()) socket.write(frame);
    socket.write(frameOf(OPCODE.text, call(2)));
    expect(await nextJson()).toMatchObject(refused('big', 'body_too_large'));
    expect(await nextJson()).toMatchObject(answered(2));
  });

  it('that is too large and a list is refused for each of its calls', async () => {
    const { socket, nextJson } = await connect();
    socket.write(frameOf(OPCODE.text, `[${call(1, { long })},${call(2)},${call('c')}]`));
    for (const id of [1, 2, 'c']) expect(await nextJson()).toMatchObject(refused(id, 'body_too_large'));
  });

  it('that is too large and names no call is refused as well', async () => {
    const { socket, nextJson } = await connect();
    socket.write(frameOf(OPCODE.text, `"${long}"`));
    expect(await nextJson()).toMatchObject(refused(null, 'body_too_large'));
  });

  it.each([
    ['one frame', 1],
    ['two frames', 2],
  ])('that is binary is refused in %s, and the connection stays', async (_, frames) => {
    const { socket, nextJson } = await connect();
    socket.write(frameOf(OPCODE.binary, call(1), { fin: frames === 1 }));
    if (frames === 2) socket.write(frameOf(OPCODE.continuation, 'more'));
    expect(await nextJson()).toMatchObject(refused(null, 'invalid_message'));
    socket.write(frameOf(OPCODE.text, call(2)));
    expect(await nextJson()).toMatchObject(answered(2));
  });
});

describe('a connection is closed', () => {
  it.each([
    ['an unmasked frame', frameOf(OPCODE.text, 'x', { masked: false }), 1002],
    ['a frame of an extension', frameOf(OPCODE.text, 'x', { rsv: 4 }), 1002],
    ['an opcode that nobody knows', frameOf(3, 'x'), 1002],
    ['a control frame that nobody knows', frameOf(11, 'x'), 1002],
    ['a ping in parts', frameOf(OPCODE.ping, 'x', { fin: false }), 1002],
    ['a ping of 126 bytes', frameOf(OPCODE.ping, 'x'.repeat(126)), 1002],
    ['the continuation of nothing', frameOf(OPCODE.continuation, 'x'), 1002],
    [
      'a message within a message',
      Buffer.concat([frameOf(OPCODE.text, 'x', { fin: false }), frameOf(OPCODE.text, 'x')]),
      1002,
    ],
    ['a close code that is none', frameOf(OPCODE.close, Buffer.from([0x03, 0xee])), 1002],
    ['half a close code', frameOf(OPCODE.close, Buffer.from([0x03])), 1002],
    ['text that is not UTF-8', frameOf(OPCODE.text, Buffer.from([0xc3, 0x28])), 1007],
    ['half a character', frameOf(OPCODE.text, Buffer.from('€').subarray(0, 2)), 1007],
    ['a message of 400 KB where 50 KB are allowed', frameOf(OPCODE.text, '', { length: MAX_BODY_BYTES * 8 + 1 }), 1009],
    ['a length beyond all numbers', frameOf(OPCODE.text, '', { length: 2 ** 62 }), 1009],
  ])('for %s, with the code and a reason', async (_, frame, code) => {
    const raw = await connect();
    raw.socket.write(frame);
    const [told, reason] = await raw.closeReason();
    expect(told).toBe(code);
    expect(reason).toMatch(/^\S.*\.$/);
    raw.socket.end();
    await raw.closed;
  });

  it.each([
    ['with a code', frameOf(OPCODE.close, Buffer.from([0x0f, 0xa0])), 4000],
    ['without one', frameOf(OPCODE.close, ''), 1000],
  ])('when the client closes it %s', async (_, frame, code) => {
    const raw = await connect();
    raw.socket.write(frame);
    expect((await raw.closeReason())[0]).toBe(code);
    await raw.closed;
  });
});

it('answers a ping with its payload', async () => {
  const { socket, next } = await connect();
  socket.write(frameOf(OPCODE.ping, 'are you there?'));
  const frame = await next();
  expect([frame?.opcode, String(frame?.payload)]).toEqual([OPCODE.pong, 'are you there?']);
});
