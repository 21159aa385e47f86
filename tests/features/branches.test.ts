import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Conversation } from '../../contracts/conversations/conversation.ts';
import { dial } from '../support/dial.ts';
import { errorOf as readError } from '../support/error-of.ts';
import { bearer } from '../support/start-gateway.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { gated, say } from '../support/upstream/scripts/answers.ts';
import { refuse } from '../support/upstream/scripts/refusals.ts';

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted({ aliases: ['scripted', 'other'] });
});
afterAll(() => gateway.close());

const errorOf = async (response: Promise<Response>) => readError(await response);

const take = (fields: object) => gateway.call('POST', '/c1/chat', { model: 'scripted', ...fields });

/** A turn that is answered with this; gives the ids of its conversation and of its answer. */
async function turn(fields: object, answer: string): Promise<{ conversation: string; answer: string }> {
  gateway.upstream.reply(say(answer));
  const response = await take(fields);
  expect([response.status, await response.text()]).toEqual([200, expect.stringContaining(answer)]);
  return { conversation: response.headers.get('x-conversation-id') ?? '', answer: answerOf(response) };
}

const answerOf = ({ headers }: Response) => (headers.get('x-run-id') ?? '').replace('run_', 'msg_');

const read = async (id: string, query = ''): Promise<Conversation> =>
  (await gateway.call('GET', `/c1/conversations/${id}${query}`)).json();

const said = ({ messages }: Conversation) => messages.map(({ content }) => content);

const asked = () => gateway.upstream.chats.at(-1)?.body.toString() ?? '';

const askedMessages = () => JSON.parse(asked()).messages.map(({ content }: { content: string }) => content);

/** Two turns: one, 1, two, 2. */
async function twoTurns() {
  const first = await turn({ message: 'one' }, '1');
  const { conversation } = first;
  const second = await turn({ message: 'two', conversation_id: conversation }, '2');
  const { messages } = await read(conversation);
  return { conversation, first: first.answer, second: second.answer, messages };
}

describe('an edit', () => {
  test('is another child of the same message, and the active path from then on', async () => {
    const { conversation: conversation_id, first, messages } = await twoTurns();
    const edit = await turn({ message: 'two, but better', conversation_id, parent_message_id: first }, '2b');
    expect(askedMessages()).toEqual(['one', '1', 'two, but better']);
    const now = await read(conversation_id);
    expect(said(now)).toEqual(['one', '1', 'two, but better', '2b']);
    expect(now.head_message_id).toBe(edit.answer);
    expect(now.message_count).toBe(6);
    const edited = now.messages[2];
    expect(edited?.parent_id).toBe(first);
    expect(edited?.siblings).toEqual({ ids: [messages[2]?.id, edited?.id], position: 2 });
    expect(now.messages[1]?.siblings).toEqual({ ids: [first], position: 1 });

    await turn({ message: 'three', conversation_id }, '3');
    expect(askedMessages()).toEqual(['one', '1', 'two, but better', '2b', 'three']);
    const tree = await read(conversation_id, '?view=tree');
    expect(said(tree)).toEqual(['one', '1', 'two', '2', 'two, but better', '2b', 'three', '3']);
    expect(tree.messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('of the first message begins the conversation anew', async () => {
    const { conversation: conversation_id } = await twoTurns();
    await turn({ message: 'anew', conversation_id, parent_message_id: null }, 'A');
    expect(askedMessages()).toEqual(['anew']);
    const now = await read(conversation_id);
    expect(said(now)).toEqual(['anew', 'A']);
    expect(now.messages[0]).toMatchObject({ parent_id: null, siblings: { position: 2 } });
  });

  test('leaves the prompt of each path as it was, byte for byte', async () => {
    const { conversation: conversation_id, second, first } = await twoTurns();
    const before = asked();
    await turn({ message: 'other', conversation_id, parent_message_id: first }, 'O');
    await turn({ message: 'three', conversation_id, parent_message_id: second }, '3');
    const prefix = before.slice(before.indexOf('"messages":['), before.lastIndexOf(']'));
    expect(asked().slice(asked().indexOf('"messages":['))).toContain(prefix);
    expect(askedMessages()).toEqual(['one', '1', 'two', '2', 'three']);
  });
});

describe('an answer', () => {
  test('is made once more for the same question, with the same prompt', async () => {
    const { conversation: conversation_id, second } = await twoTurns();
    const before = asked();
    const again = await turn({ conversation_id, regenerate: second }, '2 again');
    expect(asked()).toBe(before);
    const now = await read(conversation_id);
    expect(said(now)).toEqual(['one', '1', 'two', '2 again']);
    expect(now.messages[3]?.siblings).toEqual({ ids: [second, again.answer], position: 2 });
    await turn({ message: 'three', conversation_id }, '3');
    expect(askedMessages()).toEqual(['one', '1', 'two', '2 again', 'three']);
  });

  test('that failed is made once more, and its question counts again', async () => {
    const { conversation: conversation_id } = await twoTurns();
    gateway.upstream.reply(refuse('rate-limited'));
    const failed = await take({ message: 'three', conversation_id });
    expect(failed.status).toBe(429);
    const { messages } = await read(conversation_id);
    expect(messages.slice(4).map(({ status }) => status)).toEqual(['failed', 'failed']);
    await turn({ conversation_id, regenerate: messages[5]?.id }, '3');
    expect(askedMessages()).toEqual(['one', '1', 'two', '2', 'three']);
    const now = await read(conversation_id);
    expect(now.messages.map(({ status }) => status)).toEqual(Array(6).fill('completed'));
    await turn({ message: 'four', conversation_id }, '4');
    expect(askedMessages()).toEqual(['one', '1', 'two', '2', 'three', '3', 'four']);
  });

  test('that fails on a branch leaves the conversation where it was', async () => {
    const { conversation: conversation_id, first, second } = await twoTurns();
    gateway.upstream.reply(refuse('rate-limited'));
    await (await take({ message: 'edit', conversation_id, parent_message_id: first })).text();
    const now = await read(conversation_id);
    expect([now.head_message_id, said(now)]).toEqual([second, ['one', '1', 'two', '2']]);
    await turn({ message: 'three', conversation_id }, '3');
    expect(askedMessages()).toEqual(['one', '1', 'two', '2', 'three']);
  });
});

test('two models answer one question at the same time, while a turn that names nothing has to wait', async () => {
  const { conversation: conversation_id, messages } = await twoTurns();
  const question = messages[2]?.id;
  const left = gated('left');
  const right = gated('right');
  gateway.upstream.reply(left.script);
  const one = take({ conversation_id, parent_message_id: question, stream: true });
  await left.gate.reached();
  gateway.upstream.reply(right.script);
  const other = take({ model: 'other', conversation_id, parent_message_id: question, stream: true });
  await right.gate.reached();
  expect((await read(conversation_id)).runs.length).toBe(2);
  expect(await errorOf(take({ message: 'three', conversation_id }))).toMatchObject({ code: 'conversation_busy' });
  left.gate.open();
  await (await one).text();
  right.gate.open();
  await (await other).text();
  const now = await read(conversation_id);
  expect(said(now)).toEqual(['one', '1', 'two', 'right']);
  expect(now.messages[3]?.siblings).toMatchObject({ position: 3 });
  const tree = await read(conversation_id, '?view=tree');
  expect(
    tree.messages.filter(({ parent_id }) => parent_id === question).map(({ content, model }) => [content, model]),
  ).toEqual([
    ['2', 'scripted'],
    ['left', 'scripted'],
    ['right', 'other'],
  ]);
});

test('the head is moved, and the next turn goes on from there', async () => {
  const { conversation, first, second } = await twoTurns();
  await turn({ message: 'edit', conversation_id: conversation, parent_message_id: first }, 'E');
  const moved = await gateway.call('PATCH', `/c1/conversations/${conversation}`, { head_message_id: second });
  expect(await moved.json()).toMatchObject({ head_message_id: second, message_count: 6 });
  expect(said(await read(conversation))).toEqual(['one', '1', 'two', '2']);
  await turn({ message: 'three', conversation_id: conversation }, '3');
  expect(askedMessages()).toEqual(['one', '1', 'two', '2', 'three']);
});

describe('a fork', () => {
  test('is a conversation of its own with the path up to a message', async () => {
    const { conversation, first } = await twoTurns();
    const forked = await gateway.call('POST', `/c1/conversations/${conversation}/fork`, { message_id: first });
    const { id, head_message_id, message_count } = await forked.json();
    expect([forked.status, message_count]).toEqual([200, 2]);
    const copy = await read(id);
    expect([said(copy), copy.head_message_id]).toEqual([['one', '1'], head_message_id]);
    await turn({ message: 'more', conversation_id: id }, 'M');
    expect(askedMessages()).toEqual(['one', '1', 'more']);
    expect(said(await read(conversation))).toEqual(['one', '1', 'two', '2']);
    // What is deleted in one stays in the other.
    await gateway.call('DELETE', `/c1/conversations/${conversation}`);
    expect(said(await read(id))).toEqual(['one', '1', 'more', 'M']);
  });

  test('takes the active path when it names no message', async () => {
    const { conversation, first } = await twoTurns();
    await turn({ message: 'edit', conversation_id: conversation, parent_message_id: first }, 'E');
    const { id } = await (await gateway.call('POST', `/c1/conversations/${conversation}/fork`, {})).json();
    expect(said(await read(id, '?view=tree'))).toEqual(['one', '1', 'edit', 'E']);
  });
});

describe('a deleted message', () => {
  test('goes with all that follow it, and the path ends with what stands beside it', async () => {
    const { conversation, first, second, messages } = await twoTurns();
    await turn({ message: 'edit', conversation_id: conversation, parent_message_id: first }, 'E');
    const edited = (await read(conversation)).messages[2]?.id;
    const gone = await gateway.call('DELETE', `/c1/conversations/${conversation}/messages/${edited}`);
    expect(await gone.json()).toEqual({
      id: edited,
      object: 'message.deleted',
      deleted: true,
      messages: 2,
      head_message_id: second,
    });
    expect(said(await read(conversation))).toEqual(['one', '1', 'two', '2']);
    await gateway.call('DELETE', `/c1/conversations/${conversation}/messages/${messages[2]?.id}`);
    const left = await read(conversation, '?view=tree');
    expect([said(left), left.head_message_id]).toEqual([['one', '1'], first]);
  });

  test('leaves nothing for the search', async () => {
    const { conversation, first } = await twoTurns();
    const { answer } = await turn({ message: 'wombats', conversation_id: conversation, parent_message_id: first }, 'E');
    const search = async () => (await gateway.call('GET', '/c1/conversations?q=wombats')).json();
    const { messages } = await read(conversation);
    expect((await search()).items).toMatchObject([{ message_id: messages[2]?.id, on_active_path: true }]);
    await turn({ message: 'again', conversation_id: conversation, parent_message_id: first }, 'F');
    expect((await search()).items).toMatchObject([{ message_id: messages[2]?.id, on_active_path: false }]);
    await gateway.call('DELETE', `/c1/conversations/${conversation}/messages/${messages[2]?.id}`);
    expect((await search()).items).toEqual([]);
    expect(await errorOf(gateway.call('GET', `/c1/runs/${answer.replace('msg_', 'run_')}`))).toMatchObject({
      code: 'run_not_found',
    });
  });

  test('stays while its branch is being answered', async () => {
    const { conversation, first } = await twoTurns();
    const { script, gate } = gated('slow');
    gateway.upstream.reply(script);
    const running = take({ message: 'edit', conversation_id: conversation, parent_message_id: first, stream: true });
    await gate.reached();
    const remove = gateway.call('DELETE', `/c1/conversations/${conversation}/messages/${first}`);
    expect(await errorOf(remove)).toMatchObject({ code: 'conversation_busy', param: 'message_id' });
    const { runs } = await read(conversation);
    expect(
      await errorOf(take({ message: 'x', conversation_id: conversation, parent_message_id: runs[0]?.message_id })),
    ).toMatchObject({
      code: 'conversation_busy',
      param: 'parent_message_id',
    });
    gate.open();
    await (await running).text();
  });
});

describe('a turn is refused and nothing is stored', () => {
  test.each([
    ['a parent of nowhere', { message: 'x', parent_message_id: 'msg_none' }, 'message_not_found', 'parent_message_id'],
    ['an answer of nowhere', { regenerate: 'msg_none' }, 'message_not_found', 'regenerate'],
    ['regenerate with a message', { message: 'x', regenerate: 'msg_none' }, 'invalid_field', 'regenerate'],
    ['regenerate with a parent', { regenerate: 'a', parent_message_id: 'b' }, 'invalid_field', 'regenerate'],
    ['nothing to say', {}, 'missing_field', 'message'],
  ])('%s', async (_name, fields, code, param) => {
    const { conversation: conversation_id } = await twoTurns();
    const before = gateway.upstream.chats.length;
    expect(await errorOf(take({ conversation_id, ...fields }))).toMatchObject({ code, param });
    expect(gateway.upstream.chats.length).toBe(before);
    expect((await read(conversation_id)).message_count).toBe(4);
  });

  test('a question that is none, or a conversation that is not named', async () => {
    const { conversation: conversation_id, first, messages } = await twoTurns();
    const question = messages[0]?.id;
    expect(await errorOf(take({ conversation_id, regenerate: question }))).toMatchObject({ param: 'regenerate' });
    expect(await errorOf(take({ conversation_id, parent_message_id: first }))).toMatchObject({ param: 'message' });
    expect(await errorOf(take({ regenerate: first }))).toMatchObject({
      code: 'missing_field',
      param: 'conversation_id',
    });
    const patch = gateway.call('PATCH', `/c1/conversations/${conversation_id}`, { head_message_id: 'msg_none' });
    expect(await errorOf(patch)).toMatchObject({ code: 'message_not_found', param: 'head_message_id' });
    const fork = gateway.call('POST', `/c1/conversations/${conversation_id}/fork`, { message_id: 'msg_none' });
    expect(await errorOf(fork)).toMatchObject({ code: 'message_not_found', param: 'message_id' });
  });

  test('a message of another conversation', async () => {
    const { conversation: conversation_id } = await twoTurns();
    const { first } = await twoTurns();
    expect(await errorOf(take({ conversation_id, message: 'x', parent_message_id: first }))).toMatchObject({
      code: 'message_not_found',
    });
  });
});

test('over tRPC a branch is a field of the same turn', async () => {
  const { conversation: conversation_id, second } = await twoTurns();
  gateway.upstream.reply(say('by websocket'));
  const { socket, say: send, next } = await dial(gateway, { headers: { authorization: `Bearer ${bearer}` } });
  send({
    id: 1,
    method: 'subscription',
    params: { path: 'c1.chat.stream', input: { model: 'scripted', conversation_id, regenerate: second } },
  });
  for (let ended = false; !ended; ) ended = (await next()).result?.type === 'stopped';
  socket.terminate();
  expect(said(await read(conversation_id))).toEqual(['one', '1', 'two', 'by websocket']);
});

test('an export as JSON has every branch, and those for reading have the active path', async () => {
  const { conversation, first, second } = await twoTurns();
  await turn({ message: 'edit', conversation_id: conversation, parent_message_id: first }, 'E');
  await gateway.call('PATCH', `/c1/conversations/${conversation}`, { head_message_id: second });
  const file = async (format: string) =>
    (await gateway.call('GET', `/c1/conversations/${conversation}/export?format=${format}`)).text();
  const { conversation: head, messages } = JSON.parse(await file('json'));
  expect(head.head_message_id).toBe(second);
  expect(messages.map(({ parent_id }: { parent_id: string | null }) => parent_id)).toEqual([
    null,
    messages[0].id,
    first,
    messages[2].id,
    first,
    messages[4].id,
  ]);
  expect(JSON.parse(await file('openai')).messages.map(({ content }: { content: string }) => content)).toEqual([
    'one',
    '1',
    'two',
    '2',
  ]);
  expect(await file('markdown')).not.toContain('edit');
});

test('a path is read in pages, also after a message that is on another branch', async () => {
  const { conversation, first, messages } = await twoTurns();
  await turn({ message: 'edit', conversation_id: conversation, parent_message_id: first }, 'E');
  const page = await read(conversation, `?limit=1&after=${first}`);
  expect([said(page), page.has_more]).toEqual([['edit'], true]);
  const last = await read(conversation, `?limit=2&before=${page.messages[0]?.id}`);
  expect([said(last), last.has_more]).toEqual([['one', '1'], false]);
  expect(said(await read(conversation, `?after=${messages[3]?.id}`))).toEqual(['edit', 'E']);
});

test('a response that goes on from an older one is a branch of the same conversation', async () => {
  const ask = async (input: string, fields: object = {}) => {
    gateway.upstream.reply(say(`re: ${input}`));
    const response = await gateway.call('POST', '/v1/responses', { model: 'scripted', input, ...fields });
    return { ...(await response.json()), conversation: response.headers.get('x-conversation-id') ?? '' };
  };
  const one = await ask('one');
  const two = await ask('two', { previous_response_id: one.id });
  const other = await ask('other', { previous_response_id: one.id });
  expect([two.conversation, other.conversation]).toEqual([one.conversation, one.conversation]);
  expect(askedMessages()).toEqual(['one', 're: one', 'other']);
  expect(said(await read(one.conversation))).toEqual(['one', 're: one', 'other', 're: other']);
  await ask('three', { previous_response_id: two.id });
  expect(askedMessages()).toEqual(['one', 're: one', 'two', 're: two', 'three']);
  const items = await (await gateway.call('GET', `/v1/responses/${other.id}/input_items`)).json();
  expect(items.data.map(({ content }: { content: { text: string }[] }) => content[0]?.text)).toEqual(['other']);
});
