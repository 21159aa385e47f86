import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent as TlsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';
import { join } from 'node:path';
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client';
import { Agent, fetch } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { webSocketClass } from '../../clients/typescript/src/websocket-class.ts';
import type { AppRouter } from '../../server/rpc/router.ts';
import { createKey } from '../support/create-key.ts';
import { hasProgram } from '../support/find-program.ts';
import { textOf } from '../support/read-events.ts';
import { bearer, root } from '../support/start-gateway.ts';
import { type ProxyProgram, proxyHost, type ReverseProxy, startReverseProxy } from '../support/start-reverse-proxy.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { createGate } from '../support/upstream/gate.ts';
import { say } from '../support/upstream/scripts/answers.ts';

const folder = join(root, 'docs/deploy');
const page = readFileSync(join(folder, 'README.md'), 'utf8');

/** The block of the page that serves the gateway under a path, put into the shipped configuration. */
function underPath(language: string, config: string, place: RegExp): string {
  const [, block = ''] = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(page) ?? [];
  expect(block).toContain('/llm/');
  expect(config).toMatch(place);
  return config.replace(place, block);
}

interface Shipped {
  readonly program: ProxyProgram;
  readonly version: readonly string[];
  readonly file: string;
  /** The language of its block in the page, and what the block replaces. */
  readonly language: string;
  readonly place: RegExp;
}

const shipped: readonly Shipped[] = [
  {
    program: 'nginx',
    version: ['-v'],
    file: 'nginx.conf',
    language: 'nginx',
    place: /^ {2}location \/ \{\n[\s\S]*?\n {2}\}\n/m,
  },
  {
    program: 'caddy',
    version: ['version'],
    file: 'Caddyfile',
    language: 'caddyfile',
    place: /^ {2}reverse_proxy 127.*\n/m,
  },
];

const hasOpenssl = await hasProgram('openssl', ['version']);
const programs = await Promise.all(
  shipped.map(async (one) => ({ ...one, isThere: hasOpenssl && (await hasProgram(one.program, one.version)) })),
);

const authorization = { authorization: `Bearer ${bearer}` };
const CHAT = '/v1/chat/completions';
/** Every name is this machine. */
const lookupHere: LookupFunction = (_name, { all }, done) => {
  if (all) done(null, [{ address: '127.0.0.1', family: 4 }]);
  else done(null, '127.0.0.1', 4);
};
/** The proxy has another one, 127.0.0.1. */
const CLIENT = '127.0.0.2';
const ask = (fields: object = {}) => ({
  model: 'scripted',
  messages: [{ role: 'user' as const, content: 'Hi' }],
  ...fields,
});

for (const { program, file, language, place, isThere } of programs) {
  const config = readFileSync(join(folder, file), 'utf8');
  describe.skipIf(!isThere).each([
    ['the file as it is shipped', '', config],
    ['the gateway below /llm/', '/llm', isThere ? underPath(language, config, place) : ''],
  ])(`${program} with %s`, (_what, basePath, adapted) => {
    let gateway: ScriptedGateway;
    let proxy: ReverseProxy;
    let agent: Agent;
    beforeAll(async () => {
      gateway = await startScripted({ env: { TRUSTED_PROXIES: '127.0.0.1', BASE_PATH: basePath } });
      proxy = await startReverseProxy(program, adapted, gateway.url);
      agent = new Agent({
        localAddress: CLIENT,
        connect: { ca: proxy.ca, lookup: lookupHere },
      });
    });
    afterAll(async () => {
      await agent?.close();
      await proxy?.close();
      await gateway?.close();
    });

    const call = (path: string, body?: unknown, headers: Record<string, string> = {}) =>
      fetch(`https://${proxyHost}:${proxy.port}${basePath}${path}`, {
        dispatcher: agent,
        method: body === undefined ? 'GET' : 'POST',
        headers: { 'content-type': 'application/json', ...authorization, ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    const socketAt = (path: string, headers: Record<string, string> = {}) =>
      new WebSocket(`wss://${proxyHost}:${proxy.port}${basePath}${path}`, {
        agent: new TlsAgent({ ca: proxy.ca, lookup: lookupHere }),
        headers,
      });

    test('JSON, errors and their headers arrive', async () => {
      gateway.upstream.reply(say('Hello.'));
      const response = await call(CHAT, ask());
      expect(response.status).toBe(200);
      expect(response.headers.get('x-request-id')).toMatch(/^req_/);
      expect(JSON.stringify(await response.json())).toContain('Hello.');
      const refused = await call(CHAT, ask({ model: 'nobody' }));
      expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('model_not_in_allowlist')]);
    });

    test('a stream arrives token by token', async () => {
      const gate = createGate();
      gateway.upstream.reply(say('one two three', { gate }));
      gate.release();
      const response = await call(CHAT, ask({ stream: true }));
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      const until = async (part: string) => {
        while (!text.includes(part)) {
          const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
          if (done) throw new Error(`The stream ended without '${part}': ${text}`);
          text += value;
        }
      };
      // The upstream holds back the next token until this one has gone through the proxy.
      await until('one');
      expect(text).not.toContain('two');
      gate.release();
      await until('two');
      gate.open();
      await until('[DONE]');
      expect(textOf(text)).toBe('one two three');
    });

    test('tRPC answers and streams over a websocket', async () => {
      gateway.upstream.reply(say('Over the socket.'));
      const tls = new TlsAgent({ ca: proxy.ca, lookup: lookupHere });
      const Socket = class extends WebSocket {
        constructor(url: string) {
          super(url, { agent: tls });
        }
      };
      const socket = createWSClient({
        url: `wss://${proxyHost}:${proxy.port}${basePath}/trpc`,
        WebSocket: webSocketClass(Socket),
        connectionParams: { apiKey: bearer },
      });
      const client = createTRPCClient<AppRouter>({ links: [wsLink({ client: socket })] });
      expect((await client.models.list.query()).data.map(({ id }) => id)).toEqual(['scripted']);
      const chunks = await new Promise<string>((resolve, reject) => {
        let seen = '';
        client.v1.chat.stream.subscribe(ask({ stream: true }), {
          onData: (chunk) => {
            seen += JSON.stringify(chunk);
          },
          onComplete: () => resolve(seen),
          onError: reject,
        });
      });
      expect(chunks).toContain('Over');
      await socket.close();
    });

    test('a body of almost MAX_BODY_BYTES arrives, and a longer one is refused', async () => {
      gateway.upstream.reply(say('Long.'));
      const content = 'a '.repeat((32 * 1024 * 1024 - 2_000) / 2);
      const response = await call(CHAT, ask({ messages: [{ role: 'user', content }] }));
      expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('Long.')]);
      const longer = await call(CHAT, ask({ messages: [{ role: 'user', content: `${content}${'a'.repeat(3_000)}` }] }));
      expect([longer.status, await longer.text()]).toEqual([413, expect.anything()]);
    });

    test('the gateway sees the address of the client, whatever the client says', async () => {
      const said = { 'x-forwarded-for': '203.0.113.7' };
      const statusFor = async (address: string, headers: Record<string, string>) => {
        const { key } = await createKey(gateway, { ip_ranges: [address] });
        const response = await call('/v1/models', undefined, { authorization: `Bearer ${key}`, ...headers });
        await response.text();
        return response.status;
      };
      expect([await statusFor(CLIENT, {}), await statusFor('127.0.0.1', {})]).toEqual([200, 403]);
      expect([await statusFor(CLIENT, said), await statusFor('203.0.113.7', said)]).toEqual([200, 403]);
    });

    test('metrics are for scrapers that reach the gateway itself', async () => {
      const response = await call('/metrics');
      await response.text();
      expect(response.status).toBe(404);
      expect((await fetch(`${gateway.url}/metrics`)).status).toBe(200);
    });

    test('the console finds its files', async () => {
      const html = await (await call('/console', undefined, { accept: 'text/html' })).text();
      const [, script = ''] = /<script[^>]* src="([^"]+)"/.exec(html) ?? [];
      expect(script.startsWith(`${basePath}/console/assets/`)).toBe(true);
      const response = await call(script.slice(basePath.length));
      await response.text();
      expect(response.status).toBe(200);
    });

    test('a client that disconnects ends its stream upstream', async () => {
      const gate = createGate();
      gateway.upstream.reply(say('one two three', { gate }));
      gate.release();
      const leave = new AbortController();
      const response = await fetch(`https://${proxyHost}:${proxy.port}${basePath}${CHAT}`, {
        dispatcher: agent,
        method: 'POST',
        headers: { 'content-type': 'application/json', ...authorization },
        body: JSON.stringify(ask({ stream: true })),
        signal: leave.signal,
      });
      await response.body?.getReader().read();
      expect(gateway.upstream.open).toBe(1);
      leave.abort();
      await expect.poll(() => gateway.upstream.open).toBe(0);
    });

    test('the websocket of the Responses API opens with a key, and not without', async () => {
      const socket = socketAt('/v1/responses', authorization);
      await once(socket, 'open');
      socket.terminate();
      const refused = socketAt('/v1/responses');
      refused.on('error', () => undefined);
      const [, response] = await once(refused, 'unexpected-response');
      expect(response.statusCode).toBe(401);
      refused.terminate();
    });
  });
}
