import { createTRPCClient, httpBatchLink } from '@trpc/client';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { AppRouter } from '../../server/rpc/router.ts';
import { frameOf, OPCODE, openRawWebsocket, type RawWebsocket } from '../support/raw-websocket.ts';
import { bearer, type Gateway, startGateway } from '../support/start-gateway.ts';
import { htmlError } from '../support/upstream/scripts/refusals.ts';
import { type ScriptedUpstream, startUpstream } from '../support/upstream/start-upstream.ts';

const secret = 'the-words-of-a-private-message';
const upstreamKey = 'sk-upstream-secret-5f3c9a0e7b1d4c62';

let first: ScriptedUpstream;
let second: ScriptedUpstream;
let gateway: Gateway;
let text = '';

/** The lines so far that tell of a request. */
const lines = (): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
    .filter(({ msg }) => msg === 'request');

/** The line of one request, when it is there. */
const lineOf = (response: Response) =>
  expect.poll(() => lines().find(({ reqId }) => reqId === response.headers.get('x-request-id')));

beforeAll(async () => {
  [first, second] = await Promise.all([startUpstream({ apiKey: upstreamKey }), startUpstream({ apiKey: upstreamKey })]);
  gateway = await startGateway({
    models: `providers:
  gpu1: { kind: openai-compatible, base_url: "${first.url}", api_key_env: UPSTREAM_KEY }
  cloud: { kind: openai-compatible, base_url: "${second.url}", api_key_env: UPSTREAM_KEY }
model_map: { "gpt-*": chain }
models:
  - alias: chain
    price: { input: 10, output: 30 }
    backends: [{ provider: gpu1, model: m }, { provider: cloud, model: m }]
`,
    env: { UPSTREAM_KEY: upstreamKey, LOG_LEVEL: 'info' },
    log: (line) => {
      text += line;
    },
  });
});
beforeEach(() => {
  text = '';
});
afterAll(async () => {
  await gateway.close();
  await Promise.all([first.close(), second.close()]);
});

const ask = (fields: object = {}) =>
  gateway.call('POST', '/v1/chat/completions', {
    model: 'chain',
    messages: [{ role: 'user', content: secret }],
    ...fields,
  });

test('a request that went well is one line at info, with what it used and took', async () => {
  const response = await ask();
  expect(response.status).toBe(200);
  await lineOf(response).toMatchObject({
    level: 30,
    op: 'v1.chat',
    model: 'chain',
    backend: 'gpu1/m',
    attempts: 1,
    status: 200,
    promptTokens: expect.any(Number),
    completionTokens: expect.any(Number),
    costUsd: expect.any(Number),
    ms: expect.any(Number),
    firstTokenMs: expect.any(Number),
  });
  expect(lines()).toHaveLength(1);
});

test('the line of a key names it by its id and name', async () => {
  const created = await (await gateway.call('POST', '/api/keys', { name: 'Ann’s phone' })).json();
  const credit = { amount_usd: 1, reason: 'test' };
  expect((await gateway.call('POST', `/api/wallets/${created.owner}/entries`, credit)).status).toBe(200);
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${created.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'chain', messages: [{ role: 'user', content: 'Hi' }] }),
  });
  expect(response.status).toBe(200);
  await response.text();
  await lineOf(response).toMatchObject({ status: 200, key: created.id, keyName: 'Ann’s phone' });
});

test('a chain that fails over is one warning, with every attempt in it', async () => {
  first.reply(htmlError(502));
  const response = await ask();
  expect(response.status).toBe(200);
  await lineOf(response).toMatchObject({
    level: 40,
    status: 200,
    backend: 'cloud/m',
    attempts: 2,
    chain: [
      { backend: 'gpu1/m', code: 'upstream_broken', message: expect.any(String), ms: expect.any(Number) },
      { backend: 'cloud/m', code: 'ok' },
    ],
  });
  expect(text.trim().split('\n')).toHaveLength(1);
});

test('a chain that fails as a whole is one warning, without a stack', async () => {
  first.reply(htmlError(502));
  second.reply(htmlError(503));
  const response = await ask();
  expect(response.status).toBeGreaterThanOrEqual(502);
  await lineOf(response).toMatchObject({ level: 40, status: response.status, attempts: 2 });
  expect(text.trim().split('\n')).toHaveLength(1);
  expect(text).not.toContain('    at ');
});

test("a client's mistake is a line with its code and the field at fault", async () => {
  const response = await ask({ temperature: 'hot' });
  expect(response.status).toBe(400);
  const { error } = await response.json();
  await lineOf(response).toMatchObject({
    level: 30,
    op: 'POST /v1/chat/completions',
    status: 400,
    code: error.code,
    param: error.param,
  });
});

test('who shows no key, and what is served nowhere, has a line too', async () => {
  const stranger = await fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', body: '{}' });
  await lineOf(stranger).toMatchObject({ status: 401, code: 'missing_authorization' });
  const nowhere = await gateway.call('GET', `/nowhere/${secret}`);
  await lineOf(nowhere).toMatchObject({ status: 404, code: 'route_not_found', op: 'GET unknown' });
});

test('the calls of tRPC have lines of their own', async () => {
  const client = createTRPCClient<AppRouter>({
    links: [httpBatchLink({ url: `${gateway.url}/trpc`, headers: { authorization: `Bearer ${bearer}` } })],
  });
  await Promise.all([
    client.v1.chat.create.mutate({ model: 'chain', messages: [{ role: 'user', content: 'Hi' }] }),
    client.v1.chat.create.mutate({ model: 'nobody', messages: [{ role: 'user', content: 'Hi' }] }).catch(() => {}),
  ]);
  await expect
    .poll(() =>
      lines()
        .map(({ op, status }) => `${op} ${status}`)
        .toSorted(),
    )
    .toEqual(['v1.chat 200', 'v1.chat.create 400']);
});

test('calls of tRPC that are refused have lines, over HTTP and over a websocket, and none quotes the client', async () => {
  const post = (procedure: string, apiKey: string) =>
    fetch(`${gateway.url}/trpc/${procedure}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: '{}',
    });
  await lineOf(await post('v1.chat.create', 'a-wrong-key')).toMatchObject({
    status: 401,
    code: 'invalid_authorization',
  });
  await lineOf(await post(secret, bearer)).toMatchObject({
    op: 'unknown procedure',
    status: 404,
    code: 'route_not_found',
  });
  await lineOf(await post('v1.chat.stream', bearer)).toMatchObject({ op: 'v1.chat.stream', status: 405 });
  expect(lines()).toHaveLength(3);

  text = '';
  const known = await openRawWebsocket(gateway, { authorization: `Bearer ${bearer}` });
  const stranger = await openRawWebsocket(gateway, { authorization: 'Bearer a-wrong-key' });
  let id = 0;
  const subscribe = async (socket: RawWebsocket, path: string, model: unknown) => {
    const input = { model, messages: [{ role: 'user', content: 'Hi' }] };
    const call = { id: ++id, method: 'subscription', params: { path, input } };
    socket.socket.write(frameOf(OPCODE.text, JSON.stringify(call)));
    for (let answer: unknown = {}; !JSON.stringify(answer).includes('"error"'); ) answer = await socket.nextJson();
  };
  await subscribe(known, 'v1.chat.stream', 'nobody');
  await subscribe(known, 'v1.chat.stream', 3);
  await subscribe(known, 'c1.chat.stream', 'nobody');
  await subscribe(known, secret, 'chain');
  await subscribe(stranger, 'v1.chat.stream', 'chain');
  known.socket.destroy();
  stranger.socket.destroy();
  expect(lines().map(({ op, status, code }) => `${op} ${status} ${code}`)).toEqual([
    'v1.chat.stream 400 model_not_in_allowlist',
    'v1.chat.stream 400 invalid_field',
    'c1.chat.stream 400 model_not_in_allowlist',
    'unknown procedure 404 route_not_found',
    'v1.chat.stream 401 invalid_authorization',
  ]);
  expect(text).not.toContain(secret);
});

test('a name that is mapped stands beside its alias, in the line and in the usage row', async () => {
  const response = await ask({ model: 'gpt-made-up-17' });
  await lineOf(response).toMatchObject({ model: 'chain', askedModel: 'gpt-made-up-17' });
  const { items } = await (await gateway.call('GET', '/api/usage/requests?limit=1')).json();
  expect(items[0]).toMatchObject({
    model: 'chain',
    asked_model: 'gpt-made-up-17',
    attempts: [{ backend: 'gpu1/m', outcome: 'ok' }],
  });
});
