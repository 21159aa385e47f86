import { afterEach, describe, expect, test } from 'vitest';
import { openRaw, type RawConnection } from '../../support/raw-request.ts';
import { bearer } from '../../support/start-gateway.ts';
import { type ScriptedGateway, startScripted } from '../../support/start-scripted.ts';
import { gated } from '../../support/upstream/scripts/answers.ts';

const opened: { close(): Promise<void> }[] = [];
const sockets: RawConnection[] = [];
afterEach(async () => {
  for (const { socket } of sockets.splice(0)) socket.destroy();
  await Promise.all(opened.splice(0).map((gateway) => gateway.close()));
});

async function start(env: Record<string, string>): Promise<ScriptedGateway> {
  const gateway = await startScripted({ env });
  opened.push(gateway);
  return gateway;
}

function open({ url }: ScriptedGateway): RawConnection {
  const connection = openRaw(url);
  sockets.push(connection);
  return connection;
}

const get = (path: string, ...lines: string[]) =>
  `${[`GET ${path} HTTP/1.1`, 'Host: gateway', ...lines].join('\r\n')}\r\n\r\n`;
const key = `Authorization: Bearer ${bearer}`;

describe('the connections of one address without a valid key', () => {
  test('make room for a new one, the oldest first, which is told why', async () => {
    const gateway = await start({ CONNECTIONS_WITHOUT_KEY: '3' });
    const [first, second, third] = [open(gateway), open(gateway), open(gateway)];
    for (const connection of [first, second, third]) {
      connection.socket.write(get('/healthz'));
      await connection.until(/"ok"/);
    }
    const fourth = open(gateway);
    fourth.socket.write(get('/healthz'));
    await fourth.until(/"ok"/);
    expect(await first.closed).toMatch(
      /HTTP\/1\.1 429 .*^retry-after: 10\r$.*"rate_limit_exceeded".*CONNECTIONS_WITHOUT_KEY/ms,
    );
    second.socket.write(get('/errors'));
    await second.until(/"entries"/);
  });

  test('do not keep out who has a key, and do not count once they have shown one', async () => {
    const gateway = await start({ CONNECTIONS_WITHOUT_KEY: '2' });
    const { script, gate } = gated('One two');
    gateway.upstream.reply(script);
    const body = JSON.stringify({ model: 'scripted', stream: true, messages: [{ role: 'user', content: 'Hi' }] });
    const streaming = open(gateway);
    streaming.socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\n${key}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await gateway.upstream.waitForChat();
    const known: RawConnection[] = [];
    for (let i = 0; i < 5; i++) {
      const connection = open(gateway);
      known.push(connection);
      connection.socket.write(get('/v1/models', key));
      await connection.until(/"list"/);
    }
    const silent = Array.from({ length: 20 }, () => open(gateway));
    await Promise.all(silent.slice(0, 18).map(({ closed }) => closed));
    gate.open();
    await streaming.until(/\[DONE\]/);
    for (const connection of known) {
      connection.socket.write(get('/v1/info', key));
      await connection.until(/"duplex"/);
    }
  });

  test('count as such with a wrong key, and no longer when they are closed', async () => {
    const gateway = await start({ CONNECTIONS_WITHOUT_KEY: '2' });
    const wrong = open(gateway);
    wrong.socket.write(get('/v1/models', 'Authorization: Bearer wrong'));
    await wrong.until(/"invalid_authorization"/);
    for (let i = 0; i < 5; i++) {
      const passing = open(gateway);
      passing.socket.write(get('/healthz', 'Connection: close'));
      expect(await passing.closed).toMatch(/"ok"/);
    }
    wrong.socket.write(get('/healthz'));
    await wrong.until(/"ok"/);
  });

  test('may be any number when the limit is 0', async () => {
    const gateway = await start({ CONNECTIONS_WITHOUT_KEY: '0' });
    const many = Array.from({ length: 50 }, () => open(gateway));
    for (const connection of many) connection.socket.write(get('/healthz'));
    await Promise.all(many.map((connection) => connection.until(/"ok"/)));
  });
});

describe("a stranger's body", () => {
  const post = (path: string, ...lines: string[]) =>
    `${[`POST ${path} HTTP/1.1`, 'Host: gateway', 'Content-Type: application/json', ...lines].join('\r\n')}\r\n\r\n`;

  test.each([
    ['/v1/chat/completions', 401],
    ['/trpc/v1.chat.create', 401],
    ['/v1/audio/transcriptions', 401],
    ['/v1/models', 405],
    ['/nothing', 404],
  ])(
    'sent to %s is answered with %i, and the connection is closed, whether the body comes or not',
    async (path, status) => {
      const gateway = await start({});
      for (const lines of [['Content-Length: 30000000'], ['Transfer-Encoding: chunked']]) {
        const { socket, closed } = open(gateway);
        socket.write(post(path, ...lines));
        const text = await closed;
        expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
        expect(text).toMatch(/^connection: close\r$/im);
      }
    },
  );

  test('is over before a next request is served, which would be served to nobody', async () => {
    const gateway = await start({});
    const { socket, closed } = open(gateway);
    const body = JSON.stringify({ model: 'scripted', messages: [{ role: 'user', content: 'Hi' }] });
    const chat = post('/v1/chat/completions', key, `Content-Length: ${body.length}`) + body;
    socket.write(`${post('/v1/chat/completions', 'Content-Length: 5')}12345${chat}`);
    expect((await closed).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 401']);
    expect(gateway.upstream.chats).toEqual([]);
  });

  test('does not hide the answer from a client that is still sending', async () => {
    const gateway = await start({});
    const body = 'x'.repeat(20_000_000);
    for (const headers of [{}, { authorization: 'Bearer wrong' }]) {
      const response = await fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers, body });
      expect(response.status).toBe(401);
    }
  });
});

describe('the head of a request', () => {
  test('may have 100 header fields, and no more', async () => {
    const gateway = await start({});
    const fields = (count: number) => Array.from({ length: count }, (_, i) => `x-${i}: y`);
    const asked = open(gateway);
    asked.socket.write(get('/healthz', ...fields(99)));
    await asked.until(/"ok"/);
    for (const lines of [fields(100), fields(1_500), ['Connection: Upgrade', 'Upgrade: h2c', ...fields(1_200)]]) {
      const { socket, until } = open(gateway);
      socket.write(get('/healthz', ...lines));
      await until(/^HTTP\/1\.1 431 .*"headers_too_large".*100 header fields/s);
    }
  });
});
