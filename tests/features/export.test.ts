import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { type AccountsGateway, startAccounts } from '../support/start-accounts.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { answer, callTools, say, think } from '../support/upstream/scripts/answers.ts';
import { refuse } from '../support/upstream/scripts/refusals.ts';

const model = 'scripted';
const picture = `data:image/png;base64,iVBORw0KGgoA${'A'.repeat(3000)}`;
const weather = { type: 'function', function: { name: 'get_weather', parameters: { type: 'object' } } };

let gateway: ScriptedGateway;
let id: string;
beforeAll(async () => {
  gateway = await startScripted({ fields: 'reasoning: true' });
  gateway.upstream.reply(callTools([{ name: 'get_weather', arguments: { city: 'Rome' }, id: 'call_1' }]));
  const content = [
    { type: 'text', text: 'How warm is "Rome"?\nLook here. 👋' },
    { type: 'image_url', image_url: { url: picture } },
  ];
  const first = await gateway.call('POST', '/c1/chat', {
    model,
    message: content,
    tools: [weather],
    system_prompt: 'Be brief.',
    user_id: 'ada',
  });
  id = first.headers.get('x-conversation-id') ?? '';
  gateway.upstream.reply(think('Easy.', '21 degrees.'));
  const turn = { model, conversation_id: id, user_id: 'ada', tools: [weather] };
  await gateway.call('POST', '/c1/chat', { ...turn, tool_results: [{ tool_call_id: 'call_1', content: '{"c":21}' }] });
  await gateway.call('PATCH', `/c1/conversations/${id}`, { title: 'Rome', user_id: 'ada' });
});
afterAll(() => gateway.close());

const get = (path: string) => gateway.call('GET', `/c1/conversations/${path}`);
const stored = async (conversation: string, user: string) =>
  (await (await get(`${conversation}?user_id=${user}`)).json()).messages;

describe('an export of a conversation', () => {
  test('as JSON holds everything that is stored of it', async () => {
    const response = await get(`${id}/export?user_id=ada`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="conversation.json"');
    const exported = await response.json();
    expect(exported).toMatchObject({
      object: 'conversation.export',
      version: 1,
      conversation: { id, title: 'Rome', user_id: 'ada', system_prompt: 'Be brief.', metadata: null },
      responses: [],
    });
    const messages = await stored(id, 'ada');
    expect(exported.messages.length).toBe(messages.length);
    for (const [i, { message, turn_id: turnId, reasoning, ...rest }] of exported.messages.entries()) {
      const { content, tool_calls, tool_call_id, reasoning_content, siblings, ...kept } = messages[i];
      expect(rest).toEqual(kept);
      expect(siblings).toEqual({ ids: [rest.id], position: 1 });
      expect(message.content ?? null).toEqual(content);
      expect([message.tool_calls, message.tool_call_id]).toEqual([tool_calls, tool_call_id]);
      expect(reasoning ?? undefined).toEqual(reasoning_content);
      expect(turnId).toMatch(/^msg_/);
    }
    expect(JSON.stringify(exported)).toContain(picture);
  });

  test('holds its responses, with what they were asked and what they gave', async () => {
    gateway.upstream.reply(say('One.'));
    const made = await gateway.call('POST', '/v1/responses', { model, input: 'Hi', user: 'eve', metadata: { a: 'b' } });
    const { id: response, output } = await made.json();
    const conversation = made.headers.get('x-conversation-id');
    const exported = await (await get(`${conversation}/export?user_id=eve&format=json`)).json();
    expect(exported.responses).toMatchObject([
      { id: response, first_seq: 1, answer_seq: 2, request: { metadata: { a: 'b' } }, output },
    ]);
  });

  test('as OpenAI has them is messages that a chat completion takes', async () => {
    const exported = await (await get(`${id}/export?user_id=ada&format=openai`)).json();
    expect(Object.keys(exported)).toEqual(['messages']);
    expect(exported.messages.map(({ role }: { role: string }) => role)).toEqual([
      ...['system', 'user', 'assistant', 'tool', 'assistant'],
    ]);
    expect(exported.messages[1].content[1].image_url.url).toBe(picture);
    expect(exported.messages[2].tool_calls).toMatchObject([{ id: 'call_1', function: { name: 'get_weather' } }]);
    const known = ['role', 'content', 'name', 'refusal', 'tool_calls', 'tool_call_id'];
    for (const message of exported.messages) {
      expect(Object.keys(message).filter((field) => !known.includes(field))).toEqual([]);
    }
    gateway.upstream.reply(say('Taken.'));
    const body = { model, messages: exported.messages, tools: [weather] };
    expect((await gateway.call('POST', '/v1/chat/completions', body)).status).toBe(200);
  });

  test('as OpenAI has them leaves out turns that failed, as models do not see them either', async () => {
    const begun = await gateway.call('POST', '/c1/chat', { model, message: 'One.' });
    const conversation = begun.headers.get('x-conversation-id') ?? '';
    for (let i = 0; i < 2; i++) {
      gateway.upstream.reply(refuse('bad-request'));
      const failed = await gateway.call('POST', '/c1/chat', { model, message: 'Two.', conversation_id: conversation });
      expect(failed.status).toBe(400);
    }
    await gateway.call('POST', '/c1/chat', { model, message: 'Two.', conversation_id: conversation });
    const { messages } = await (await get(`${conversation}/export?format=openai`)).json();
    expect(messages.map(({ role }: { role: string }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
  });

  test('as OpenAI has them has whole arguments and a result for each call, also when it was cut off', async () => {
    gateway.upstream.reply(answer({ calls: [{ name: 'get_weather', pieces: ['{"city":"Ro'] }], finish: 'length' }));
    const asked = await gateway.call('POST', '/c1/chat', { model, message: 'How warm?', tools: [weather] });
    const conversation = asked.headers.get('x-conversation-id') ?? '';
    const check = async (roles: readonly string[]) => {
      const { messages } = await (await get(`${conversation}/export?format=openai`)).json();
      expect(messages.map(({ role }: { role: string }) => role)).toEqual(roles);
      const [call] = messages[1].tool_calls;
      expect(JSON.parse(call.function.arguments)).toEqual({ unparsed_arguments: '{"city":"Ro' });
      expect(messages[2]).toMatchObject({ tool_call_id: call.id, content: expect.stringContaining('not run') });
    };
    await check(['user', 'assistant', 'tool']);
    await gateway.call('POST', '/c1/chat', { model, message: 'Again.', conversation_id: conversation });
    await check(['user', 'assistant', 'tool', 'user', 'assistant']);
  });

  test('as Markdown can be read, without the data of pictures', async () => {
    const response = await get(`${id}/export?user_id=ada&format=markdown`);
    expect(response.headers.get('content-type')).toBe('text/markdown; charset=utf-8');
    const text = await response.text();
    for (const said of ['# Rome', '## System', 'Be brief.', '## User', 'Look here. 👋', '21 degrees.', '> Easy.']) {
      expect(text).toContain(said);
    }
    expect(text).toContain('*[image/png]*');
    expect(text).toContain('Calls `get_weather`:\n\n```json\n{"city":"Rome"}\n```');
    expect(text).not.toContain('AAAA');
  });

  test('reads a long conversation in pages, every message once and in order', async () => {
    const items = (from: number) =>
      Array.from({ length: 20 }, (_, i) => ({ role: 'user', content: `Word ${from + i}` }));
    const made = await (await gateway.call('POST', '/v1/conversations', { items: items(0) })).json();
    await gateway.call('POST', `/v1/conversations/${made.id}/items`, { items: items(20) });
    const exported = await (await get(`${made.id}/export?format=openai`)).json();
    expect(exported.messages.map(({ content }: { content: string }) => content)).toEqual(
      Array.from({ length: 40 }, (_, i) => `Word ${i}`),
    );
  });

  test.each([
    ['', 'conversation_not_found', 'conversation_id'],
    ['?user_id=bob', 'conversation_not_found', 'conversation_id'],
    ['?user_id=ada&format=pdf', 'invalid_field', 'format'],
  ])('with %j is refused', async (query, code, param) => {
    expect(await errorOf(await get(`${id}/export${query}`))).toMatchObject({ code, param });
  });

  test('needs a key', async () => {
    for (const path of [`${id}/export`, 'export?user_id=ada']) {
      expect((await fetch(`${gateway.url}/c1/conversations/${path}`)).status).toBe(401);
    }
  });
});

describe('an export of an end user', () => {
  test('has each conversation on a line, in the order in which they were begun', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) {
      const asked = await gateway.call('POST', '/c1/chat', { model, message: `Hi ${i}`, user_id: 'carl' });
      ids.push(asked.headers.get('x-conversation-id') ?? '');
    }
    const response = await get('export?user_id=carl');
    expect(response.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    const lines = (await response.text()).split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => JSON.parse(line).conversation.id)).toEqual(ids);
    const chats = (await (await get('export?user_id=carl&format=openai')).text()).trim().split('\n');
    expect(chats.map((line) => JSON.parse(line).messages[0].content)).toEqual(['Hi 0', 'Hi 1', 'Hi 2']);
    const text = await (await get('export?user_id=carl&format=markdown')).text();
    expect(text.match(/^---$/gm)).toHaveLength(2);
  });

  test('of whom there is nothing is empty, and needs a name', async () => {
    const response = await get('export?user_id=nobody');
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(await errorOf(await get('export'))).toMatchObject({ param: 'user_id' });
  });
});

describe('another owner', () => {
  let accounts: AccountsGateway;
  beforeAll(async () => {
    accounts = await startAccounts();
  });
  afterAll(() => accounts.close());

  test('exports nothing of it', async () => {
    const [ann, bob] = await Promise.all([
      accounts.createKey({ owner: 'ann', credit_usd: 5 }),
      accounts.createKey({ owner: 'bob', credit_usd: 5 }),
    ]);
    const chosen = (await (await accounts.as(ann)('GET', '/v1/models')).json()).data[0].id;
    const made = await accounts.as(ann)('POST', '/c1/chat', { model: chosen, message: 'Hi', user_id: 'ada' });
    const conversation = made.headers.get('x-conversation-id');
    const one = `/c1/conversations/${conversation}/export?user_id=ada`;
    expect((await accounts.as(ann)('GET', one)).status).toBe(200);
    expect((await accounts.as(bob)('GET', one)).status).toBe(404);
    const all = '/c1/conversations/export?user_id=ada';
    expect(await (await accounts.as(ann)('GET', all)).text()).toContain(String(conversation));
    expect(await (await accounts.as(bob)('GET', all)).text()).toBe('');
  });
});
