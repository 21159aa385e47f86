import { once } from 'node:events';
import OpenAI from 'openai';
import { ResponsesWS } from 'openai/resources/responses/ws';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { faultsOf } from '../../support/openai-schema.ts';
import { type AccountsGateway, startAccounts } from '../../support/start-accounts.ts';
import { bearer } from '../../support/start-gateway.ts';
import { type ScriptedGateway, startScripted } from '../../support/start-scripted.ts';
import { callTools, gated, say } from '../../support/upstream/scripts/answers.ts';
import { refuse } from '../../support/upstream/scripts/refusals.ts';

let gateway: ScriptedGateway;
beforeAll(async () => {
  faultsOf('ResponseStreamEvent', {});
  gateway = await startScripted({ aliases: ['scripted', 'other'] });
});
afterAll(() => gateway.close());

const open: WebSocket[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.terminate();
});

interface Event {
  readonly type: string;
  readonly stream_id?: string;
  readonly sequence_number?: number;
  readonly status?: number;
  readonly delta?: string;
  readonly response?: { readonly id: string; readonly output: readonly object[]; readonly usage: object };
  readonly error?: { readonly code: string; readonly param: string | null; readonly message: string };
}

const ENDS = new Set(['response.completed', 'response.incomplete', 'response.failed', 'error']);

/** A websocket of `/v1/responses`, whose events are kept in their order. */
async function connect({ url }: { readonly url: string }, key = bearer) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/responses`, {
    headers: { authorization: `Bearer ${key}` },
  });
  open.push(socket);
  const events: Event[] = [];
  socket.on('message', (text) => events.push(JSON.parse(String(text))));
  await once(socket, 'open');
  let taken = 0;
  const ended = () => events.filter(({ type }) => ENDS.has(type));
  return {
    socket,
    events,
    ended,
    create: (fields: object) =>
      socket.send(JSON.stringify({ type: 'response.create', model: 'scripted', input: 'Hi', ...fields })),
    /** The last event of the next answer that ends. */
    async nextEnd(): Promise<Event> {
      const at = taken++;
      await expect.poll(() => ended().length).toBeGreaterThan(at);
      const event = ended()[at];
      if (!event) throw new Error('No answer has ended.');
      return event;
    },
  };
}

const textOf = (events: readonly Event[], lane?: string) =>
  events
    .filter((event) => event.type === 'response.output_text.delta' && event.stream_id === lane)
    .map(({ delta }) => delta)
    .join('');
const asked = () => gateway.upstream.chats.at(-1)?.json as { messages: { role: string; content: unknown }[] };
const idOf = ({ response }: Event) => response?.id ?? '';

describe('a response over the websocket', () => {
  test("has the events of OpenAI's stream, one after another in the same connection", async () => {
    const { create, nextEnd, events } = await connect(gateway);
    gateway.upstream.reply(say('Hello there.', { usage: { prompt: 9, completion: 3 } }));
    create({});
    expect(await nextEnd()).toMatchObject({ type: 'response.completed', response: { status: 'completed' } });
    expect(events.flatMap((event) => faultsOf('ResponseStreamEvent', event))).toEqual([]);
    expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, i) => i));
    expect(events.every(({ stream_id: lane }) => lane === undefined)).toBe(true);
    expect(textOf(events)).toBe('Hello there.');
    gateway.upstream.reply(say('Again.'));
    create({});
    await nextEnd();
    expect(textOf(events)).toBe('Hello there.Again.');
  });

  test('is that of the official SDK', async () => {
    gateway.upstream.reply(say('From the SDK.'));
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: bearer });
    const socket = new ResponsesWS(client);
    socket.send({ type: 'response.create', model: 'scripted', input: 'Hi', store: false });
    let text = '';
    for await (const event of socket.stream()) {
      if (event.type === 'error') throw event.error;
      if (event.type !== 'message') continue;
      if (event.message.type === 'response.output_text.delta') text += event.message.delta;
      if (event.message.type === 'response.completed') break;
    }
    socket.close();
    expect(text).toBe('From the SDK.');
  });

  test('is stored, can be read and be gone on from on another transport, and goes on when its client leaves', async () => {
    const { create, events, socket } = await connect(gateway);
    const { script, gate } = gated('One two three.');
    gateway.upstream.reply(script);
    create({});
    gate.release(1);
    await expect.poll(() => textOf(events)).toBe('One');
    const id = idOf(events[0] ?? { type: '' });
    socket.terminate();
    gate.open();
    const read = async () => (await gateway.call('GET', `/v1/responses/${id}`)).json();
    await expect.poll(async () => (await read()).status).toBe('completed');
    const [{ content }] = (await read()).output;
    expect(content).toMatchObject([{ text: 'One two three.' }]);
    gateway.upstream.reply(say('On.'));
    const next = await gateway.call('POST', '/v1/responses', {
      model: 'scripted',
      input: 'And?',
      previous_response_id: id,
    });
    expect(next.status).toBe(200);
    expect(asked().messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
  });
});

describe('a response that is not stored', () => {
  test('is remembered by its connection alone, with all that came before it', async () => {
    const one = await connect(gateway);
    gateway.upstream.reply(callTools([{ name: 'find', arguments: { what: 'x' }, id: 'call_1' }]));
    const tools = [{ type: 'function', name: 'find', parameters: { type: 'object', properties: {} } }];
    one.create({ store: false, tools });
    const first = await one.nextEnd();
    gateway.upstream.reply(say('Found.'));
    const output = { type: 'function_call_output', call_id: 'call_1', output: 'there' };
    one.create({ store: false, tools, previous_response_id: idOf(first), input: [output] });
    const second = await one.nextEnd();
    expect(second.type).toBe('response.completed');
    expect(asked().messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool']);
    gateway.upstream.reply(say('Bye.'));
    one.create({ store: false, tools, previous_response_id: idOf(second), input: 'Thanks' });
    await one.nextEnd();
    expect(asked().messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant', 'user']);

    const other = await connect(gateway);
    other.create({ store: false, previous_response_id: idOf(second), stream_id: 'a' });
    expect(await other.nextEnd()).toMatchObject({
      type: 'error',
      status: 400,
      stream_id: 'a',
      error: { code: 'previous_response_not_found', param: 'previous_response_id' },
    });
  });

  test('goes on from a stored one, and is forked to another stream', async () => {
    const { create, nextEnd } = await connect(gateway);
    gateway.upstream.reply(say('Stored.'));
    create({ input: 'Root' });
    const root = await nextEnd();
    gateway.upstream.reply(say('Kept here.'));
    create({ store: false, previous_response_id: idOf(root), input: 'Then', stream_id: 'a' });
    const then = await nextEnd();
    gateway.upstream.reply(say('Forked.'));
    create({ store: false, previous_response_id: idOf(then), input: 'Fork', stream_id: 'b' });
    expect(await nextEnd()).toMatchObject({ type: 'response.completed', stream_id: 'b' });
    expect(asked().messages.map(({ content }) => content)).toEqual(['Root', 'Stored.', 'Then', 'Kept here.', 'Fork']);
  });

  test('can be begun without an answer, and ends with its connection', async () => {
    const { create, nextEnd, socket, events } = await connect(gateway);
    const before = gateway.upstream.chats.length;
    create({ store: false, generate: false, input: 'Know this.' });
    const warm = await nextEnd();
    expect(warm).toMatchObject({ type: 'response.completed', response: { output: [], usage: { total_tokens: 0 } } });
    expect(gateway.upstream.chats.length).toBe(before);
    const { script, gate } = gated('I know. Much.');
    gateway.upstream.reply(script);
    create({ store: false, previous_response_id: idOf(warm), input: 'What?' });
    gate.release(1);
    await expect.poll(() => textOf(events)).toBe('I');
    expect(asked().messages.map(({ content }) => content)).toEqual(['Know this.', 'What?']);
    socket.terminate();
    await expect.poll(() => gateway.upstream.open).toBe(0);
  });
});

describe('several streams of one websocket', () => {
  test('are answered beside each other, and the requests of each in their order', async () => {
    const { create, events, nextEnd } = await connect(gateway);
    const slow = gated('Slow one.');
    gateway.upstream.reply(slow.script, say('Fast.'), say('After.'));
    create({ stream_id: 'slow' });
    await expect.poll(() => gateway.upstream.open).toBe(1);
    create({ stream_id: 'fast' });
    create({ stream_id: 'slow', input: 'Second' });
    expect(await nextEnd()).toMatchObject({ type: 'response.completed', stream_id: 'fast' });
    expect(textOf(events, 'slow')).toBe('');
    slow.gate.open();
    expect(await nextEnd()).toMatchObject({ type: 'response.completed', stream_id: 'slow' });
    expect(await nextEnd()).toMatchObject({ type: 'response.completed', stream_id: 'slow' });
    expect(textOf(events, 'slow')).toBe('Slow one.After.');
  });

  test('are at most 16 at once and 32 in all', async () => {
    const { create, nextEnd, ended } = await connect(gateway);
    const limit = { type: 'error', status: 429, error: { code: 'websocket_stream_limit_reached', param: 'stream_id' } };
    const held = Array.from({ length: 16 }, () => gated('Held.'));
    gateway.upstream.reply(...held.map(({ script }) => script));
    for (let i = 0; i < 17; i++) create({ stream_id: `s${i}` });
    expect(await nextEnd()).toMatchObject({ ...limit, stream_id: 's16' });
    for (const { gate } of held) gate.open();
    await expect.poll(() => ended().length).toBe(17);
    for (let i = 16; i < 32; i++) {
      create({ stream_id: `s${i}`, generate: false });
      await expect.poll(() => ended().length).toBe(i + 2);
    }
    create({ stream_id: 's32', generate: false });
    await expect.poll(() => ended().at(-1)).toMatchObject({ ...limit, stream_id: 's32' });
  });
});

describe('what is wrong', () => {
  test.each<[string, unknown, object]>([
    ['no JSON', '{', { code: 'invalid_json' }],
    ['another event', { type: 'response.steer' }, { param: 'type' }],
    ['no object', [1], {}],
    ['background', { type: 'response.create', model: 'scripted', background: true }, { param: 'background' }],
    ['a model that there is not', { type: 'response.create', model: 'none' }, { code: 'model_not_in_allowlist' }],
    ['no model', { type: 'response.create', input: 'Hi' }, { param: 'model' }],
    [
      'a wrong part',
      { type: 'response.create', model: 'scripted', input: [{ content: 7 }] },
      { param: 'input[0].content' },
    ],
  ])('%s is an error event, and the websocket stays', async (_, message, error) => {
    const { socket, nextEnd, create } = await connect(gateway);
    socket.send(typeof message === 'string' ? message : JSON.stringify(message));
    const event = await nextEnd();
    expect(event).toMatchObject({ type: 'error', error });
    expect(event.status).toBeGreaterThanOrEqual(400);
    gateway.upstream.reply(say('Still here.'));
    create({});
    expect(await nextEnd()).toMatchObject({ type: 'response.completed' });
  });

  test("a refusal of the upstream has its status and the gateway's code", async () => {
    const { create, nextEnd } = await connect(gateway);
    gateway.upstream.reply(refuse('bad-request'));
    create({});
    expect(await nextEnd()).toMatchObject({ type: 'error', status: 400 });
  });

  test.each([['Bearer sk-wrong'], [undefined]])('the handshake with %s is refused with 401', async (authorization) => {
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/v1/responses`, {
      headers: authorization === undefined ? {} : { authorization },
    });
    const [error] = await once(socket, 'error');
    expect(String(error)).toContain('401');
  });
});

describe('each request of a websocket', () => {
  let accounts: AccountsGateway;
  beforeAll(async () => {
    accounts = await startAccounts();
  });
  afterAll(() => accounts.close());

  test('is let in, billed and counted as a request of its own, until the key is revoked', async () => {
    const key = await accounts.createKey({ credit_usd: 1, models: ['dear'] });
    const { create, nextEnd } = await connect(accounts, key.key);
    for (let i = 0; i < 2; i++) {
      accounts.upstream.on('dear-model', say('Dear.', { usage: { prompt: 10, completion: 10 } }));
      create({ model: 'dear' });
      expect(await nextEnd()).toMatchObject({ type: 'response.completed' });
    }
    create({ model: 'cheap' });
    expect(await nextEnd()).toMatchObject({ type: 'error', status: 404, error: { code: 'model_not_found' } });
    await accounts.store.usage.flush();
    const { total } = await (await accounts.call('GET', `/api/usage?key_id=${key.id}`)).json();
    expect(total.requests).toBe(2);
    expect((await accounts.walletOf(key)).balance_usd).toBeLessThan(1);
    await accounts.call('DELETE', `/api/keys/${key.id}`);
    create({ model: 'dear' });
    expect(await nextEnd()).toMatchObject({ type: 'error', status: 401, error: { code: 'invalid_authorization' } });
  });
});
