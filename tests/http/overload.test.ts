import { afterEach, expect, test } from 'vitest';
import { LoadGuard } from '../../server/features/metering/load-guard.ts';
import { connectTrpc } from '../support/connect-trpc.ts';
import { createKey } from '../support/create-key.ts';
import { errorOf } from '../support/error-of.ts';
import { readerOf } from '../support/read-events.ts';
import { bearer, type Gateway, startGateway } from '../support/start-gateway.ts';
import { createGate } from '../support/upstream/gate.ts';
import { say } from '../support/upstream/scripts/answers.ts';
import { type ScriptedUpstream, startUpstream } from '../support/upstream/start-upstream.ts';

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function start(env: Record<string, string>): Promise<{ gateway: Gateway; upstream: ScriptedUpstream }> {
  const upstream = await startUpstream();
  ends.push(() => upstream.close());
  const models = `providers: { up: { kind: openai-compatible, base_url: "${upstream.url}" } }
models:
  - { alias: a, backends: [{ provider: up, model: m }] }
  - { alias: e, endpoints: [embeddings], backends: [{ provider: up, model: m }] }
`;
  const gateway = await startGateway({ models, env });
  ends.push(() => gateway.close());
  return { gateway, upstream };
}

const messages = [{ role: 'user', content: 'Hi' }];

const surfaces: Record<string, object> = {
  '/v1/chat/completions': { model: 'a', messages },
  '/v1/completions': { model: 'a', prompt: 'Hi' },
  '/v1/messages': { model: 'a', messages, max_tokens: 10 },
  '/v1/responses': { model: 'a', input: 'Hi' },
  '/v1/embeddings': { model: 'e', input: 'Hi' },
  '/c1/chat': { model: 'a', message: 'Hi' },
};

const tellsToWait = async (response: Response) => {
  expect(response.status).toBe(503);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await response.text()).toMatch(/overloaded/);
};

/** A stream that is under way until its gate opens. */
async function hold({ gateway, upstream }: Awaited<ReturnType<typeof start>>) {
  const gate = createGate();
  gate.release();
  upstream.reply(say('one two', { gate }));
  const stream = readerOf(
    await gateway.call('POST', '/v1/chat/completions', { ...surfaces['/v1/chat/completions'], stream: true }),
  );
  await stream.until('one');
  return {
    async end() {
      gate.open();
      return stream.until('[DONE]');
    },
  };
}

test('with as many requests under way as there may be, every surface refuses the next, and takes it afterwards', async () => {
  const started = await start({ MAX_OPEN_REQUESTS: '1' });
  const { gateway } = started;
  const held = await hold(started);
  for (const [path, body] of Object.entries(surfaces)) await tellsToWait(await gateway.call('POST', path, body));
  await tellsToWait(
    await gateway.call('POST', '/v1/chat/completions', { ...surfaces['/v1/chat/completions'], stream: true }),
  );
  expect(await held.end()).toContain('two');
  for (const [path, body] of Object.entries(surfaces)) {
    await expect.poll(async () => (await gateway.call('POST', path, body)).status).toBe(200);
  }
});

test('of requests that come together, no more are taken than there may be, and a refused one keeps no place', async () => {
  const { gateway, upstream } = await start({ MAX_OPEN_REQUESTS: '3' });
  const { key } = await createKey(gateway, { requests_per_minute: 1 });
  const ask = (authorization: string) =>
    gateway.call(
      'POST',
      '/v1/chat/completions',
      { ...surfaces['/v1/chat/completions'], stream: true },
      { authorization },
    );
  await (await ask(`Bearer ${key}`)).text();
  for (let i = 0; i < 5; i++) expect((await ask(`Bearer ${key}`)).status).toBe(429);
  const before = upstream.chats.length;
  // The calls of a batch begin in the same turn of the event loop.
  const calls = Array.from({ length: 12 }, () => surfaces['/v1/chat/completions']);
  const path = `/trpc/${calls.map(() => 'v1.chat.create').join(',')}?batch=1`;
  const answers: readonly object[] = await (await gateway.call('POST', path, { ...calls })).json();
  expect(answers.filter((answer) => 'result' in answer)).toHaveLength(3);
  expect(answers.filter((answer) => JSON.stringify(answer).includes('MAX_OPEN_REQUESTS'))).toHaveLength(9);
  expect(upstream.chats.length - before).toBe(3);
});

test('a call over a websocket is refused in the same way', async () => {
  const started = await start({ MAX_OPEN_REQUESTS: '1' });
  const held = await hold(started);
  const { client, close } = connectTrpc(started.gateway);
  ends.push(close);
  const asked = { model: 'a', messages: [{ role: 'user' as const, content: 'Hi' }] };
  await expect(client.v1.chat.create.mutate(asked)).rejects.toMatchObject({
    data: { httpStatus: 503, error: { code: 'overloaded' }, retryAfter: expect.any(Number) },
  });
  await held.end();
  await expect
    .poll(() =>
      client.v1.chat.create.mutate(asked).then(
        () => 'answered',
        () => 'refused',
      ),
    )
    .toBe('answered');
});

test('a turn that was refused leaves its conversation as it was, and can be sent again', async () => {
  const started = await start({ MAX_OPEN_REQUESTS: '1' });
  const { gateway } = started;
  const first: { conversation_id: string } = await (
    await gateway.call('POST', '/c1/chat', surfaces['/c1/chat'])
  ).json();
  const turn = { ...surfaces['/c1/chat'], conversation_id: first.conversation_id };
  await expect.poll(async () => (await gateway.call('POST', '/c1/chat', turn)).status).toBe(200);
  const held = await hold(started);
  await tellsToWait(await gateway.call('POST', '/c1/chat', turn));
  await held.end();
  await expect.poll(async () => (await gateway.call('POST', '/c1/chat', turn)).status).toBe(200);
});

test('without memory nothing is taken, and health, readiness, metrics, lists and administration go on', async () => {
  const { gateway } = await start({ MAX_MEMORY_MB: '1' });
  const chat = () => gateway.call('POST', '/v1/chat/completions', surfaces['/v1/chat/completions']);
  await expect.poll(async () => (await chat()).status).toBe(503);
  expect(await errorOf(await chat())).toMatchObject({
    code: 'overloaded',
    message: expect.stringContaining('MAX_MEMORY_MB'),
  });
  for (const path of ['/healthz', '/readyz', '/metrics', '/v1/models', '/v1/info', '/c1/conversations', '/api/usage']) {
    expect([path, (await gateway.call('GET', path)).status]).toEqual([path, 200]);
  }
  expect((await gateway.call('POST', '/api/keys', { name: 'x' })).status).toBe(200);
});

test('a body is not read while requests are refused: the answer comes before its end', async () => {
  const { gateway } = await start({ MAX_MEMORY_MB: '1' });
  const chat = () => gateway.call('POST', '/v1/chat/completions', surfaces['/v1/chat/completions']);
  await expect.poll(async () => (await chat()).status).toBe(503);
  const body = new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode('{"model":')) });
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body,
    duplex: 'half',
  } as RequestInit);
  expect(response.status).toBe(503);
});

const idle = { lagMs: 0, memoryBytes: 100, heapShare: 0.1 };

test('a lag counts when it lasts, and is over with the first look that is in time', () => {
  const told: (string | null)[] = [];
  const guard = new LoadGuard({ openRequests: 0, lagMs: 100, memoryBytes: 0 }, (reason) => told.push(reason));
  guard.look({ ...idle, lagMs: 5_000 });
  expect(() => guard.ensureTaking()).not.toThrow();
  guard.look({ ...idle, lagMs: 101 });
  guard.look({ ...idle, lagMs: 400 });
  expect(() => guard.ensureTaking()).toThrow(/SHED_LAG_MS/);
  guard.look(idle);
  expect(() => guard.ensureTaking()).not.toThrow();
  expect(told).toEqual([expect.stringContaining('late'), null]);
});

test('a heap that is nearly full counts whatever the settings say', () => {
  const guard = new LoadGuard({ openRequests: 0, lagMs: 0, memoryBytes: 0 }, () => undefined);
  guard.look({ lagMs: 60_000, memoryBytes: 2 ** 40, heapShare: 0.89 });
  expect(() => guard.ensureTaking()).not.toThrow();
  guard.look({ ...idle, heapShare: 0.91 });
  expect(() => guard.ensureTaking()).toThrow(/heap/);
});
