import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { connectClient, errorOf as failureOf } from '../../clients/support.ts';
import { type Dialled, dial } from '../../support/dial.ts';
import { sendRaw } from '../../support/raw-request.ts';
import { frameOf, handshakeOf, OPCODE, openRawWebsocket, type RawWebsocket } from '../../support/raw-websocket.ts';
import { startAccounts } from '../../support/start-accounts.ts';
import { bearer } from '../../support/start-gateway.ts';
import { type ScriptedGateway, startScripted } from '../../support/start-scripted.ts';
import { gated } from '../../support/upstream/scripts/answers.ts';

/** Of one message, and under way at once. */
const CALLS = 10;

let shared: ScriptedGateway;
let own: { close(): Promise<void> } | undefined;
const dialled: Dialled[] = [];
const raws: RawWebsocket[] = [];
beforeAll(async () => {
  shared = await startScripted({
    env: {
      TRPC_CALLS: String(CALLS),
      WEBSOCKET_KEY_SECONDS: '600',
      CORS_ORIGINS: 'https://app.example,https://other.example',
    },
  });
});
afterEach(async () => {
  for (const { socket } of dialled.splice(0)) socket.terminate();
  for (const { socket } of raws.splice(0)) socket.destroy();
  await own?.close();
  own = undefined;
});
afterAll(() => shared.close());

/** A gateway with settings of its own, for one test. */
async function start(env: Record<string, string>): Promise<ScriptedGateway> {
  const gateway = await startScripted({ env: { WEBSOCKET_KEY_SECONDS: '600', ...env } });
  own = gateway;
  return gateway;
}

const authorization = `Bearer ${bearer}`;
const authorized = { authorization };
const query = (id: number, path = 'system.health') => ({ id, method: 'query', params: { path } });
const asked = { model: 'scripted', messages: [{ role: 'user', content: 'Say something.' }] };
const subscribe = (id: number) => ({ id, method: 'subscription', params: { path: 'v1.chat.stream', input: asked } });

async function connect(gateway: { readonly url: string }, headers: Record<string, string> = { authorization }) {
  const one = await dial(gateway, { headers });
  dialled.push(one);
  return one;
}

async function connectRaw(gateway: { readonly url: string }, headers: Record<string, string> = {}) {
  const raw = await openRawWebsocket(gateway, headers);
  raws.push(raw);
  return raw;
}

/** What a refused handshake is answered with. */
async function refusalOf(gateway: { readonly url: string }, headers: Record<string, string> = {}) {
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/trpc`, { headers });
  socket.on('error', () => undefined);
  const [, response] = await once(socket, 'unexpected-response');
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part);
  const { error } = JSON.parse(String(Buffer.concat(parts)));
  return {
    status: response.statusCode,
    headers: response.headers,
    code: error.code,
    message: error.message,
    param: error.param,
  };
}

describe('without a key', () => {
  it('a frame may announce 16 KB, and no more', async () => {
    const gateway = shared;
    const small = await connectRaw(gateway);
    const text = JSON.stringify(query(1));
    small.socket.write(frameOf(OPCODE.text, text.padEnd(16 * 1024)));
    expect(await small.nextJson()).toMatchObject({ id: 1, result: { type: 'data' } });
    const large = await connectRaw(gateway);
    large.socket.write(frameOf(OPCODE.text, '', { length: 16 * 1024 + 1 }));
    expect((await large.closeReason())[0]).toBe(1009);
    const parts = await connectRaw(gateway);
    for (let i = 0; i < 17; i++) parts.socket.write(frameOf(i === 0 ? 1 : 0, ' '.repeat(1024), { fin: false }));
    expect((await parts.closeReason())[0]).toBe(1009);
  });

  it.each([
    ['none', {}],
    ['a wrong one', { authorization: 'Bearer wrong' }],
    ['a malformed one', { authorization: 'Basic x' }],
  ])('with %s, a message may have 8 calls, and a connection 64', async (_, headers) => {
    const gateway = shared;
    const { say, next } = await connect(gateway, headers);
    say(Array.from({ length: 9 }, (_, id) => query(id)));
    for (let id = 0; id < 9; id++) {
      const { error, ...rest } = await next();
      expect([rest.id, error?.data.error.code]).toEqual([id, 'too_many_calls']);
      expect(error?.message).toContain('8 calls');
    }
    for (let i = 0; i < 8; i++) {
      say(Array.from({ length: 8 }, (_, id) => query(id)));
      for (let id = 0; id < 8; id++) expect((await next()).result?.type).toBe('data');
    }
    say(query(1));
    expect((await next()).error?.data.error.code).toBe('missing_authorization');
  });

  it('the one of an address that has waited longest makes room for the next', async () => {
    const gateway = await start({ WEBSOCKETS_WITHOUT_KEY: '2' });
    const known = await connect(gateway);
    const first = await connectRaw(gateway);
    const second = await connectRaw(gateway, { authorization: 'Bearer wrong' });
    const third = await connectRaw(gateway);
    const [code, reason] = await first.closeReason();
    expect(code).toBe(1013);
    expect(reason).toMatch(/^rate_limit_exceeded: More than 2 websockets .*WEBSOCKETS_WITHOUT_KEY/);
    // With a valid key at once, or later, a websocket takes nobody's place.
    const later = await connect(gateway, authorized);
    later.say(query(1));
    await later.next();
    second.socket.write(frameOf(OPCODE.text, JSON.stringify({ method: 'connectionParams', data: { apiKey: bearer } })));
    second.socket.write(frameOf(OPCODE.text, JSON.stringify(query(2))));
    expect(await second.nextJson()).toMatchObject({ id: 2, result: { type: 'data' } });
    await connectRaw(gateway);
    for (const raw of [second, third]) {
      raw.socket.write(frameOf(OPCODE.text, JSON.stringify(query(3))));
      expect(await raw.nextJson()).toMatchObject({ id: 3, result: { type: 'data' } });
    }
    known.say(query(4));
    expect((await known.next()).result?.type).toBe('data');
  });

  it('a connection is closed after WEBSOCKET_KEY_SECONDS, whatever it does meanwhile', async () => {
    const gateway = await start({ WEBSOCKET_KEY_SECONDS: '2' });
    const silent = await connect(gateway, {});
    const wrong = await connect(gateway, { authorization: 'Bearer wrong' });
    wrong.say(query(1, 'models.list'));
    expect((await wrong.next()).error?.data.error.code).toBe('invalid_authorization');
    for (const { next, closed } of [silent, wrong]) {
      const { id, error } = await next();
      expect([id, error?.data.error.code]).toEqual([null, 'missing_authorization']);
      expect((await closed).code).toBe(1008);
    }
  });

  it('300,000 calls in one message cost nothing', async () => {
    const gateway = shared;
    const raw = await connectRaw(gateway);
    const call = JSON.stringify(query(1));
    raw.socket.write(frameOf(OPCODE.text, `[${Array(300_000).fill(call).join(',')}]`));
    expect((await raw.closeReason())[0]).toBe(1009);
  });
});

describe('with a key', () => {
  it('a message may have TRPC_CALLS calls; one with more is refused for each of them', async () => {
    const gateway = shared;
    const { say, next } = await connect(gateway);
    say(Array.from({ length: CALLS }, (_, id) => query(id)));
    for (let id = 0; id < CALLS; id++) expect((await next()).result?.type).toBe('data');
    say(Array.from({ length: CALLS + 1 }, (_, id) => query(id)));
    for (let id = 0; id <= CALLS; id++) {
      const { error, ...rest } = await next();
      expect([rest.id, error?.data.httpStatus, error?.data.error.code]).toEqual([id, 400, 'too_many_calls']);
      expect(error?.message).toContain(`${CALLS} calls (TRPC_CALLS`);
    }
  });

  it('300,000 calls in one message are refused without being read, and so are 300,000 of anything', async () => {
    const gateway = shared;
    const { socket, next } = await connect(gateway);
    const call = JSON.stringify(query(1));
    for (const element of [call, '{}', '[]', '0', '"],["']) {
      socket.send(`[${Array(300_000).fill(element).join(',')}]`);
      expect((await next()).error?.data.error.code).toBe('too_many_calls');
    }
  });

  it('so many calls and subscriptions may be under way; the next is refused, and taken when one has ended', async () => {
    const gateway = shared;
    const { say, next } = await connect(gateway);
    const gates = Array.from({ length: CALLS }, () => gated('One', { gateFrom: 'headers' }));
    for (const [id, { script, gate }] of gates.entries()) {
      gateway.upstream.reply(script);
      say(subscribe(id));
      expect(await next()).toMatchObject({ id, result: { type: 'started' } });
      await gate.reached();
    }
    say(query(77));
    const { id, error } = await next();
    expect([id, error?.data.httpStatus, error?.data.error.code]).toEqual([77, 429, 'rate_limit_exceeded']);
    expect(error?.message).toContain('TRPC_CALLS');
    say({ id: 0, method: 'subscription.stop' });
    expect(await next()).toMatchObject({ id: 0, result: { type: 'stopped' } });
    say(query(77));
    expect(await next()).toMatchObject({ id: 77, result: { type: 'data' } });
  });

  it('a key may have WEBSOCKETS_PER_KEY connections; another key has its own', async () => {
    const gateway = await startAccounts({ WEBSOCKETS_PER_KEY: '2' });
    own = gateway;
    const [key, other] = [await gateway.createKey({}), await gateway.createKey({})];
    const open = (secret: string) => connect(gateway, { authorization: `Bearer ${secret}` });
    const first = await open(key.key);
    await open(key.key);
    const third = await open(key.key);
    const { error } = await third.next();
    expect([error?.data.httpStatus, error?.data.error.code]).toEqual([429, 'rate_limit_exceeded']);
    expect(error?.message).toContain('2 websockets open');
    const { code, reason } = await third.closed;
    expect([code, reason.slice(0, 21)]).toEqual([1013, 'rate_limit_exceeded: ']);
    // The reason is lost when the client writes before it has read the end of the connection.
    await expect
      .poll(async () => {
        const { client } = connectClient(gateway, { apiKey: key.key });
        const { code, message } = await failureOf(client.streamChat({ model: 'dear', messages: [] }).next());
        return [code, message];
      })
      .toEqual(['connection_lost', expect.stringContaining('This key has 2 websockets')]);
    const { say, next } = await open(other.key);
    say(query(1, 'models.list'));
    expect((await next()).result?.type).toBe('data');
    first.socket.close();
    await first.closed;
    await expect
      .poll(async () => {
        const again = await open(key.key);
        again.say(query(1, 'models.list'));
        return (await again.next()).result?.type;
      })
      .toBe('data');
  });

  it('an address may have WEBSOCKETS_PER_ADDRESS connections', async () => {
    const gateway = await start({ WEBSOCKETS_PER_ADDRESS: '2' });
    await connect(gateway);
    await connect(gateway);
    const { status, message } = await refusalOf(gateway, { authorization });
    expect(status).toBe(429);
    expect(message).toContain('WEBSOCKETS_PER_ADDRESS');
  });

  it('unfinished messages of a key have room together for four of the largest; a fifth is refused by its id', async () => {
    const MAX = 1024 * 1024;
    const gateway = await start({ MAX_BODY_BYTES: String(MAX) });
    const key = { authorization };
    const holders = await Promise.all(Array.from({ length: 4 }, () => connectRaw(gateway, key)));
    for (const { socket } of holders)
      socket.write(frameOf(OPCODE.text, ' '.repeat(MAX), { length: MAX + 0, fin: false }));
    const late = await connect(gateway);
    const big = { ...query(5), pad: 'x'.repeat(100_000) };
    await expect
      .poll(async () => {
        late.say(big);
        const { id, error } = await late.next();
        return [id, error?.data.error.code];
      })
      .toEqual([5, 'rate_limit_exceeded']);
    for (const { socket, closed } of holders) {
      socket.destroy();
      await closed;
    }
    await expect
      .poll(async () => {
        late.say(big);
        return (await late.next()).result?.type;
      })
      .toBe('data');
  });
});

describe('a batch over HTTP', () => {
  const batch = (count: number, name: string) => `/trpc/${Array(count).fill(name).join(',')}?batch=1`;

  it('is found however long its names are together', async () => {
    const refused = await shared.call('GET', batch(500, 'models.list'), undefined);
    expect([refused.status, (await refused.json()).error.data.error.code]).toEqual([400, 'too_many_calls']);
  });

  it.each([
    ['GET', undefined],
    ['POST', {}],
  ])('of too many calls is refused: %s', async (method, body) => {
    const gateway = shared;
    const name = method === 'GET' ? 'models.list' : 'v1.chat.create';
    const refused = await gateway.call(method, batch(CALLS + 1, name), body);
    expect(refused.status).toBe(400);
    const { error } = await refused.json();
    expect(error.data.error).toMatchObject({ code: 'too_many_calls' });
    expect(error.message).toContain(`${CALLS} calls`);
    expect((await (await gateway.call('GET', batch(CALLS, 'models.list'))).json()).length).toBe(CALLS);
  });

  it('of open procedures has 8 calls without a key, and its body is not read', async () => {
    const gateway = shared;
    const get = (count: number) => fetch(gateway.url + batch(count, 'system.health'));
    expect((await get(8)).status).toBe(200);
    expect((await get(9)).status).toBe(400);
    const posted = await fetch(gateway.url + batch(1, 'system.health'), { method: 'POST', body: '{}' });
    expect(posted.status).toBe(401);
  });
});

describe('the origin of a page', () => {
  it.each([
    ['one that is listed', 'https://app.example', true],
    ['another one', 'https://evil.example', false],
    ['the same host on another port', 'https://app.example:8443', false],
    ['one that begins alike', 'https://app.example.evil.example', false],
    ['null, as of a sandboxed frame', 'null', false],
    ['the gateway itself', 'own', true],
    ['none, as of programs', undefined, true],
  ])('must be in CORS_ORIGINS: %s', async (_, origin, allowed) => {
    const gateway = shared;
    const headers = origin === undefined ? {} : { origin: origin === 'own' ? gateway.url : origin };
    if (allowed) {
      const { say, next } = await connect(gateway, { authorization, ...headers });
      say(query(1));
      expect((await next()).result?.type).toBe('data');
      return;
    }
    const { status, code, param, message } = await refusalOf(gateway, { authorization, ...headers });
    expect([status, code, param]).toEqual([403, 'permission_denied', 'Origin']);
    expect(message).toContain('CORS_ORIGINS');
  });

  it('may be any by default', async () => {
    const gateway = await start({});
    for (const origin of ['https://anything.example', 'null']) await connect(gateway, { origin });
  });
});

describe('a handshake', () => {
  it.each([
    ['of another version', { 'sec-websocket-version': '8' }, 400, 'Sec-WebSocket-Version'],
    ['without a version', { 'sec-websocket-version': '' }, 400, 'Sec-WebSocket-Version'],
    ['with a short key', { 'sec-websocket-key': 'AAAA' }, 400, 'Sec-WebSocket-Key'],
  ])('%s is refused', async (_, headers, status, param) => {
    const gateway = shared;
    const answer = await sendRaw(
      gateway.url,
      handshakeOf('/trpc', headers)
        .trim()
        .split('\r\n')
        .filter((line) => !line.startsWith('host') && !line.startsWith('connection'))
        .concat('connection: Upgrade'),
    );
    expect(answer).toContain(`HTTP/1.1 ${status} `);
    expect(answer).toContain(`"param":"${param}"`);
  });
});
