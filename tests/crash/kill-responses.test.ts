import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { faultsOf } from '../support/openai-schema.ts';
import { payloadsOf } from '../support/read-events.ts';
import { bearer } from '../support/start-gateway.ts';
import { type GatewayProcess, startProcess } from '../support/start-process.ts';
import { say } from '../support/upstream/scripts/answers.ts';
import { hangAfter } from '../support/upstream/scripts/failures.ts';
import { type ScriptedUpstream, startUpstream } from '../support/upstream/start-upstream.ts';

let upstream: ScriptedUpstream;
let folder: string;
beforeAll(async () => {
  upstream = await startUpstream();
  folder = mkdtempSync(join(tmpdir(), 'duplex-kill-'));
  writeFileSync(
    join(folder, 'models.yaml'),
    `providers: { up: { kind: openai-compatible, base_url: ${upstream.url} } }
models: [{ alias: chat, backends: [{ provider: up, model: test-model }] }]\n`,
  );
});
afterAll(async () => {
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

const start = () => startProcess(folder, { MODELS_FILE: join(folder, 'models.yaml') });
const call = (server: GatewayProcess, path: string, body?: object) =>
  fetch(`${server.url}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify({ model: 'chat', ...body }) } : {}),
  });
const json = async (server: GatewayProcess, path: string, body?: object) => (await call(server, path, body)).json();

test('responses and their conversations survive a kill; one that was being given says that it failed', async () => {
  const first = await start();
  upstream.reply(say('One.'), hangAfter());
  const whole = await json(first, '/v1/responses', { input: 'First', metadata: { topic: 'x' } });
  const cut = await json(first, '/v1/responses', {
    input: 'Second',
    previous_response_id: whole.id,
    background: true,
  });
  expect(cut.status).toBe('in_progress');
  await upstream.waitFor(({ chats }) => (chats.at(-1)?.written ?? 0) >= 2);
  await first.stop('SIGKILL');

  const second = await start();
  expect(await json(second, `/v1/responses/${whole.id}`)).toEqual(whole);
  const failed = await json(second, `/v1/responses/${cut.id}`);
  expect(failed).toMatchObject({ status: 'failed', background: true, error: { code: 'server_error' } });
  expect(faultsOf('Response', failed)).toEqual([]);
  const events = payloadsOf(await (await call(second, `/v1/responses/${cut.id}?stream=true`)).text());
  expect(JSON.parse(events.at(-1) ?? '')).toMatchObject({ type: 'response.failed', response: { id: cut.id } });
  expect((await json(second, `/v1/responses/${cut.id}/input_items`)).data).toHaveLength(1);

  upstream.reply(say('Three.'));
  const third = await json(second, '/v1/responses', { input: 'Third', previous_response_id: whole.id });
  expect(third.status).toBe('completed');
  const { messages } = JSON.parse(upstream.chats.at(-1)?.body.toString() ?? '{}');
  expect(messages.map(({ content }: { content: string }) => content)).toEqual(['First', 'One.', 'Third']);
  await second.stop('SIGTERM');
});

test('a stop ends what is given in the background, and says so afterwards', async () => {
  const first = await start();
  upstream.reply(hangAfter());
  const before = upstream.chats.length;
  const cut = await json(first, '/v1/responses', { input: 'Hi', background: true });
  await upstream.waitFor(({ chats }) => chats.length > before && (chats.at(-1)?.written ?? 0) >= 2);
  expect(await first.stop('SIGTERM')).toBe(0);
  const second = await start();
  expect((await json(second, `/v1/responses/${cut.id}`)).status).toMatch(/^(failed|cancelled)$/);
  await second.stop('SIGTERM');
});
