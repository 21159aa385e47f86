import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { asked, textOf } from '../clients/support.ts';
import { connectTrpc } from '../support/connect-trpc.ts';
import { freePort } from '../support/listen-locally.ts';
import { type GatewayProcess, startProcess } from '../support/start-process.ts';
import { gated } from '../support/upstream/scripts/answers.ts';
import { type ScriptedUpstream, startUpstream } from '../support/upstream/start-upstream.ts';

let upstream: ScriptedUpstream;
let folder: string;
let port: number;
let server: GatewayProcess;
const start = () => startProcess(folder, { PORT: String(port) });

beforeAll(async () => {
  upstream = await startUpstream();
  folder = mkdtempSync(join(tmpdir(), 'duplex-restart-'));
  port = await freePort();
  writeFileSync(
    join(folder, 'models.yaml'),
    `providers: { up: { kind: openai-compatible, base_url: ${upstream.url} } }
models: [{ alias: scripted, backends: [{ provider: up, model: test-model }] }]\n`,
  );
});
afterEach(() => server.stop('SIGKILL'));
afterAll(async () => {
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

function connect() {
  const { client, close } = connectTrpc({ url: `http://127.0.0.1:${port}` }, { retryDelayMs: () => 100 });
  const read = async () => {
    const chunks = [];
    for await (const { data } of client.v1.chat.stream.subscribe(asked)) chunks.push(data);
    return textOf(chunks);
  };
  return { read, close };
}

test('a stop lets a stream of tRPC end, and the client finds the gateway again by itself', async () => {
  server = await start();
  const { read, close } = connect();
  const { script, gate } = gated('One two three', { gateFrom: 'headers' });
  upstream.reply(script);
  const reading = read();
  await gate.reached();
  const stopped = server.stop('SIGTERM');
  await expect
    .poll(() =>
      fetch(`${server.url}/healthz`).then(
        () => true,
        () => false,
      ),
    )
    .toBe(false);
  gate.open();
  expect(await reading).toBe('One two three');
  expect(await stopped).toBe(0);
  server = await start();
  expect(await read()).toBe('Hello from upstream.');
  await close();
});

test('a subscription of which nothing was heard is answered by the next process', async () => {
  server = await start();
  const { read, close } = connect();
  const { script, gate } = gated('Never heard', { gateFrom: 'headers' });
  upstream.reply(script);
  const reading = read();
  await gate.reached();
  await server.stop('SIGKILL');
  server = await start();
  expect(await reading).toBe('Hello from upstream.');
  await close();
});
