import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Conversation, ConversationHead, ConversationList } from '../../contracts/conversations/conversation.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted({ input: '[text, image, audio]' });
});
afterAll(() => gateway.close());

const PICTURE = 'data:image/png;base64,iVBORw0KGgo=';

async function turn(fields: object): Promise<string> {
  const response = await gateway.call('POST', '/c1/chat', { model: 'scripted', ...fields });
  expect(response.status).toBe(200);
  await response.text();
  return response.headers.get('x-conversation-id') ?? '';
}

const read = async (id: string) =>
  Conversation.strict().parse(await (await gateway.call('GET', `/c1/conversations/${id}`)).json());

const rename = async (id: string, title: string | null) =>
  ConversationHead.strict().parse(await (await gateway.call('PATCH', `/c1/conversations/${id}`, { title })).json());

async function titleOf(message: unknown): Promise<string | null> {
  const { title, title_source } = await read(await turn({ message }));
  expect(title_source).toBe(title === null ? null : 'message');
  return title;
}

describe('a conversation gets the first line of its first message for a title', () => {
  test.each([
    ['Capital of Italy?', 'Capital of Italy?'],
    ['\n\n  # Trip to **Rome**\nSecond line', 'Trip to Rome'],
    ['> - See [the `docs`](https://example.com/a)\r\nmore', 'See the docs'],
    ['```ts\nconst a = 5 * 3 * 2;\n```', 'const a = 5 * 3 * 2;'],
    ['---\nAfter a rule', 'After a rule'],
    ['👍', '👍'],
    ['snake_case_name  and\ttabs', 'snake_case_name and tabs'],
    [`${'word '.repeat(30)}`, 'word '.repeat(16).trimEnd()],
    ['x'.repeat(200), 'x'.repeat(80)],
    ['漢'.repeat(100), '漢'.repeat(80)],
    ['👨‍👩‍👧'.repeat(100), '👨‍👩‍👧'.repeat(62)],
    ['é'.repeat(100), 'é'.repeat(80)],
  ])('%j', async (message, title) => {
    expect(await titleOf(message)).toBe(title);
  });

  test('from the text beside a picture, and none from pictures alone', async () => {
    const image = { type: 'image_url', image_url: { url: PICTURE } };
    expect(await titleOf([image, { type: 'text', text: 'What is this?' }])).toBe('What is this?');
    expect(await titleOf([image])).toBeNull();
  });

  // More than the store writes at once.
  const large = Buffer.alloc(800_000, 'picture').toString('base64');
  test.each([
    ['a picture', [{ type: 'image_url', image_url: { url: `data:image/png;base64,iVBORw0KGgo${large}` } }]],
    ['a sound', [{ type: 'input_audio', input_audio: { data: large, format: 'wav' } }]],
    ['a file', [{ type: 'file', file: { filename: 'a.txt', file_data: `data:text/plain;base64,${large}` } }]],
    ['more text', [{ type: 'text', text: `\n${'long '.repeat(220_000)}` }]],
  ])('from the first text beside %s of more than a megabyte', async (_what, parts) => {
    const text = { type: 'text', text: '# The **question**' };
    expect(await titleOf([text, ...parts])).toBe('The question');
    expect(await titleOf([...parts.filter(({ type }) => type !== 'text'), { type: 'text', text: '  ' }, text])).toBe(
      'The question',
    );
  });

  test('from a text of more than a megabyte', async () => {
    expect(await titleOf(`Short line\n${'long '.repeat(220_000)}`)).toBe('Short line');
  });

  test('over tRPC as over REST', async () => {
    const response = await gateway.call('POST', '/trpc/c1.chat.create', {
      model: 'scripted',
      message: '# Over **tRPC**',
    });
    expect(response.status).toBe(200);
    const list = ConversationList.strict().parse(await (await gateway.call('GET', '/c1/conversations?limit=1')).json());
    expect(list.items[0]).toMatchObject({ title: 'Over tRPC', title_source: 'message' });
  });
});

test('later turns keep the title, and a copy has it too', async () => {
  const id = await turn({ message: 'First' });
  await turn({ message: 'Second', conversation_id: id });
  expect(await read(id)).toMatchObject({ title: 'First', title_source: 'message' });
  const copy = await (await gateway.call('POST', `/c1/conversations/${id}/fork`, {})).json();
  expect(copy).toMatchObject({ title: 'First', title_source: 'message' });
});

test('a title that a client sets is its own, and null leaves none, also after further turns', async () => {
  const id = await turn({ message: 'First' });
  expect(await rename(id, 'Mine')).toMatchObject({ title: 'Mine', title_source: 'user' });
  await turn({ message: 'Second', conversation_id: id });
  expect(await read(id)).toMatchObject({ title: 'Mine', title_source: 'user' });
  expect(await rename(id, null)).toMatchObject({ title: null, title_source: null });
  await turn({ message: 'Third', conversation_id: id });
  expect(await read(id)).toMatchObject({ title: null, title_source: null });
});

test('a title goes with the message that it was taken from, unless a client set it', async () => {
  const id = await turn({ message: 'A secret' });
  const own = await turn({ message: 'Another secret' });
  await rename(own, 'Mine');
  for (const conversation of [id, own]) {
    const [first] = (await read(conversation)).messages;
    await gateway.call('DELETE', `/c1/conversations/${conversation}/messages/${first?.id}`);
  }
  expect(await read(id)).toMatchObject({ title: null, title_source: null });
  expect(await read(own)).toMatchObject({ title: 'Mine', title_source: 'user' });
});
