import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTRPCClient, httpBatchLink } from '@trpc/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AppRouter } from '../../server/rpc/router.ts';
import { connectClient } from '../clients/support.ts';
import { bearer, type Gateway, startGateway } from '../support/start-gateway.ts';
import { lastingFolder } from '../support/temp-folder.ts';
import { say } from '../support/upstream/scripts/answers.ts';
import { destroyAfter } from '../support/upstream/scripts/failures.ts';
import { htmlError, raw } from '../support/upstream/scripts/refusals.ts';
import { type ScriptedUpstream, startUpstream } from '../support/upstream/start-upstream.ts';

const question = 'the-words-of-a-private-question, which nobody else may ever read';
const reply = 'the-words-of-a-private-answer, which nobody else may ever read';
const upstreamKey = 'plain upstream "secret" 5f3c9a0e7b1d4c62';
const fileKey = 'file-secret-6a1b8c2d9e3f4a5b';
const urlToken = 'url-token-0c9d8e7f6a5b4c3d2e1f';
const metricsBearer = 'metrics-bearer-0123456789';

type Line = Readonly<Record<string, unknown>>;

const folder = lastingFolder();
const keyFile = join(folder.path, 'key');
writeFileSync(keyFile, fileKey);

interface Logged {
  readonly gateway: Gateway;
  readonly upstreams: readonly [ScriptedUpstream, ScriptedUpstream];
  close(): Promise<void>;
  text(): string;
  lines(): readonly Line[];
}

async function open(env: Record<string, string>): Promise<Logged> {
  let text = '';
  const upstreams = await Promise.all([
    startUpstream({ fallback: say(reply) }),
    startUpstream({ dialect: 'anthropic', fallback: say(reply) }),
  ]);
  const [first, second] = upstreams.map(({ url }) => url);
  const gateway = await startGateway({
    models: `providers:
  gpu1: { kind: openai-compatible, base_url: "${first}", api_key_env: UPSTREAM_KEY }
  cloud: { kind: anthropic, base_url: "${second}", api_key_file: "${keyFile}" }
models:
  - { alias: chain, backends: [{ provider: gpu1, model: m }, { provider: cloud, model: claude }] }
  - { alias: claude, backends: [{ provider: cloud, model: claude }] }
  - { alias: vectors, endpoints: [embeddings], backends: [{ provider: gpu1, model: m }] }
`,
    env: { UPSTREAM_KEY: upstreamKey, METRICS_BEARER: metricsBearer, CIRCUIT_FAILURES: '1000', ...env },
    log: (line) => {
      text += line;
    },
  });
  const lines = () =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  const close = async () => {
    await gateway.close();
    await Promise.all(upstreams.map((upstream) => upstream.close()));
  };
  return { gateway, upstreams, close, text: () => text, lines };
}

const chat = (fields: object = {}) => ({ model: 'chain', messages: [{ role: 'user', content: question }], ...fields });
const ask = (gateway: Gateway, fields: object = {}) => gateway.call('POST', '/v1/chat/completions', chat(fields));

/** The messages of the lines of one request, once its last one is there. */
async function linesOf({ lines }: Logged, response: Response): Promise<readonly Line[]> {
  await response.text();
  const own = () => lines().filter(({ reqId }) => reqId === response.headers.get('x-request-id'));
  await expect.poll(() => own().map(({ msg }) => msg)).toContain('request');
  return own();
}

afterAll(() => folder.remove());

/** Requests of every surface and transport, that go well and that fail in every way. */
async function askEverything({ gateway, upstreams: [first, second] }: Logged): Promise<void> {
  const created = await (await gateway.call('POST', '/api/keys', { name: 'Ann', credit_usd: 1 })).json();
  const asKey = { authorization: `Bearer ${created.key}` };
  for (const [path, body] of [
    ['/v1/chat/completions', chat()],
    ['/v1/chat/completions', chat({ stream: true })],
    ['/v1/chat/completions', chat({ model: 'claude', stream: true })],
    ['/v1/messages', { model: 'claude', max_tokens: 9, messages: chat().messages }],
    ['/v1/responses', { model: 'chain', input: question }],
    ['/v1/embeddings', { model: 'vectors', input: question }],
    ['/c1/chat', { model: 'chain', message: question }],
    ['/v1/chat/completions', chat({ temperature: question })],
    ['/v1/chat/completions', chat({ model: created.key })],
    [`/nowhere/${urlToken}?key=${urlToken}`, chat()],
  ] as const) {
    await (await gateway.call('POST', path, body, asKey)).text();
    await (await gateway.call('POST', path, body)).text();
  }
  await fetch(`${gateway.url}/v1/models?key=${urlToken}`, { headers: { authorization: `Bearer ${urlToken}` } });
  const trpc = createTRPCClient<AppRouter>({ links: [httpBatchLink({ url: `${gateway.url}/trpc`, headers: asKey })] });
  await trpc.v1.chat.create.mutate({ model: 'chain', messages: [{ role: 'user', content: question }] });
  const { client } = connectClient(gateway, { apiKey: created.key });
  for await (const _chunk of client.streamChat({ model: 'chain', messages: [{ role: 'user', content: question }] }));
  await client.close();
  for (const failure of [
    htmlError(500),
    raw(400, {}, JSON.stringify({ error: { message: `I refuse: ${question} ${upstreamKey} ${fileKey}` } })),
    raw(500, {}, `${question} ${upstreamKey}`),
    raw(200, { 'content-type': 'application/json' }, question),
    destroyAfter(1),
  ]) {
    for (const fields of [{}, { stream: true }, { model: 'claude' }]) {
      first.reply(failure);
      second.reply(failure);
      await ask(gateway, fields)
        .then((response) => response.text())
        .catch(() => undefined);
    }
  }
  // The line of the last request is written after its answer has gone out.
  const last = await gateway.call('GET', '/nowhere/at-all');
  await last.text();
  planted.add(created.key);
}

const planted = new Set([
  upstreamKey,
  JSON.stringify(upstreamKey).slice(1, -1),
  fileKey,
  bearer,
  urlToken,
  metricsBearer,
]);

test.each([
  { LOG_LEVEL: 'info' },
  { LOG_LEVEL: 'debug' },
  { LOG_LEVEL: 'trace' },
  { LOG_LEVEL: 'trace', LOG_CONTENT: 'true' },
])(
  'with %o no line has a key in it, and what was said only where it is asked for',
  async (env) => {
    const logged = await open(env);
    try {
      await askEverything(logged);
      await expect.poll(() => logged.text()).toContain('GET unknown');
      expect(logged.lines().length).toBeGreaterThan(20);
      for (const key of planted) expect(logged.text()).not.toContain(key);
      if ('LOG_CONTENT' in env) {
        expect(logged.text()).toContain('the-words-of-a-private-question');
        expect(logged.text()).toContain('the-words-of-a-private-answer');
      } else expect(logged.text()).not.toMatch(/the-words|nobody else|may ever read/);
    } finally {
      await logged.close();
    }
  },
  60_000,
);

describe('at debug', () => {
  let logged: Logged;
  beforeAll(async () => {
    logged = await open({ LOG_LEVEL: 'debug' });
  });
  afterAll(() => logged.close());

  test('each decision is a line: who may answer, in which order, and how it went', async () => {
    const lines = await linesOf(logged, await ask(logged.gateway));
    expect(lines).toMatchObject([
      { level: 20, msg: 'the request is let in', op: 'v1.chat', model: 'chain', backends: ['gpu1/m', 'cloud/claude'] },
      {
        level: 20,
        msg: 'the backends are ordered',
        strategy: 'ordered',
        order: ['gpu1/m', 'cloud/claude'],
        skipped: [],
      },
      { level: 20, msg: 'a backend is asked', backend: 'gpu1/m' },
      { level: 20, msg: 'the backend answers', backend: 'gpu1/m', ms: expect.any(Number) },
      { level: 30, msg: 'request' },
    ]);
  });

  test('a fail-over says why', async () => {
    logged.upstreams[0].reply(htmlError(502));
    const lines = await linesOf(logged, await ask(logged.gateway));
    expect(lines).toContainEqual(
      expect.objectContaining({ msg: 'the backend failed', backend: 'gpu1/m', code: 'upstream_broken' }),
    );
    expect(lines.filter(({ msg }) => msg === 'a backend is asked').map(({ backend }) => backend)).toEqual([
      'gpu1/m',
      'cloud/claude',
    ]);
  });

  test('a backend that cannot express the request is named with the field', async () => {
    const lines = await linesOf(logged, await ask(logged.gateway, { model: 'claude', logprobs: true }));
    expect(lines).toContainEqual(expect.objectContaining({ backend: 'cloud/claude', param: 'logprobs' }));
  });
});

test('a backend whose circuit is open is named among the skipped', async () => {
  const logged = await open({ LOG_LEVEL: 'debug', CIRCUIT_FAILURES: '1' });
  try {
    logged.upstreams[0].reply(htmlError(502));
    await (await ask(logged.gateway)).text();
    const lines = await linesOf(logged, await ask(logged.gateway));
    expect(lines).toContainEqual(
      expect.objectContaining({ order: ['cloud/claude'], skipped: [{ backend: 'gpu1/m', state: 'open' }] }),
    );
  } finally {
    await logged.close();
  }
});

test('at trace, an outline of what goes upstream and what comes back is logged', async () => {
  const logged = await open({ LOG_LEVEL: 'trace' });
  try {
    const lines = await linesOf(logged, await ask(logged.gateway, { stream: true, metadata: { city: 'Hue' } }));
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: 10,
        msg: 'a request goes upstream',
        url: `${logged.upstreams[0].url}/chat/completions`,
        body: expect.objectContaining({
          model: 'm',
          messages: [{ role: 'user', content: `[${question.length} characters]` }],
          metadata: '[1 fields]',
        }),
      }),
    );
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'the upstream answers', status: 200 }));
    await expect
      .poll(() => logged.lines().find(({ msg }) => msg === 'the answer of the upstream has ended'))
      .toMatchObject({ level: 10, bytes: expect.any(Number), body: { events: expect.any(Number) } });
  } finally {
    await logged.close();
  }
});
