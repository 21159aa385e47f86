import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Dialled, dial } from '../support/dial.ts';
import { errorOf } from '../support/error-of.ts';
import { type InputProcedure, listInputs } from '../support/open-router.ts';
import { bearer } from '../support/start-gateway.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { placesOf } from '../support/walk-schema.ts';

const model = 'scripted';

/** What belongs to Ada: a conversation of `/c1`, and a response with its item. */
interface Hers {
  readonly conversation: string;
  readonly message: string;
  readonly answer: string;
  readonly response: string;
  readonly item: string;
}

/** Fields by which something that is stored is named. */
const NAMES = new Set([
  'conversation',
  'conversation_id',
  'response_id',
  'previous_response_id',
  'item_id',
  'message_id',
  'parent_message_id',
  'regenerate',
  'head_message_id',
]);

/** How each procedure names what is hers; `user` is who asks. Several ways in one row are tried one by one. */
const ways: Readonly<Record<string, (hers: Hers, user: string | undefined) => readonly object[]>> = {
  'v1.responses.create': (hers, user) => waysOfResponse(hers, user),
  'v1.responses.stream': (hers, user) => waysOfResponse(hers, user),
  'v1.responses.inputTokens': (hers, user) => waysOfResponse(hers, user),
  'v1.responses.compact': (hers, user) => waysOfResponse(hers, user).filter((way) => !('conversation' in way)),
  'v1.responses.get': ({ response: response_id }, user) => [{ response_id, user }],
  'v1.responses.follow': ({ response: response_id }, user) => [{ response_id, user, stream: true }],
  'v1.responses.cancel': ({ response: response_id }, user) => [{ response_id, user }],
  'v1.responses.inputItems': ({ response: response_id }, user) => [{ response_id, user }],
  'v1.responses.delete': ({ response: response_id }, user) => [{ response_id, user }],
  'v1.conversations.create': (hers, user) => [{ items: [{ type: 'item_reference', id: hers.message }], user }],
  'v1.conversations.get': ({ conversation: conversation_id }, user) => [{ conversation_id, user }],
  'v1.conversations.update': ({ conversation: conversation_id }, user) => [{ conversation_id, user, metadata: {} }],
  'v1.conversations.delete': ({ conversation: conversation_id }, user) => [{ conversation_id, user }],
  'v1.conversations.items.create': ({ conversation: conversation_id }, user) => [
    { conversation_id, user, items: [{ role: 'user', content: 'x' }] },
  ],
  'v1.conversations.items.list': ({ conversation: conversation_id }, user) => [{ conversation_id, user }],
  'v1.conversations.items.get': ({ conversation: conversation_id, message: item_id }, user) => [
    { conversation_id, item_id, user },
  ],
  'v1.conversations.items.delete': ({ conversation: conversation_id, message: item_id }, user) => [
    { conversation_id, item_id, user },
  ],
  'c1.chat.create': (hers, user) => waysOfTurn(hers, user),
  'c1.chat.stream': (hers, user) => waysOfTurn(hers, user),
  'conversations.get': ({ conversation: conversation_id }, user_id) => [
    { conversation_id, user_id },
    { conversation_id, user_id, view: 'tree' },
  ],
  'conversations.update': ({ conversation: conversation_id, message: head_message_id }, user_id) => [
    { conversation_id, user_id, title: 'x' },
    { conversation_id, user_id, head_message_id },
  ],
  'conversations.fork': ({ conversation: conversation_id, message: message_id }, user_id) => [
    { conversation_id, user_id },
    { conversation_id, user_id, message_id },
  ],
  'conversations.deleteMessage': ({ conversation: conversation_id, message: message_id }, user_id) => [
    { conversation_id, user_id, message_id },
  ],
  'conversations.delete': ({ conversation: conversation_id }, user_id) => [{ conversation_id, user_id }],
};

const waysOfTurn = ({ conversation: conversation_id, message, answer }: Hers, user_id: string | undefined) => [
  { model, message: 'Hi', conversation_id, user_id },
  { model, message: 'Hi', conversation_id, user_id, parent_message_id: answer },
  { model, message: 'Hi', conversation_id, user_id, parent_message_id: null },
  { model, conversation_id, user_id, parent_message_id: message },
  { model, conversation_id, user_id, regenerate: answer },
];

const waysOfResponse = (hers: Hers, user: string | undefined): object[] => [
  { model, user, input: 'Hi', previous_response_id: hers.response },
  { model, user, input: 'Hi', conversation: hers.conversation },
  { model, user, input: 'Hi', conversation: { id: hers.conversation } },
  { model, user, input: [{ type: 'item_reference', id: hers.message }] },
  { model, user, input: [{ type: 'item_reference', id: hers.item }] },
];

const NOT_FOUND = ['conversation_not_found', 'response_not_found'];

let gateway: ScriptedGateway;
let procedures: InputProcedure[];
let socket: Dialled;
beforeAll(async () => {
  gateway = await startScripted();
  procedures = await listInputs();
  socket = await dial(gateway, { headers: { authorization: `Bearer ${bearer}` } });
});
afterAll(async () => {
  socket.socket.terminate();
  await gateway.close();
});

async function makeHers(): Promise<Hers> {
  const asked = await gateway.call('POST', '/c1/chat', { model, message: 'My secret.', user_id: 'ada' });
  const conversation = asked.headers.get('x-conversation-id') ?? '';
  const found = await gateway.call('GET', `/c1/conversations/${conversation}?user_id=ada`);
  const { messages } = await found.json();
  const made = await gateway.call('POST', '/v1/responses', { model, input: 'My other secret.', user: 'ada' });
  const { id: response, output } = await made.json();
  return { conversation, message: messages[0].id, answer: messages[1].id, response, item: output[0].id };
}

let lastId = 0;

/** Calls a procedure, and gives the code of its error; null when it was let in. */
async function codeOf({ name, type }: InputProcedure, input: object): Promise<string | null> {
  lastId += 1;
  const id = lastId;
  socket.say({ id, method: type, params: { path: name, input } });
  for (;;) {
    const { id: told, error, result } = await socket.next();
    if (told !== id) continue;
    if (error) return error.data.error.code;
    if (type !== 'subscription' || result?.type === 'data') {
      if (type === 'subscription') socket.say({ id, method: 'subscription.stop' });
      return null;
    }
  }
}

const namesSomething = ({ schema }: InputProcedure): boolean =>
  placesOf(schema).some(({ path }) => path.length === 1 && NAMES.has(String(path[0])));

/** Rows of usage hold no text: who may read them is decided by their key. The other one is for the administrator alone. */
const OTHERS = new Set(['api.usage.list', 'api.conversations.get']);

test('every procedure that is told what to read is tried here', () => {
  const telling = procedures.filter(namesSomething).map(({ name }) => name);
  expect(telling.filter((name) => !(name in ways) && !OTHERS.has(name))).toEqual([]);
  expect(telling.length).toBeGreaterThan(15);
});

describe.each(Object.keys(ways))('%s', (name) => {
  const find = () => procedures.find((procedure) => procedure.name === name);

  test('finds nothing of another user', async () => {
    const procedure = find();
    if (!procedure) throw new Error(`There is no procedure ${name}.`);
    const hers = await makeHers();
    for (const way of ways[name]?.(hers, 'bob') ?? []) {
      const before = gateway.upstream.chats.length;
      expect([way, NOT_FOUND]).toEqual([way, expect.arrayContaining([await codeOf(procedure, way)])]);
      expect(gateway.upstream.chats.length).toBe(before);
    }
    // And nothing happened to it.
    const found = await gateway.call('GET', `/c1/conversations/${hers.conversation}?user_id=ada`);
    expect(await found.json()).toMatchObject({ title: 'My secret.', message_count: 2 });
    expect((await gateway.call('GET', `/v1/responses/${hers.response}?user=ada`)).status).toBe(200);
  });

  test('finds it for her', async () => {
    const procedure = find();
    if (!procedure) throw new Error(`There is no procedure ${name}.`);
    for (const i of (ways[name]?.(await makeHers(), 'ada') ?? []).keys()) {
      const way = ways[name]?.(await makeHers(), 'ada')[i] ?? {};
      expect(NOT_FOUND).not.toContain(await codeOf(procedure, way));
    }
  });

  test('finds no conversation or message of hers for somebody who names no user', async () => {
    const procedure = find();
    if (!procedure) throw new Error(`There is no procedure ${name}.`);
    const hers = await makeHers();
    for (const way of ways[name]?.(hers, undefined) ?? []) {
      const text = JSON.stringify(way);
      if (!text.includes(hers.conversation) && !text.includes(hers.message)) continue;
      expect([way, NOT_FOUND]).toEqual([way, expect.arrayContaining([await codeOf(procedure, way)])]);
    }
  });
});

describe('a response', () => {
  const post = async (fields: object) => (await gateway.call('POST', '/v1/responses', { model, ...fields })).json();

  test('made with a user is read by its id, and gone on from, without naming the user again', async () => {
    const first = await post({ input: 'One.', user: 'ada' });
    expect((await gateway.call('GET', `/v1/responses/${first.id}`)).status).toBe(200);
    const second = await post({ input: 'Two.', previous_response_id: first.id });
    expect(second.status).toBe('completed');
    // A branch holds her words, so it is hers as well.
    const branch = await post({ input: 'Another two.', previous_response_id: first.id });
    expect(await errorOf(await gateway.call('GET', `/v1/responses/${branch.id}?user=bob`))).toMatchObject({
      code: 'response_not_found',
      param: 'response_id',
    });
    const { total } = await (await gateway.call('GET', '/c1/conversations?user_id=ada&limit=1')).json();
    expect(total).toBeGreaterThanOrEqual(2);
  });

  test('goes with everything of its user', async () => {
    const { id } = await post({ input: 'One.', user: 'carl' });
    const erased = await (await gateway.call('DELETE', '/c1/conversations?user_id=carl')).json();
    expect(erased.deleted).toEqual({ conversations: 1, messages: 2, responses: 1, runs: 1 });
    expect((await gateway.call('GET', `/v1/responses/${id}`)).status).toBe(404);
  });
});

describe('the items of a conversation', () => {
  const items = async (id: string, query: string) => {
    const response = await gateway.call('GET', `/v1/conversations/${id}/items?${query}`);
    return { status: response.status, body: await response.json() };
  };

  test.each(['asc', 'desc'])('are read on in order %s after an item that was deleted', async (order) => {
    const words = Array.from({ length: 6 }, (_, i) => ({ role: 'user', content: `Word ${i}` }));
    const { id } = await (await gateway.call('POST', '/v1/conversations', { items: words })).json();
    const first = (await items(id, `order=${order}&limit=2`)).body;
    await gateway.call('DELETE', `/v1/conversations/${id}/items/${first.last_id}`);
    const next = await items(id, `order=${order}&limit=10&after=${first.last_id}`);
    expect(next.status).toBe(200);
    const said = next.body.data.map(({ content }: { content: { text: string }[] }) => content[0]?.text);
    expect(said).toEqual(
      order === 'asc' ? ['Word 2', 'Word 3', 'Word 4', 'Word 5'] : ['Word 3', 'Word 2', 'Word 1', 'Word 0'],
    );
  });

  test('after nonsense are refused', async () => {
    const { id } = await (await gateway.call('POST', '/v1/conversations', {})).json();
    expect((await items(id, 'after=nonsense')).body.error).toMatchObject({ code: 'invalid_field', param: 'after' });
  });
});

describe('a user in the query of a request with a body', () => {
  test('finds nothing of another user', async () => {
    const { conversation, answer, response } = await makeHers();
    const tries: [method: string, path: string, body?: object][] = [
      ['POST', `/v1/responses/${response}/cancel?user=bob`],
      ['POST', '/v1/responses?user=bob', { model, input: 'Hi', previous_response_id: response }],
      ['POST', '/v1/responses/input_tokens?user=bob', { model, input: 'Hi', previous_response_id: response }],
      ['POST', '/c1/chat?user_id=bob', { model, message: 'Hi', conversation_id: conversation }],
      ['POST', `/c1/conversations/${conversation}/fork?user_id=bob`, {}],
      ['PATCH', `/c1/conversations/${conversation}?user_id=bob`, { title: 'x' }],
      ['POST', `/v1/conversations/${conversation}/items?user=bob`, { items: [{ role: 'user', content: 'x' }] }],
      ['POST', `/c1/runs/${answer.replace('msg_', 'run_')}/cancel?user_id=bob`],
    ];
    for (const [method, path, body] of tries) {
      const { code } = await errorOf(await gateway.call(method, path, body));
      expect([path, [...NOT_FOUND, 'run_not_found']]).toEqual([path, expect.arrayContaining([code])]);
    }
  });

  test('finds what is hers, and a conversation that it starts is hers', async () => {
    const { conversation } = await makeHers();
    const forked = await gateway.call('POST', `/c1/conversations/${conversation}/fork?user_id=ada`, {});
    expect((await forked.json()).user_id).toBe('ada');
    const renamed = await gateway.call('PATCH', `/c1/conversations/${conversation}?user_id=ada`, { title: 'Hers' });
    expect(await renamed.json()).toMatchObject({ title: 'Hers', user_id: 'ada' });
    const started = await gateway.call('POST', '/c1/chat?user_id=eve', { model, message: 'Mine.' });
    const id = started.headers.get('x-conversation-id');
    expect((await gateway.call('GET', `/c1/conversations/${id}?user_id=eve`)).status).toBe(200);
    expect((await gateway.call('GET', `/c1/conversations/${id}`)).status).toBe(404);
  });

  test('is refused when the body names another one', async () => {
    const asked = await gateway.call('POST', '/c1/chat?user_id=ada', { model, message: 'Hi', user_id: 'bob' });
    expect(await errorOf(asked)).toMatchObject({ code: 'invalid_field', param: 'user_id' });
    const same = await gateway.call('POST', '/c1/chat?user_id=ada', { model, message: 'Hi', user_id: 'ada' });
    expect(same.status).toBe(200);
  });
});
