import { afterAll, beforeAll, expect, test } from 'vitest';
import { nextTurn } from '../../server/event-loop/next-turn.ts';
import type { Principal } from '../../server/features/access/caller.ts';
import { WITHOUT_KEY } from '../../server/features/access/without-key.ts';
import { exportConversation } from '../../server/features/conversations/export/export-conversations.ts';
import { listItems } from '../../server/features/conversations/openai-conversations.ts';
import { followRun } from '../../server/features/runs/follow-run.ts';
import { Runs } from '../../server/features/runs/runs.ts';
import { MemoryRuns } from '../../server/live/memory/memory-runs.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { say } from '../support/upstream/scripts/answers.ts';

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted({});
});
afterAll(() => gateway.close());

const administrator: Principal = {
  keyHash: '',
  role: 'admin',
  keyName: null,
  owner: null,
  ...WITHOUT_KEY,
};

/** How many turns of the event loop others had while something was read by a reader that never waits. */
async function turnsWhile(read: AsyncGenerator<unknown, void, void>): Promise<number> {
  let turns = 0;
  const count = () => {
    turns += 1;
    counting = setImmediate(count);
  };
  let counting = setImmediate(count);
  for await (const _ of read);
  clearImmediate(counting);
  return turns;
}

test('an export of many messages lets others take turns', async () => {
  const messages = Array.from({ length: 2_000 }, (_, i) => ({ role: i % 2 ? 'assistant' : 'user', content: `${i}` }));
  const imported = await gateway.call('POST', '/c1/conversations/import', JSON.stringify({ messages }));
  expect(imported.status).toBe(200);
  const { items } = await (await gateway.call('GET', '/c1/conversations')).json();
  const { body } = exportConversation(gateway.store, { conversation_id: items[0].id, format: 'json' }, administrator);
  expect(await turnsWhile(body)).toBeGreaterThan(10);
});

test('a log that is replayed lets others take turns', async () => {
  // The pieces of each megabyte are a segment of their own.
  gateway.upstream.reply(say(Array.from({ length: 40 }, () => 'x'.repeat(100_000))));
  const turn = await gateway.call('POST', '/c1/chat', { model: 'scripted', message: 'Hi', stream: true });
  await turn.text();
  const row = await gateway.store.runs.find(turn.headers.get('x-run-id') ?? '', { owner: null });
  if (!row) throw new Error('The run is not stored.');
  const live = new MemoryRuns();
  const { runs: store } = gateway.store;
  const limits = { maxMs: 1_000, maxBytes: 1_000 };
  const runs = new Runs({ store, live, limits, onError: () => undefined });
  const events = followRun({ runs, store, live }, row, -1, new AbortController().signal);
  expect(await turnsWhile(events)).toBeGreaterThan(5);
});

test('a list of long items lets others take turns', async () => {
  const { id } = await (await gateway.call('POST', '/v1/conversations', {})).json();
  for (let i = 0; i < 12; i++) {
    const item = { type: 'message', role: 'user', content: `${i}`.padEnd(1_000_000, 'x') };
    const added = await gateway.call('POST', `/v1/conversations/${id}/items`, { items: [item] });
    expect(added.status).toBe(200);
  }
  async function* read() {
    const { data } = await listItems(gateway.store, { conversation_id: id, limit: 100 }, administrator);
    expect(data).toHaveLength(12);
    yield data;
  }
  expect(await turnsWhile(read())).toBeGreaterThan(10);
});

test('a branch that is removed while a conversation is read hides no other message', async () => {
  const long = 'x'.repeat(200_000);
  const turn = async (body: object) => {
    const response = await gateway.call('POST', '/c1/chat', { model: 'scripted', ...body });
    await response.text();
    return response.headers;
  };
  const first = await turn({ message: 'first' });
  const conversation_id = first.get('x-conversation-id') ?? '';
  const { messages } = await (await gateway.call('GET', `/c1/conversations/${conversation_id}`)).json();
  await turn({ message: 'removed', conversation_id });
  // These follow the first answer too, so their numbers are behind those of the branch that is removed.
  await turn({ message: `0 ${long}`, conversation_id, parent_message_id: messages.at(-1).id });
  for (let i = 1; i < 12; i++) await turn({ message: `${i} ${long}`, conversation_id });
  const all = await gateway.store.responses.messages(conversation_id, { from: 0 });
  const branch = all.find(({ prompt }) => prompt.includes('removed'));
  let isRemoved = false;
  const removal = gateway.call('DELETE', `/c1/conversations/${conversation_id}/messages/${branch?.id}`).finally(() => {
    isRemoved = true;
  });
  // Some of these reads are in progress when the branch goes.
  const readings: ReturnType<typeof gateway.store.responses.messages>[] = [];
  while (!isRemoved) {
    readings.push(gateway.store.responses.messages(conversation_id, { from: 0 }));
    await nextTurn();
  }
  expect((await removal).status).toBe(200);
  const kept = await gateway.store.responses.messages(conversation_id, { from: 0 });
  expect(kept).toHaveLength(all.length - 2);
  for (const reading of readings) {
    const read = new Set((await reading).map(({ id }) => id));
    expect(kept.filter(({ id }) => !read.has(id))).toEqual([]);
  }
});
