import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TurnChunk } from '../../clients/typescript/src/index.ts';
import { startGateway } from '../support/start-gateway.ts';
import { type CuttingProxy, startProxy } from '../support/start-proxy.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { gated, say } from '../support/upstream/scripts/answers.ts';
import { destroyAfter } from '../support/upstream/scripts/failures.ts';
import { collect, connectClient, errorOf, textOf } from './support.ts';

let gateway: ScriptedGateway;
let proxy: CuttingProxy;
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  gateway = await startScripted();
});
afterAll(() => gateway.close());
beforeEach(async () => {
  proxy = await startProxy(gateway.url);
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((client) => client.close()));
  await proxy.close();
});

const connect: typeof connectClient = (...given) => {
  const connected = connectClient(...given);
  opened.push(connected.client);
  return connected;
};

const count = { model: 'scripted', message: 'Count.' };
const asked = () => gateway.upstream.chats.length;

/** Reads until a text has come. */
async function readUntil(stream: AsyncIterator<TurnChunk>, text: string): Promise<TurnChunk[]> {
  const chunks: TurnChunk[] = [];
  while (textOf(chunks) !== text) {
    const { value, done } = await stream.next();
    if (done) throw new Error(`The stream ended with ${JSON.stringify(textOf(chunks))}.`);
    chunks.push(value);
  }
  return chunks;
}

async function readRest(stream: AsyncIterator<TurnChunk>): Promise<string> {
  const chunks: TurnChunk[] = [];
  for (let read = await stream.next(); !read.done; read = await stream.next()) chunks.push(read.value);
  return textOf(chunks);
}

describe.each(['websocket', 'sse'] as const)('a turn over %s', (transport) => {
  it('goes on after a cut connection, with no gap, no duplicate and one request to the model', async () => {
    const before = asked();
    const { client } = connect(proxy, { transport });
    const { script, gate } = gated('One two three four five six');
    gateway.upstream.reply(script);
    gate.release(1);
    const turn = client.streamTurn(count);
    await readUntil(turn, 'One');
    for (const word of [' two', ' three', ' four']) {
      proxy.cut();
      gate.release(1);
      await readUntil(turn, word);
    }
    proxy.cut();
    gate.open();
    expect(await readRest(turn)).toBe(' five six');
    expect(asked() - before).toBe(1);
  });

  it('gets the rest of an answer that was complete before the client was back', async () => {
    const { client } = connect(proxy, { transport });
    const { script, gate } = gated('One two three');
    gateway.upstream.reply(script);
    gate.release(1);
    const turn = client.streamTurn(count);
    const [{ conversation_id } = { conversation_id: '' }] = await readUntil(turn, 'One');
    proxy.connections = 'refuse';
    proxy.cut();
    gate.open();
    const direct = connect(gateway).client;
    await expect
      .poll(async () => (await direct.conversations.get.query({ conversation_id })).messages[1]?.status)
      .toBe('completed');
    proxy.connections = 'pass';
    expect(await readRest(turn)).toBe(' two three');
  });

  it('throws the error with which the run ends, once, after the chunks before it', async () => {
    const before = asked();
    const { client } = connect(proxy, { transport });
    gateway.upstream.reply(destroyAfter(2));
    const turn = client.streamTurn(count);
    await readUntil(turn, 'One two');
    expect(await errorOf(turn.next())).toMatchObject({ code: 'upstream_broken' });
    expect(await turn.next()).toEqual({ value: undefined, done: true });
    expect(asked() - before).toBe(1);
  });

  it('gives up after the time that it may try', async () => {
    const { client } = connect(proxy, { transport, resumeTimeoutMs: 300, connectTimeoutMs: 3_000 });
    const { script, gate } = gated('One two');
    gateway.upstream.reply(script);
    gate.release(1);
    const turn = client.streamTurn(count);
    await readUntil(turn, 'One');
    proxy.connections = 'refuse';
    proxy.cut();
    expect((await errorOf(turn.next())).code).toMatch(/^connection_(lost|failed)$/);
    gate.open();
  });

  it('is cancelled when the loop is left', async () => {
    const { client } = connect(proxy, { transport });
    const { script, gate } = gated('One two three');
    gateway.upstream.reply(script);
    gate.release(1);
    const turn = client.streamTurn(count);
    const [{ run_id } = { run_id: '' }] = await readUntil(turn, 'One');
    await turn.return?.();
    await gateway.upstream.chats.at(-1)?.aborted;
    await expect.poll(async () => (await client.c1.runs.get.query({ run_id })).status).toBe('cancelled');
  });

  it('is cancelled when it is left while the connection is lost', async () => {
    const { client } = connect(proxy, { transport });
    const { script, gate } = gated('One two three');
    gateway.upstream.reply(script);
    gate.release(1);
    const turn = client.streamTurn(count);
    await readUntil(turn, 'One');
    proxy.connections = 'refuse';
    proxy.cut();
    await turn.return?.();
    proxy.connections = 'pass';
    await gateway.upstream.chats.at(-1)?.aborted;
  });

  it('is cancelled when the signal aborts before the first chunk', async () => {
    const { client } = connect(proxy, { transport });
    const { script, gate } = gated('One two', { gateFrom: 'headers' });
    gateway.upstream.reply(script);
    const controller = new AbortController();
    const failed = errorOf(collect(client.streamTurn(count, { signal: controller.signal })));
    await gate.reached();
    controller.abort();
    expect(await failed).toMatchObject({ code: 'aborted' });
    // The headers, and the first token.
    gate.release(2);
    await gateway.upstream.chats.at(-1)?.aborted;
  });

  it('asks the model once when the connection is lost before its run is known', async () => {
    const before = asked();
    const { client } = connect(proxy, { transport });
    const { script, gate } = gated('One two', { gateFrom: 'headers' });
    gateway.upstream.reply(script);
    const reading = collect(client.streamTurn(count));
    await gate.reached();
    proxy.cut();
    gate.open();
    expect(textOf(await reading)).toBe('One two');
    expect(asked() - before).toBe(1);
  });

  it('is cancelled when it is left while the connection is lost and its run is not known', async () => {
    const { client } = connect(proxy, { transport });
    const { script, gate } = gated('One two', { gateFrom: 'headers' });
    gateway.upstream.reply(script);
    const controller = new AbortController();
    const failed = errorOf(collect(client.streamTurn(count, { signal: controller.signal })));
    await gate.reached();
    proxy.connections = 'refuse';
    proxy.cut();
    controller.abort();
    expect(await failed).toMatchObject({ code: 'aborted' });
    proxy.connections = 'pass';
    gate.release(2);
    await gateway.upstream.chats.at(-1)?.aborted;
  });
});

describe('a turn over a websocket', () => {
  it('is cancelled before its first token when the signal aborts, without waiting for the upstream', async () => {
    const { client } = connect(proxy);
    const { script, gate } = gated('One two', { gateFrom: 'headers' });
    gateway.upstream.reply(script);
    const controller = new AbortController();
    const failed = errorOf(collect(client.streamTurn(count, { signal: controller.signal })));
    await gate.reached();
    controller.abort();
    expect(await failed).toMatchObject({ code: 'aborted' });
    await gateway.upstream.chats.at(-1)?.aborted;
  });

  it('ends with the client, and its run goes on', async () => {
    const { client } = connect(proxy);
    const { script, gate } = gated('One two');
    gateway.upstream.reply(script);
    gate.release(1);
    const turn = client.streamTurn(count);
    const [{ run_id } = { run_id: '' }] = await readUntil(turn, 'One');
    const failed = errorOf(turn.next());
    await client.close();
    expect(await failed).toMatchObject({ code: 'connection_lost', message: 'The client was closed.' });
    gate.open();
    expect(textOf(await collect(client.watch(run_id)))).toBe('One two');
  });
});

describe('a watcher', () => {
  it('sees a run from its start, or after a number, over either transport, and stops nothing when it leaves', async () => {
    const before = asked();
    const { client } = connect(proxy);
    const { client: other } = connect(proxy, { transport: 'sse' });
    const { script, gate } = gated('One two three');
    gateway.upstream.reply(script);
    gate.release(2);
    const turn = client.streamTurn(count);
    const chunks = await readUntil(turn, 'One two');
    const run_id = chunks[0]?.run_id ?? '';
    const leaving = other.watch(run_id);
    await readUntil(leaving, 'One two');
    await leaving.return?.();
    const after = chunks.length - 2;
    const late = [client.watch(run_id), other.watch(run_id, { after })];
    for (const watcher of late) await watcher.next();
    proxy.cut();
    gate.open();
    expect(await readRest(turn)).toBe(' three');
    expect(await Promise.all(late.map(readRest))).toEqual(['One two three', ' three']);
    expect(textOf(await collect(client.watch(run_id, { after })))).toBe(' two three');
    expect(asked() - before).toBe(1);
  });

  it('gets a typed error for a run that is not there', async () => {
    const { client } = connect(proxy);
    expect(await errorOf(collect(client.watch('run_none')))).toMatchObject({ code: 'run_not_found', status: 404 });
  });
});

describe('a conversation', () => {
  it('is stopped, answered once more and edited', async () => {
    const { client } = connect(proxy);
    const { script, gate } = gated('One two');
    gateway.upstream.reply(script);
    gate.release(1);
    const turn = client.streamTurn(count);
    const [{ run_id, conversation_id } = { run_id: '', conversation_id: '' }] = await readUntil(turn, 'One');
    expect(await client.cancel(run_id)).toMatchObject({ id: run_id, status: 'cancelled' });
    expect(await errorOf(turn.next())).toMatchObject({ code: 'run_cancelled' });
    const [question, answer] = (await client.conversations.get.query({ conversation_id })).messages;
    const asks = { model: 'scripted', conversation_id };

    gateway.upstream.reply(say('Three'));
    expect(textOf(await collect(client.regenerate(answer?.id ?? '', asks)))).toBe('Three');
    gateway.upstream.reply(say('Four'));
    const edited = client.edit(question?.id ?? '', { ...asks, message: 'Count on.' });
    expect(textOf(await collect(edited))).toBe('Four');

    const { messages } = await client.conversations.get.query({ conversation_id });
    expect(messages.map(({ content }) => content)).toEqual(['Count on.', 'Four']);
    expect(messages[0]?.siblings?.ids).toHaveLength(2);
    const tree = await client.conversations.get.query({ conversation_id, view: 'tree' });
    expect(tree.messages.map(({ content }) => content)).toEqual(['Count.', 'One', 'Three', 'Count on.', 'Four']);
  });
});

describe('where websockets do not get through', () => {
  it.each(['refuse', 'hang'] as const)('streams travel over SSE (the proxy: %s)', async (way) => {
    proxy.websockets = way;
    const { client } = connect(proxy, { connectTimeoutMs: 60_000 });
    gateway.upstream.reply(say('One two three'));
    const chunks = await collect(client.streamTurn(count));
    expect(textOf(chunks)).toBe('One two three');
    const [{ run_id, conversation_id, gateway: note } = { run_id: '', conversation_id: '' }] = chunks;
    expect(await client.c1.runs.get.query({ run_id })).toMatchObject({ conversation_id, status: 'completed' });
    expect(note).toMatchObject({ backend: 'up/test-model', attempts: 1 });
    const messages = [{ role: 'user' as const, content: 'Hi' }];
    expect(textOf(await collect(client.streamChat({ model: 'scripted', messages })))).toBe('Hello from upstream.');
    expect(await errorOf(collect(client.streamTurn({ ...count, model: 'nobody' })))).toMatchObject({
      code: 'model_not_in_allowlist',
      type: 'invalid_request_error',
      param: 'model',
      status: 400,
    });
  });

  it('a turn goes on over the transport that gets through', async () => {
    const { client } = connect(proxy, { connectTimeoutMs: 60_000 });
    const { script, gate } = gated('One two three');
    gateway.upstream.reply(script);
    gate.release(1);
    const turn = client.streamTurn(count);
    await readUntil(turn, 'One');
    proxy.websockets = 'refuse';
    proxy.cut();
    gate.open();
    expect(await readRest(turn)).toBe(' two three');
  });

  it.runIf(globalThis.WebSocket === undefined)('they are not missed where there is no class for them', async () => {
    const { createGateway } = await import('../../clients/typescript/src/index.ts');
    const { bearer } = await import('../support/start-gateway.ts');
    const client = createGateway({ baseUrl: gateway.url, apiKey: bearer });
    expect(textOf(await collect(client.streamTurn(count)))).toBe('Hello from upstream.');
    const messages = [{ role: 'user' as const, content: 'Hi' }];
    const error = await errorOf(collect(client.streamMessage({ model: 'scripted', messages, max_tokens: 5 })));
    expect(error.code).toBe('connection_failed');
    expect(error.message).toContain('`ws`');
  });
});

describe('below a path prefix', () => {
  it('streams travel over SSE, too', async () => {
    const prefixed = await startGateway({ env: { BASE_PATH: '/llm' } });
    const { client } = connect({ url: `${prefixed.url}/llm/` }, { transport: 'sse' });
    const chunks = await collect(client.streamTurn({ model: 'llama-4-scout', message: 'Hi', max_tokens: 5 }));
    expect(textOf(chunks)).not.toBe('');
    expect(chunks[0]?.run_id).toMatch(/^run_/);
    await prefixed.close();
  });
});
