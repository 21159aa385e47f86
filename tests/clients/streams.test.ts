import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { freePort } from '../support/listen-locally.ts';
import { bearer, type Gateway, startGateway } from '../support/start-gateway.ts';
import { startProxy } from '../support/start-proxy.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { gated, say } from '../support/upstream/scripts/answers.ts';
import { destroyAfter } from '../support/upstream/scripts/failures.ts';
import { asked, collect, connectClient, errorOf, textOf } from './support.ts';

let demo: Gateway;
let scripted: ScriptedGateway;
const opened: { close(): Promise<void> }[] = [];

const connect: typeof connectClient = (...given) => {
  const connected = connectClient(...given);
  opened.push(connected.client);
  return connected;
};

function only(sockets: readonly WebSocket[]): WebSocket {
  const [socket] = sockets;
  if (!socket || sockets.length !== 1) throw new Error(`There are ${sockets.length} sockets.`);
  return socket;
}

beforeAll(async () => {
  [demo, scripted] = await Promise.all([startGateway(), startScripted()]);
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((client) => client.close()));
});
afterAll(async () => {
  await demo.close();
  await scripted.close();
});

describe('streams of the embedded model', () => {
  it('arrive token by token', async () => {
    const { client, sockets } = connect(demo);
    const messages = [{ role: 'user' as const, content: 'Hello!' }];
    const chunks = await collect(client.streamChat({ model: 'llama-4-scout', messages, max_tokens: 24 }));
    expect(chunks.filter(({ choices }) => choices[0]?.delta.content).length).toBeGreaterThan(1);
    expect(textOf(chunks)).not.toBe('');
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toMatch(/stop|length/);
    expect(new Set(chunks.map(({ model }) => model))).toEqual(new Set(['llama-4-scout']));
    expect(sockets).toHaveLength(1);
  });

  it('continue a conversation that the first turn named', async () => {
    const { client, sockets } = connect(demo);
    const first = await collect(client.streamTurn({ model: 'llama-4-scout', message: 'My name is Ada.' }));
    const conversation_id = first[0]?.conversation_id ?? '';
    const second = await collect(
      client.streamTurn({ model: 'llama-4-scout', message: 'What is my name?', conversation_id }),
    );
    expect(new Set([...first, ...second].map((chunk) => chunk.conversation_id))).toEqual(new Set([conversation_id]));
    const { messages } = await client.conversations.get.query({ conversation_id });
    expect(messages.map(({ content }) => content)).toEqual([
      'My name is Ada.',
      textOf(first),
      'What is my name?',
      textOf(second),
    ]);
    expect(sockets).toHaveLength(1);
  });
});

describe('a stream', () => {
  it('is not sent before somebody reads it', async () => {
    const { client, sockets } = connect(scripted);
    const stream = client.streamChat(asked);
    await stream.return?.();
    expect(await stream.next()).toEqual({ value: undefined, done: true });
    expect(sockets).toHaveLength(0);
  });

  it('is a tracked subscription as well', async () => {
    const { client } = connect(scripted);
    scripted.upstream.reply(say('One two three'));
    const events = await collect(client.v1.chat.stream.subscribe(asked));
    expect(events.map(({ id }) => id)).toEqual(events.map((_, place) => String(place)));
    expect(textOf(events.map(({ data }) => data))).toBe('One two three');
  });

  it('shares its socket with others', async () => {
    const { client, sockets } = connect(scripted);
    const texts = await Promise.all(
      [1, 2, 3].map(async () => textOf(await collect(client.streamChat({ ...asked, stream: true })))),
    );
    expect(new Set(texts)).toEqual(new Set(['Hello from upstream.']));
    expect(sockets).toHaveLength(1);
  });

  it('stops the upstream when the loop is left', async () => {
    const { client } = connect(scripted);
    const { script, gate } = gated('One two three');
    scripted.upstream.reply(script);
    gate.release();
    for await (const chunk of client.streamChat(asked)) if (textOf([chunk])) break;
    await scripted.upstream.chats.at(-1)?.aborted;
  });

  it('stops the upstream when the signal aborts, before the first token', async () => {
    const { client } = connect(scripted);
    const { script, gate } = gated('One two three', { gateFrom: 'headers' });
    scripted.upstream.reply(script);
    const controller = new AbortController();
    const failed = errorOf(collect(client.streamChat(asked, { signal: controller.signal })));
    await gate.reached();
    controller.abort();
    expect(await failed).toMatchObject({ code: 'aborted', type: 'client_error' });
    await scripted.upstream.chats.at(-1)?.aborted;
  });

  it('is not sent when the signal has aborted already', async () => {
    const { client, sockets } = connect(scripted);
    const failed = errorOf(collect(client.streamChat(asked, { signal: AbortSignal.abort() })));
    expect(await failed).toMatchObject({ code: 'aborted' });
    expect(sockets).toHaveLength(0);
  });

  it('ends at once when it is returned while a chunk is awaited', async () => {
    const { client } = connect(scripted);
    const { script, gate } = gated('One');
    scripted.upstream.reply(script);
    const stream = client.streamChat(asked);
    const pending = collect(stream);
    await gate.reached();
    await stream.return?.();
    expect(textOf(await pending)).toBe('');
    await scripted.upstream.chats.at(-1)?.aborted;
  });

  it('keeps what was said of a turn that its reader left', async () => {
    const { client } = connect(scripted);
    const { script, gate } = gated('One two three');
    scripted.upstream.reply(script);
    gate.release(2);
    let conversation_id = '';
    for await (const chunk of client.streamTurn({ model: 'scripted', message: 'Count.' })) {
      conversation_id = chunk.conversation_id;
      if (textOf([chunk]) === ' two') break;
    }
    await expect
      .poll(async () => (await client.conversations.get.query({ conversation_id })).messages[1])
      .toMatchObject({ content: 'One two', status: 'cancelled' });
  });
});

describe('errors of streams', () => {
  it('are typed, and leave the connection as it is', async () => {
    const { client, sockets } = connect(scripted);
    expect(await errorOf(collect(client.streamChat({ ...asked, model: 'nobody' })))).toMatchObject({
      code: 'model_not_in_allowlist',
      type: 'invalid_request_error',
      param: 'model',
      status: 400,
    });
    expect(
      await errorOf(collect(client.streamTurn({ model: 'scripted', message: 'Hi', conversation_id: 'foreign' }))),
    ).toMatchObject({ code: 'conversation_not_found', param: 'conversation_id', status: 404 });
    expect(textOf(await collect(client.streamChat(asked)))).toBe('Hello from upstream.');
    expect(sockets).toHaveLength(1);
  });

  it('come after the chunks that came before them', async () => {
    const { client } = connect(scripted);
    scripted.upstream.reply(destroyAfter(2));
    let text = '';
    const reading = (async () => {
      for await (const chunk of client.streamChat(asked)) text += textOf([chunk]);
    })();
    expect(await errorOf(reading)).toMatchObject({ code: 'upstream_broken', status: 502 });
    expect(text).toBe('One two');
  });

  it('say once that the key is wrong, on a connection that stays', async () => {
    const { client, sockets } = connect(scripted, { apiKey: 'wrong' });
    const before = scripted.upstream.chats.length;
    expect(await errorOf(collect(client.streamChat(asked)))).toMatchObject({
      code: 'invalid_authorization',
      status: 401,
      param: 'Authorization',
    });
    const socket = only(sockets);
    expect(socket.readyState).toBe(socket.OPEN);
    expect(scripted.upstream.chats.length).toBe(before);
  });

  it('go away with a new key', async () => {
    let apiKey = 'expired';
    const { client, sockets } = connect(scripted, { apiKey: () => apiKey });
    expect(await errorOf(collect(client.streamChat(asked)))).toMatchObject({ code: 'invalid_authorization' });
    apiKey = bearer;
    expect(textOf(await collect(client.streamChat(asked)))).toBe('Hello from upstream.');
    expect(sockets).toHaveLength(2);
  });

  it('tell that the key function failed', async () => {
    const { client, sockets } = connect(scripted, {
      apiKey: () => {
        throw new Error('no key');
      },
    });
    expect(await errorOf(collect(client.streamChat(asked)))).toMatchObject({ code: 'key_unavailable' });
    expect(sockets).toHaveLength(0);
  });
});

describe('a lost connection', () => {
  it('does not repeat a request of which nothing was heard', async () => {
    const { client, sockets } = connect(scripted);
    const before = scripted.upstream.chats.length;
    const { script, gate } = gated('One', { gateFrom: 'headers' });
    scripted.upstream.reply(script);
    const failed = errorOf(collect(client.streamChat(asked)));
    await gate.reached();
    only(sockets).terminate();
    expect(await failed).toMatchObject({ code: 'connection_lost', type: 'client_error', status: 0 });
    await scripted.upstream.chats.at(-1)?.aborted;
    // Whatever would be sent again would have come before this.
    expect(textOf(await collect(client.streamChat(asked)))).toBe('Hello from upstream.');
    expect(scripted.upstream.chats.length - before).toBe(2);
    expect(sockets).toHaveLength(2);
  });

  it('fails every stream of the socket', async () => {
    const { client, sockets } = connect(scripted);
    const [one, two] = [gated('One', { gateFrom: 'headers' }), gated('Two', { gateFrom: 'headers' })];
    scripted.upstream.reply(one.script);
    const first = errorOf(collect(client.streamChat(asked)));
    await one.gate.reached();
    scripted.upstream.reply(two.script);
    const second = errorOf(collect(client.streamChat(asked)));
    await two.gate.reached();
    only(sockets).terminate();
    expect(await first).toMatchObject({ code: 'connection_lost' });
    expect(await second).toMatchObject({ code: 'connection_lost' });
  });

  it('is an error for plain subscriptions, too', async () => {
    const { client, sockets } = connect(scripted);
    const { script, gate } = gated('One', { gateFrom: 'headers' });
    scripted.upstream.reply(script);
    const failed = new Promise((resolve, reject) => {
      client.v1.chat.stream.subscribe(asked, { onError: resolve, onComplete: () => reject(new Error('completed')) });
    });
    await gate.reached();
    only(sockets).terminate();
    expect(await failed).toMatchObject({ code: 'connection_lost' });
  });

  it('is what streams end with when the client is closed', async () => {
    const { client, sockets } = connect(scripted);
    const { script, gate } = gated('One', { gateFrom: 'headers' });
    scripted.upstream.reply(script);
    const failed = errorOf(collect(client.streamChat(asked)));
    await gate.reached();
    const socket = only(sockets);
    const closed = once(socket, 'close');
    await client.close();
    expect(await failed).toMatchObject({ code: 'connection_lost', message: 'The client was closed.' });
    await closed;
    await scripted.upstream.chats.at(-1)?.aborted;
  });
});

describe('a gateway that shuts down', () => {
  it('fails the streams that are under way', async () => {
    const stopping = await startScripted();
    const { client } = connect(stopping);
    const { script, gate } = gated('One', { gateFrom: 'headers' });
    stopping.upstream.reply(script);
    const failed = errorOf(collect(client.streamChat(asked)));
    await gate.reached();
    await stopping.close();
    expect(await failed).toMatchObject({ code: 'connection_lost' });
  });
});

describe('a gateway that cannot be reached', () => {
  it('fails a stream after the time that it may wait, and a call at once', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const { client, sockets } = connect({ url }, { connectTimeoutMs: 400 });
    expect(await errorOf(collect(client.streamChat(asked)))).toMatchObject({ code: 'connection_failed', status: 0 });
    expect(sockets.length).toBeGreaterThan(1);
    expect(await errorOf(client.models.list.query())).toMatchObject({ code: 'connection_lost', status: 0 });
  });

  it('gets the stream when it is there in time', async () => {
    const proxy = await startProxy(scripted.url);
    proxy.connections = 'refuse';
    const { client } = connect(proxy);
    const before = scripted.upstream.chats.length;
    const reading = collect(client.streamChat(asked));
    await expect.poll(() => proxy.opened).toBeGreaterThan(0);
    proxy.connections = 'pass';
    expect(textOf(await reading)).toBe('Hello from upstream.');
    expect(scripted.upstream.chats.length - before).toBe(1);
    await client.close();
    await proxy.close();
  });
});
