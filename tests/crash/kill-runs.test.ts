import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CrashSite, openCrashSite } from '../support/open-crash-site.ts';
import { readerOf } from '../support/read-events.ts';
import { numberedOf, sentEventsOf } from '../support/read-run.ts';
import { bearer } from '../support/start-gateway.ts';
import type { GatewayProcess } from '../support/start-process.ts';
import { gated, words } from '../support/upstream/scripts/answers.ts';
import { hangAfter } from '../support/upstream/scripts/failures.ts';

let site: CrashSite;
beforeAll(async () => {
  site = await openCrashSite();
});
afterAll(() => site.close());

const json = async (server: GatewayProcess, path: string) => (await site.call(server, path)).json();

test('the text that was written survives a kill, with its numbers', async () => {
  const first = await site.start();
  const { script, gate } = gated(words('One two three four five six seven'));
  site.upstream.reply(script);
  gate.release(3);
  const answered = await site.call(first, '/c1/chat', { message: 'Count', stream: true });
  const run = answered.headers.get('x-run-id');
  const reader = readerOf(answered);
  await reader.until(' three');
  // Another reader of the same file sees what is on disk: the row of the run has its headers with the first write.
  const watcher = await site.start();
  const watching = new AbortController();
  const watched = await fetch(`${watcher.url}/c1/runs/${run}/events`, {
    headers: { authorization: `Bearer ${bearer}` },
    signal: watching.signal,
  });
  await readerOf(watched).until(' three');
  watching.abort();
  gate.release(2);
  const seen = await reader.until(' five');
  await first.stop('SIGKILL');

  const described = await json(watcher, `/c1/runs/${run}`);
  expect(described).toMatchObject({ status: 'incomplete', error: { code: 'run_interrupted' } });
  const kept = await (await site.call(watcher, `/c1/runs/${run}/events`)).text();
  const events = numberedOf(kept);
  expect(described.last_event).toBe(events.length - 1);
  expect(events.length).toBeGreaterThan(2);
  // What was kept is the beginning of what the client saw.
  expect(numberedOf(seen).slice(0, events.length)).toEqual(events);
  expect(sentEventsOf(kept).at(-1)?.data).toContain('run_interrupted');
  const { messages, runs } = await json(watcher, `/c1/conversations/${described.conversation_id}`);
  expect(runs).toEqual([]);
  const text = events.map(({ data }) => JSON.parse(data).choices[0]?.delta?.content ?? '').join('');
  expect(text).toMatch(/^One two three/);
  expect(messages.at(-1)).toMatchObject({ content: text, status: 'incomplete' });
  // The conversation goes on, and the model reads what was kept.
  const next = await site.call(watcher, '/c1/chat', { message: 'Go on', conversation_id: described.conversation_id });
  expect(next.status).toBe(200);
  const sent = JSON.parse(site.upstream.chats.at(-1)?.body.toString() ?? '{}').messages;
  expect(sent.map(({ content }: { content: string }) => content)).toEqual(['Count', text, 'Go on']);
  await watcher.stop('SIGTERM');
});

test('a stop lets a run end that can, and refuses new ones meanwhile', async () => {
  const server = await site.start();
  const { script, gate } = gated('One two');
  site.upstream.reply(script);
  gate.release();
  const answered = await site.call(server, '/c1/chat', { message: 'Count', stream: true });
  const reader = readerOf(answered);
  await reader.until('One');
  const stopped = server.stop('SIGTERM');
  await expect.poll(async () => (await site.call(server, '/readyz')).status).toBe(503);
  const refused = await site.call(server, '/c1/chat', { message: 'New' });
  expect([refused.status, refused.headers.get('retry-after') !== null]).toEqual([503, true]);
  gate.open();
  await reader.until('[DONE]');
  expect(await stopped).toBe(0);
  const again = await site.start();
  const run = await json(again, `/c1/runs/${answered.headers.get('x-run-id')}`);
  expect(run.status).toBe('completed');
  await again.stop('SIGTERM');
});

test('a run of another process is cancelled through the database', async () => {
  const [one, other] = await Promise.all([site.start(), site.start()]);
  site.upstream.reply(hangAfter(1));
  const answered = await site.call(one, '/c1/chat', { message: 'Count', stream: true });
  await readerOf(answered).until('One');
  const cancelled = await site.call(other, `/c1/runs/${answered.headers.get('x-run-id')}/cancel`, {});
  expect(await cancelled.json()).toMatchObject({ status: 'cancelled', error: { code: 'run_cancelled' } });
  await site.upstream.chats.at(-1)?.aborted;
  await Promise.all([one.stop('SIGTERM'), other.stop('SIGTERM')]);
});
