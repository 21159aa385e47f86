import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { callTools, say } from '../support/upstream/scripts/answers.ts';
import { refuse } from '../support/upstream/scripts/refusals.ts';

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted({ fields: 'context_window: 1000' });
});
afterAll(() => gateway.close());

const bodyOf = () => gateway.upstream.chats.at(-1)?.body.toString() ?? '';
const messagesOf = (): {
  role: string;
  content: string | null;
  tool_call_id?: string;
  tool_calls?: { id: string }[];
}[] => JSON.parse(bodyOf()).messages;
const prefixOf = () => bodyOf().slice(bodyOf().indexOf('"messages":['), -2);

async function turn(fields: object): Promise<string> {
  const response = await gateway.call('POST', '/c1/chat', { model: 'scripted', ...fields });
  expect(response.status).toBe(200);
  await response.text();
  return response.headers.get('x-conversation-id') ?? '';
}

test('an overflow drops whole turns in large steps, and between two drops each prompt begins with the one before', async () => {
  const lengths: number[] = [];
  let id: string | undefined;
  let before = '';
  let drops = 0;
  for (let i = 0; i < 60; i++) {
    gateway.upstream.reply(say(`Answer ${i}. ${'word '.repeat(15)}`));
    id = await turn({
      message: `Question ${i}. ${'word '.repeat(15)}`,
      conversation_id: id,
      system_prompt: 'Be brief.',
    });
    const messages = messagesOf();
    expect(messages[0]).toEqual({ role: 'system', content: 'Be brief.' });
    expect(messages[1]?.role).toBe('user');
    expect(messages.at(-1)?.content).toMatch(new RegExp(`^Question ${i}\\.`));
    // Whole turns: question and answer by turns, without a gap.
    const numbers = messages.slice(1).map(({ content }) => Number(/\d+/.exec(content ?? '')?.[0]));
    expect(numbers).toEqual(
      Array.from({ length: numbers.length }, (_, n) => i - Math.floor((numbers.length - 1 - n + 1) / 2)),
    );
    expect(bodyOf().length).toBeLessThan(1000 * 3);
    const now = prefixOf();
    if (!now.startsWith(before)) drops++;
    before = now;
    lengths.push(messages.length);
  }
  expect(drops).toBeGreaterThan(2);
  // One drop per turn would be 50 of them: the prefix must be stable in between.
  expect(drops).toBeLessThan(15);
  expect(Math.max(...lengths)).toBeGreaterThan(8);
  const stored = await (await gateway.call('GET', `/c1/conversations/${id}`)).json();
  expect(stored.messages).toHaveLength(120);
});

test('what is dropped follows from the history alone: asking again gives the same prompt', async () => {
  let id: string | undefined;
  for (let i = 0; i < 20; i++)
    id = await turn({ message: `Question ${i}. ${'word '.repeat(30)}`, conversation_id: id });
  const other = await startScripted({ fields: 'context_window: 1000' });
  try {
    let copy: string | undefined;
    for (let i = 0; i < 20; i++) {
      const message = `Question ${i}. ${'word '.repeat(30)}`;
      const response = await other.call('POST', '/c1/chat', { model: 'scripted', message, conversation_id: copy });
      await response.text();
      copy = response.headers.get('x-conversation-id') ?? '';
    }
    expect(other.upstream.chats.at(-1)?.body.toString()).toBe(bodyOf());
  } finally {
    await other.close();
  }
});

test('a prompt never begins with the results of calls that were dropped', async () => {
  const tools = [{ type: 'function', function: { name: 'f' } }];
  let id: string | undefined;
  for (let i = 0; i < 60; i++) {
    gateway.upstream.reply(
      callTools([{ name: 'f', arguments: { i }, id: `call_${i}` }]),
      say('x '.repeat((i * 29) % 97)),
    );
    id = await turn({ message: `Question ${i} ${'word '.repeat((i * 17) % 43)}`, conversation_id: id, tools });
    await turn({ conversation_id: id, tool_results: [{ tool_call_id: `call_${i}`, content: 'r'.repeat(40) }], tools });
    const messages = messagesOf();
    expect(messages[0]?.role).toBe('user');
    // Every call has its result, and every result its call.
    const called = messages.flatMap(({ tool_calls: calls }) => (calls ?? []).map((call) => call.id));
    expect(messages.flatMap(({ tool_call_id: call }) => (call ? [call] : []))).toEqual(called);
  }
  expect(messagesOf().length).toBeLessThan(60);
});

test('one message that is larger than the window is sent all the same: the upstream decides', async () => {
  const message = 'word '.repeat(2_000);
  await turn({ message });
  expect(messagesOf()).toEqual([{ role: 'user', content: message }]);
});

test('a turn that asks for it is refused when turns would be left out, and leaves nothing behind', async () => {
  let conversation_id: string | undefined;
  for (let i = 0; i < 4; i++) {
    gateway.upstream.reply(say(`Answer ${i}. ${'word '.repeat(60)}`));
    conversation_id = await turn({
      message: `Question ${i}. ${'word '.repeat(60)}`,
      conversation_id,
      overflow: 'error',
    });
  }
  const sent = gateway.upstream.chats.length;
  const next = { model: 'scripted', message: `Too much. ${'word '.repeat(200)}`, conversation_id };
  for (const stream of [false, true]) {
    const refused = await gateway.call('POST', '/c1/chat', { ...next, stream, overflow: 'error' });
    expect([refused.status, (await refused.json()).error]).toMatchObject([
      400,
      { code: 'context_length_exceeded', param: 'overflow' },
    ]);
  }
  expect(gateway.upstream.chats.length).toBe(sent);
  const read = async () => (await gateway.call('GET', `/c1/conversations/${conversation_id}`)).json();
  expect((await read()).message_count).toBe(8);
  expect(await turn({ ...next, overflow: 'drop' })).toBe(conversation_id);
  expect(bodyOf()).not.toContain('overflow');
  expect((await read()).message_count).toBe(10);
});

test('a window that only the upstream knows is no reason to leave turns out of a turn that refuses that', async () => {
  const unknown = await startScripted();
  let conversation_id: string | undefined;
  for (let i = 0; i < 3; i++) {
    unknown.upstream.reply(say(`Answer ${i}`));
    const body = { model: 'scripted', message: `Question ${i}`, conversation_id };
    const response = await unknown.call('POST', '/c1/chat', body);
    await response.text();
    conversation_id = response.headers.get('x-conversation-id') ?? '';
  }
  unknown.upstream.reply(refuse('context-overflow'));
  const sent = unknown.upstream.chats.length;
  const body = { model: 'scripted', message: 'More', conversation_id, overflow: 'error' };
  const refused = await unknown.call('POST', '/c1/chat', body);
  expect([refused.status, (await refused.json()).error.code]).toEqual([400, 'context_length_exceeded']);
  expect(unknown.upstream.chats.length).toBe(sent + 1);
  await unknown.close();
});
