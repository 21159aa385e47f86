import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type Dialled, dial } from '../../support/dial.ts';
import { bearer } from '../../support/start-gateway.ts';
import { type ScriptedGateway, startScripted } from '../../support/start-scripted.ts';
import { gated } from '../../support/upstream/scripts/answers.ts';

let scripted: ScriptedGateway;
const dialled: Dialled[] = [];
beforeAll(async () => {
  scripted = await startScripted();
});
afterEach(() => {
  for (const { socket } of dialled.splice(0)) socket.terminate();
});
afterAll(() => scripted.close());

const authorization = `Bearer ${bearer}`;
const asked = { model: 'scripted', messages: [{ role: 'user', content: 'Say something.' }] };
const subscribe = (id: number | string, more: object = {}) => ({
  id,
  method: 'subscription',
  params: { path: 'v1.chat.stream', input: asked },
  ...more,
});
const query = (id: unknown, path = 'system.health') => ({ id, method: 'query', params: { path } });

async function connect(headers: Record<string, string> = { authorization }, query = '') {
  const one = await dial(scripted, { headers, query });
  dialled.push(one);
  return one;
}

it.each([
  ['no JSON', '{', null, 'invalid_json', null, 'PING and PONG'],
  ['a ping in small letters', 'ping', null, 'invalid_json', null, 'PING and PONG'],
  ['JSON that is no object', '"PING"', null, 'invalid_message', null, 'JSON object'],
  ['a list within a list', '[[]]', null, 'invalid_message', null, 'JSON object'],
  ['null', 'null', null, 'invalid_message', null, 'JSON object'],
  ['a call without an id', JSON.stringify({ ...query(1), id: undefined }), null, 'invalid_message', 'id', 'number'],
  ['an id that is an object', JSON.stringify(query({})), null, 'invalid_message', 'id', 'number'],
  ['a long id', JSON.stringify(query('x'.repeat(129))), null, 'invalid_message', 'id', '128 characters'],
  ['no method', JSON.stringify({ id: 1 }), 1, 'invalid_message', 'method', 'subscription'],
  ['an unknown method', JSON.stringify({ ...query(1), method: 'get' }), 1, 'invalid_message', 'method', 'subscription'],
  ['no parameters', JSON.stringify({ id: 1, method: 'query' }), 1, 'invalid_message', 'params', 'path'],
  [
    'a path that is a number',
    JSON.stringify({ id: 1, method: 'query', params: { path: 1 } }),
    1,
    'invalid_message',
    'params.path',
    'procedure',
  ],
  [
    'a procedure that is none',
    JSON.stringify(query(1, 'v1.chat.nothing')),
    1,
    'route_not_found',
    'params.path',
    '"v1.chat.nothing"',
  ],
  [
    'a name of every object',
    JSON.stringify(query(1, 'constructor')),
    1,
    'route_not_found',
    'params.path',
    '"constructor"',
  ],
  [
    'a subscription that is queried',
    JSON.stringify(query(1, 'v1.chat.stream')),
    1,
    'method_not_allowed',
    'method',
    'is a subscription',
  ],
  [
    'a query that is subscribed to',
    JSON.stringify({ ...query(1), method: 'subscription' }),
    1,
    'method_not_allowed',
    'method',
    'is a query',
  ],
  [
    'parameters of the connection that come late',
    JSON.stringify({ method: 'connectionParams', data: null }),
    null,
    'invalid_message',
    null,
    'first message',
  ],
])('says what is wrong with %s', async (_, text, id, code, param, words) => {
  const { socket, say, next } = await connect();
  say(query(99));
  await next();
  socket.send(text);
  const { id: told, error } = await next();
  expect([told, error?.data.error.code, error?.data.error.param]).toEqual([id, code, param]);
  expect(error?.message).toContain(words);
  say(query(2));
  expect(await next()).toMatchObject({ id: 2, result: { type: 'data' } });
});

it('says so when an id is used twice, and the first call goes on', async () => {
  const { script, gate } = gated('One', { gateFrom: 'headers' });
  scripted.upstream.reply(script);
  const { say, next } = await connect();
  say(subscribe(1));
  expect(await next()).toMatchObject({ id: 1, result: { type: 'started' } });
  await gate.reached();
  say(subscribe(1));
  const { id, error } = await next();
  expect([id, error?.data.error.code, error?.data.error.param]).toEqual([1, 'invalid_message', 'id']);
  gate.open();
  expect(await next()).toMatchObject({ id: 1, result: { type: 'data' } });
});

it('lets an id be used again as soon as its call has ended', async () => {
  const { say, next } = await connect();
  for (let i = 0; i < 3; i++) {
    say(query(1));
    expect(await next()).toMatchObject({ id: 1, result: { type: 'data' } });
  }
  say(subscribe(1));
  for (let type = ''; type !== 'stopped'; ) type = String((await next()).result?.type);
  say(subscribe(1));
  expect(await next()).toMatchObject({ id: 1, result: { type: 'started' } });
});

it('answers a subscription that comes before the promised parameters, and takes these then', async () => {
  const { say, next } = await connect({}, '?connectionParams=1');
  say(subscribe(1));
  const { id, error } = await next();
  expect([id, error?.data.error.code]).toEqual([1, 'invalid_message']);
  expect(error?.message).toContain('connectionParams=1');
  say({ method: 'connectionParams', data: { apiKey: bearer } });
  say(subscribe(2));
  expect(await next()).toMatchObject({ id: 2, result: { type: 'started' } });
});

it('takes the parameters of the connection as the first message also when the address does not promise them', async () => {
  const { say, next } = await connect({});
  say({ method: 'connectionParams', data: { apiKey: bearer } });
  say(query(1, 'models.list'));
  expect(await next()).toMatchObject({ id: 1, result: { type: 'data' } });
});

it.each([
  ['no JSON', 'not json'],
  ['a key that is no text', JSON.stringify({ method: 'connectionParams', data: { apiKey: 1 } })],
  ['data that is a list', JSON.stringify({ method: 'connectionParams', data: [] })],
])('closes the connection of whoever sends %s in place of the promised parameters', async (_, text) => {
  const { socket, next, closed } = await connect({}, '?connectionParams=1');
  socket.send(text);
  const { id, error } = await next();
  expect(id).toBeNull();
  const { code, reason } = await closed;
  expect(code).toBe(1008);
  expect(reason).toContain(`${error?.data.error.code}: `);
});

it('is not an address over HTTP', async () => {
  const response = await scripted.call('GET', '/trpc');
  expect(response.status).toBe(404);
  expect((await response.json()).error.data.error.code).toBe('route_not_found');
});
