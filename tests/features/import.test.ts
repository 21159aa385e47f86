import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CreatedKey } from '../../contracts/keys/key.ts';
import { errorOf } from '../support/error-of.ts';
import { payloadsOf } from '../support/read-events.ts';
import { type AccountsGateway, startAccounts } from '../support/start-accounts.ts';
import { bearer } from '../support/start-gateway.ts';
import { callTools, say, think } from '../support/upstream/scripts/answers.ts';

let gateway: AccountsGateway;
let ada: CreatedKey;
let bob: CreatedKey;
beforeAll(async () => {
  gateway = await startAccounts({}, 'input: [text, image]');
  [ada, bob] = [
    await gateway.createKey({ owner: 'ada', credit_usd: 100 }),
    await gateway.createKey({ owner: 'bob', credit_usd: 100 }),
  ];
});
afterAll(() => gateway.close());

const send = (file: string | Buffer, { key = ada.key, query = '', accept = 'application/json' } = {}) =>
  fetch(`${gateway.url}/c1/conversations/import${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, accept, 'content-type': 'application/octet-stream' },
    body: new Uint8Array(Buffer.from(file)),
  });

async function load(file: string | Buffer, options = {}) {
  const response = await send(file, options);
  const text = await response.text();
  expect([response.status, text]).toEqual([200, text]);
  return JSON.parse(text);
}

const asKey = (key: CreatedKey) => gateway.as(key);
const list = async (key: CreatedKey, query = '') =>
  (await (await asKey(key)('GET', `/c1/conversations?limit=100${query}`)).json()).items;
const tree = async (key: CreatedKey, id: string, query = '') =>
  (await asKey(key)('GET', `/c1/conversations/${id}?view=tree${query}`)).json();
const exportOf = async (key: CreatedKey, id: string, query = '') =>
  (await asKey(key)('GET', `/c1/conversations/${id}/export${query}`)).text();

const picture = `data:image/png;base64,iVBORw0KGgoA${'A'.repeat(60_000)}`;
const weather = { type: 'function', function: { name: 'get_weather', parameters: { type: 'object' } } };

/** A conversation with a picture, a tool, thoughts, a branch and a number that JavaScript would round. */
async function liveThrough(key: CreatedKey, user: string): Promise<string> {
  const call = asKey(key);
  const turn = { model: 'patient', user_id: user, tools: [weather] };
  gateway.upstream.reply(callTools([{ name: 'get_weather', arguments: { id: 1 }, id: 'call_1' }]));
  const content = [
    { type: 'text', text: 'How warm is Rome?' },
    { type: 'image_url', image_url: { url: picture } },
  ];
  const first = await call('POST', '/c1/chat', { ...turn, message: content, system_prompt: 'Be brief.' });
  const conversation_id = first.headers.get('x-conversation-id') ?? '';
  gateway.upstream.reply(think('Easy.', '21 degrees.'));
  const results = [{ tool_call_id: 'call_1', content: '{"id":12345678901234567890}' }];
  const second = await call('POST', '/c1/chat', { ...turn, conversation_id, tool_results: results });
  const answer = (second.headers.get('x-run-id') ?? '').replace('run_', 'msg_');
  gateway.upstream.reply(say('Warm.'));
  await call('POST', '/c1/chat', { ...turn, conversation_id, regenerate: answer });
  return conversation_id;
}

describe('an export of a gateway like this one', () => {
  test('is imported byte for byte where it was deleted, with its ids, its branches and its pictures', async () => {
    const id = await liveThrough(ada, 'eve');
    const before = await exportOf(ada, id, '?user_id=eve');
    expect(before).toContain('12345678901234567890');
    await asKey(ada)('DELETE', `/c1/conversations/${id}?user_id=eve`);
    expect(await load(before)).toMatchObject({ imported: 1, messages: 5, left_out: 0, problem_count: 0 });
    expect(await exportOf(ada, id, '?user_id=eve')).toBe(before);
  });

  test('becomes a conversation that goes on', async () => {
    const id = await liveThrough(ada, 'joe');
    const file = await exportOf(ada, id, '?user_id=joe');
    await load(file, { key: bob.key });
    const [copy] = await list(bob, '&user_id=joe');
    gateway.upstream.reply(say('Cold.'));
    const turn = { model: 'patient', user_id: 'joe', message: 'And Oslo?', conversation_id: copy.id };
    expect((await asKey(bob)('POST', '/c1/chat', turn)).status).toBe(200);
    const asked = JSON.parse(gateway.upstream.chats.at(-1)?.body.toString() ?? '');
    expect(asked.messages.map(({ role }: { role: string }) => role)).toEqual([
      ...['system', 'user', 'assistant', 'tool', 'assistant', 'user'],
    ]);
    expect(JSON.stringify(asked)).toContain(picture);
  });

  test('is not doubled: neither beside the original, nor by a second import, nor under the ids of somebody else', async () => {
    const id = await liveThrough(ada, 'kim');
    const file = await exportOf(ada, id, '?user_id=kim');
    expect(await load(file)).toMatchObject({ imported: 0, already_here: 1 });
    expect(await load(file, { key: bob.key })).toMatchObject({ imported: 1 });
    expect(await load(file, { key: bob.key })).toMatchObject({ imported: 0, already_here: 1 });
    const [copy, ...more] = await list(bob, '&user_id=kim');
    expect([more, copy.id === id]).toEqual([[], false]);
    expect(await exportOf(ada, id, '?user_id=kim')).toBe(file);
  });

  test('has its responses, which can be gone on from', async () => {
    gateway.upstream.reply(say('One.'));
    const made = await asKey(ada)('POST', '/v1/responses', { model: 'free', input: 'Count.', user: 'lea' });
    const { id: response } = await made.json();
    const id = made.headers.get('x-conversation-id') ?? '';
    const file = await exportOf(ada, id, '?user_id=lea');
    await asKey(ada)('DELETE', `/c1/conversations/${id}?user_id=lea`);
    await load(file);
    gateway.upstream.reply(say('Two.'));
    const next = { model: 'free', input: 'Go on.', user: 'lea', previous_response_id: response };
    expect((await asKey(ada)('POST', '/v1/responses', next)).status).toBe(200);
    expect(await exportOf(ada, id, '?user_id=lea')).toContain('Two.');
  });

  test('of an end user, in lines, becomes that of another one', async () => {
    for (const word of ['one', 'two']) {
      await asKey(ada)('POST', '/c1/chat', { model: 'free', message: word, user_id: 'mia' });
    }
    const file = await (await asKey(ada)('GET', '/c1/conversations/export?user_id=mia')).text();
    expect(await load(file, { key: bob.key, query: '?user_id=max' })).toMatchObject({ imported: 2 });
    expect((await list(bob, '&user_id=max')).length).toBe(2);
    expect(await list(bob, '&user_id=mia')).toEqual([]);
  });
});

const node = (id: string, parent: string | null, message: object | null) => ({ id, parent, children: [], message });
const chatGpt = (role: string, text: unknown, more: object = {}) => ({
  author: { role },
  content: { content_type: 'text', parts: [text] },
  create_time: 1_700_000_000.5,
  recipient: 'all',
  ...more,
});

const chatGptFile = (id: string) => ({
  id,
  title: 'Tea or coffee',
  create_time: 1_700_000_000,
  update_time: 1_700_000_900,
  current_node: 'a2',
  mapping: {
    root: node('root', null, null),
    hidden: node('hidden', 'root', chatGpt('system', '')),
    q: node('q', 'hidden', chatGpt('user', 'Tea?')),
    think: node('think', 'q', {
      author: { role: 'assistant' },
      recipient: 'all',
      content: { content_type: 'thoughts', thoughts: [{ summary: 'S', content: 'They like tea.' }] },
    }),
    a1: node('a1', 'think', chatGpt('assistant', 'Yes.', { metadata: { model_slug: 'gpt-5' } })),
    tool: node('tool', 'q', chatGpt('assistant', 'search()', { recipient: 'web' })),
    result: node('result', 'tool', chatGpt('tool', 'found')),
    a2: node('a2', 'result', chatGpt('assistant', 'Coffee.')),
    picture: node('picture', 'a2', {
      author: { role: 'user' },
      content: { content_type: 'multimodal_text', parts: [{ asset_pointer: 'file-service://x' }, 'See?'] },
    }),
  },
});

describe('files of other programs', () => {
  test("ChatGPT's keep titles, times, branches, models and thoughts", async () => {
    const file = JSON.stringify([chatGptFile('gpt-1'), chatGptFile('gpt-2')], null, 2);
    expect(await load(file)).toMatchObject({ imported: 2, messages: 8, left_out: 6, problem_count: 0 });
    expect(await load(file)).toMatchObject({ imported: 0, already_here: 2 });
    const found = (await list(ada)).filter(({ title }: { title: string }) => title === 'Tea or coffee');
    expect(found.length).toBe(2);
    expect(found[0].last_used_at).toBe('2023-11-14T22:28:20.000Z');
    const { messages, head_message_id: head } = await tree(ada, found[0].id);
    expect(messages.map(({ role, content, model }: Record<string, string>) => [role, content, model])).toEqual([
      ['user', 'Tea?', null],
      ['assistant', 'Yes.', 'gpt-5'],
      ['assistant', 'Coffee.', null],
      ['user', 'See?', null],
    ]);
    expect(messages[1].reasoning_content).toBe('They like tea.');
    expect([messages[1].parent_id, messages[2].parent_id]).toEqual([messages[0].id, messages[0].id]);
    expect(head).toBe(messages[2].id);
  });

  test("Open WebUI's keep branches, thoughts and the pictures that they hold", async () => {
    const message = (id: string, parentId: string | null, role: string, content: string, more: object = {}) => ({
      ...{ id, parentId, role, content, timestamp: 1_710_000_000, childrenIds: [] },
      ...more,
    });
    const thought =
      '<details type="reasoning" done="true">\n<summary>Thought for 1 second</summary>\n> Hm.\n</details>\n';
    const files = [
      { type: 'image', url: picture },
      { type: 'file', url: '/files/1' },
    ];
    const chat = {
      title: 'A bird',
      models: ['llama'],
      system: 'Be kind.',
      history: {
        currentId: 'b',
        messages: {
          b: message('b', 'q', 'assistant', 'A wren.', { model: 'llama' }),
          q: message('q', null, 'user', 'Which bird?', { files }),
          a: message('a', 'q', 'assistant', `${thought}A tit.`, { model: 'qwen' }),
        },
      },
    };
    const file = JSON.stringify([{ id: 'w1', user_id: 'x', title: 'A bird', chat, created_at: 1_710_000_000 }]);
    expect(await load(file, { query: '?user_id=ann' })).toMatchObject({ imported: 1, messages: 3, left_out: 1 });
    const [found] = await list(ada, '&user_id=ann&q=wren');
    const { messages, system_prompt } = await tree(ada, found.id, '&user_id=ann');
    expect(system_prompt).toBe('Be kind.');
    expect(messages[0].content[1].image_url.url).toBe(picture);
    const answers = messages
      .slice(1)
      .map((one: Record<string, string>) => [one.content, one.model, one.reasoning_content]);
    expect(answers).toEqual([
      ['A wren.', 'llama', undefined],
      ['A tit.', 'qwen', 'Hm.'],
    ]);
  });

  test('messages as chat completions take them are a conversation, with and without an object around them', async () => {
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello' },
    ];
    const user = '?user_id=ops';
    expect(await load(JSON.stringify({ messages }), { query: user })).toMatchObject({ imported: 1, messages: 2 });
    expect(await load(JSON.stringify(messages), { query: user })).toMatchObject({ imported: 0, already_here: 1 });
    const lines = [messages, messages.slice(1)].map((list_) => JSON.stringify({ messages: list_ })).join('\n');
    expect(await load(lines, { query: user })).toMatchObject({ imported: 1, already_here: 1 });
  });

  test('our own Markdown keeps the words', async () => {
    const id = await liveThrough(ada, 'ned');
    await asKey(ada)('PATCH', `/c1/conversations/${id}`, { title: 'Warm\u2028places', user_id: 'ned' });
    const file = await (await asKey(ada)('GET', '/c1/conversations/export?user_id=ned&format=markdown')).text();
    expect(await load(file, { key: bob.key, query: '?user_id=ned' })).toMatchObject({ imported: 1, left_out: 1 });
    const [copy] = await list(bob, '&user_id=ned');
    expect(copy.title).toBe('Warm\u2028places');
    const { messages } = await tree(bob, copy.id, '&user_id=ned');
    expect(messages.at(-1).content).toBe('Warm.');
  });
});

describe('a file with faults', () => {
  test('is told of them, and the rest of it is imported', async () => {
    const right = { messages: [{ role: 'user', content: 'Right' }] };
    const wrong = [
      { title: 'Nothing', what: 1 },
      { messages: [{ role: 'king', content: 'Off with it.' }] },
      { messages: [] },
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'http://10.0.0.1/x' } }] }] },
      { object: 'conversation.export', version: 2 },
      { mapping: { a: { id: 'a', parent: 'b' }, b: { id: 'b', parent: 'a' } } },
      17,
    ];
    const file = JSON.stringify([...wrong, right]).replace('"what":1', '"what":1e');
    const report = await load(file, { query: '?user_id=faults' });
    expect(report).toMatchObject({ imported: 1, failed: wrong.length, problem_count: wrong.length });
    const told = report.problems.map(({ position, message }: { position: number; message: string }) => [
      position,
      message,
    ]);
    expect(told).toEqual([
      [1, 'It is not valid JSON.'],
      [2, expect.stringContaining('messages.0.role')],
      [3, 'It has no messages that can be read.'],
      [4, expect.stringMatching(/^Message 1: .*base64/)],
      [5, expect.stringContaining('is of a newer version of this program')],
      [6, 'It has no messages that can be read.'],
      [7, expect.stringContaining('known form')],
    ]);
  });

  test('that breaks off keeps what was whole', async () => {
    const whole = JSON.stringify({ messages: [{ role: 'user', content: 'Whole' }] });
    const report = await load(`[${whole},${whole.slice(0, 20)}`, { query: '?user_id=cut' });
    expect(report).toMatchObject({
      imported: 1,
      problems: [{ position: 2, message: 'The file ends in the middle of it.' }],
    });
  });

  test.each(['', 'Dear diary', '{}', '[]', 'null', '\u0000', '{"messages":{}}'])(
    'such as %j changes nothing',
    async (file) => {
      expect(await load(file, { query: '?user_id=none' })).toMatchObject({ imported: 0, messages: 0 });
      expect(await list(ada, '&user_id=none')).toEqual([]);
    },
  );
});

describe('a file that is made to cost much', () => {
  const said = (role: string, words: string) => ({
    author: { role },
    content: { content_type: 'text', parts: [words] },
  });
  const thought = (words: string) => ({
    author: { role: 'assistant' },
    content: { content_type: 'thoughts', thoughts: [{ content: words }] },
  });
  const chatGpt = (title: string, mapping: object) => JSON.stringify([{ title, mapping }]);
  const titled = async (title: string) => {
    const found = (await list(ada)).find((item: { title: string }) => item.title === title);
    return tree(ada, found.id);
  };
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

  test('does not grow: one thought of many answers is kept once', async () => {
    const answers = numbers(900).map((i) => [`a${i}`, { parent: 'root', message: said('assistant', 'Yes.') }]);
    const root = { parent: null, message: thought('x'.repeat(1_000_000)) };
    const { imported } = await load(chatGpt('One thought', { root, ...Object.fromEntries(answers) }));
    expect(imported).toBe(1);
    const { messages } = await titled('One thought');
    expect(messages).toHaveLength(900);
    expect(messages.filter((message: { reasoning_content?: string }) => message.reasoning_content)).toHaveLength(1);
  });

  test('keeps thousands of thoughts before one answer, in their order', async () => {
    const nodes = numbers(8_000).map((i) => [
      `n${i}`,
      { parent: i === 0 ? null : `n${i - 1}`, message: thought(`${i}${'x'.repeat(1_000)}`) },
    ]);
    const last = { parent: 'n7999', message: said('assistant', 'Done.') };
    const { imported } = await load(chatGpt('Many thoughts', { ...Object.fromEntries(nodes), last }));
    expect(imported).toBe(1);
    const { messages } = await titled('Many thoughts');
    const texts = messages[0].reasoning_content.split('\n\n').map((text: string) => Number.parseInt(text, 10));
    expect(texts).toEqual(numbers(8_000));
  });

  test('is read although nothing ends in it', async () => {
    const content = '<details type="reasoning">'.repeat(38_000);
    const history = { messages: { a: { id: 'a', parentId: null, role: 'assistant', content } }, currentId: 'a' };
    expect(await load(JSON.stringify([{ id: 'endless', title: 'Endless', chat: { history } }]))).toMatchObject({
      imported: 1,
    });
  });

  test('is told that a text has too many megabytes', async () => {
    const report = await load(`# Long\n\n## User\n${'\n'.repeat(9_000_000)}`);
    expect(report).toMatchObject({ imported: 0, failed: 1, problems: [{ message: expect.stringMatching(/8 MB/) }] });
  });

  test('has quoted lines by the hundred thousand', async () => {
    const report = await load(`# Quoted\n\n## Assistant\n${'> a\n'.repeat(300_000)}\nYes.\n`);
    expect(report).toMatchObject({ imported: 1 });
  });
});

test('a stream of events tells how far it is, and ends with the report', async () => {
  const lines = Array.from({ length: 5 }, (_, i) =>
    JSON.stringify({ messages: [{ role: 'user', content: `Nr. ${i}` }] }),
  );
  const response = await send(lines.join('\n'), { query: '?user_id=sse', accept: 'text/event-stream' });
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const events = payloadsOf(await response.text()).map((payload) => JSON.parse(payload));
  expect(events.map(({ object, imported }) => [object, imported])).toEqual([
    ...[1, 2, 3, 4, 5].map((n) => ['conversation.import.progress', n]),
    ['conversation.import', 5],
  ]);
});

test('an account imports one file at a time, and another one at once', async () => {
  let release = () => {};
  const slow = new ReadableStream({
    start(controller) {
      controller.enqueue(Buffer.from('[{"messages":[{"role":"user","content":"Slow"}]}'));
      release = () => {
        controller.enqueue(Buffer.from(']'));
        controller.close();
      };
    },
  });
  const init = { method: 'POST', headers: { authorization: `Bearer ${ada.key}` }, body: slow, duplex: 'half' as const };
  const first = fetch(`${gateway.url}/c1/conversations/import?user_id=slow`, init);
  await expect.poll(async () => (await list(ada, '&user_id=slow')).length).toBe(1);
  expect(await errorOf(await send('[]'))).toMatchObject({ code: 'import_in_progress' });
  expect((await send('[]', { key: bob.key })).status).toBe(200);
  release();
  expect((await (await first).json()).imported).toBe(1);
  expect((await send('[]')).status).toBe(200);
});

test('a file of many megabytes is imported while it arrives', async () => {
  const words = 'lorem ipsum '.repeat(20_000);
  const one = (i: number) => JSON.stringify({ messages: [{ role: 'user', content: `${i} ${words}` }] });
  let i = 0;
  const body = new ReadableStream({
    pull(controller) {
      if (i === 150) return controller.close();
      controller.enqueue(Buffer.from(`${one(i++)}\n`));
    },
  });
  const init = { method: 'POST', headers: { authorization: `Bearer ${bearer}` }, body, duplex: 'half' as const };
  const response = await fetch(`${gateway.url}/c1/conversations/import?user_id=large`, init);
  expect(await response.json()).toMatchObject({ imported: 150, problem_count: 0 });
});

describe('is refused', () => {
  test('without a key, and for a file that is too large', async () => {
    const small = await startAccounts({ MAX_IMPORT_BYTES: '1000' });
    try {
      const call = (body: string, headers: Record<string, string>) =>
        fetch(`${small.url}/c1/conversations/import`, { method: 'POST', body, headers });
      expect((await call('[]', {})).status).toBe(401);
      const long = await call(' '.repeat(2000), { authorization: `Bearer ${bearer}` });
      expect(await errorOf(long)).toMatchObject({ code: 'body_too_large' });
    } finally {
      await small.close();
    }
  });

  test('for a user without a name', async () => {
    expect(await errorOf(await send('[]', { query: '?user_id=' }))).toMatchObject({
      code: 'invalid_field',
      param: 'user_id',
    });
  });
});
