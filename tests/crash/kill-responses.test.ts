import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CrashSite, openCrashSite } from '../support/open-crash-site.ts';
import { faultsOf } from '../support/openai-schema.ts';
import { payloadsOf } from '../support/read-events.ts';
import type { GatewayProcess } from '../support/start-process.ts';
import { say } from '../support/upstream/scripts/answers.ts';
import { hangAfter } from '../support/upstream/scripts/failures.ts';

let site: CrashSite;
beforeAll(async () => {
  site = await openCrashSite();
});
afterAll(() => site.close());

const json = async (server: GatewayProcess, path: string, body?: object) =>
  (await site.call(server, path, body)).json();

test('responses and their conversations survive a kill; one that was being given says that it failed', async () => {
  const first = await site.start();
  site.upstream.reply(say('One.'), hangAfter());
  const whole = await json(first, '/v1/responses', { input: 'First', metadata: { topic: 'x' } });
  const cut = await json(first, '/v1/responses', {
    input: 'Second',
    previous_response_id: whole.id,
    background: true,
  });
  expect(cut.status).toBe('in_progress');
  await site.upstream.waitFor(({ chats }) => (chats.at(-1)?.written ?? 0) >= 2);
  await first.stop('SIGKILL');

  const second = await site.start();
  expect(await json(second, `/v1/responses/${whole.id}`)).toEqual(whole);
  const failed = await json(second, `/v1/responses/${cut.id}`);
  expect(failed).toMatchObject({ status: 'failed', background: true, error: { code: 'server_error' } });
  expect(faultsOf('Response', failed)).toEqual([]);
  const events = payloadsOf(await (await site.call(second, `/v1/responses/${cut.id}?stream=true`)).text());
  expect(JSON.parse(events.at(-1) ?? '')).toMatchObject({ type: 'response.failed', response: { id: cut.id } });
  expect((await json(second, `/v1/responses/${cut.id}/input_items`)).data).toHaveLength(1);

  site.upstream.reply(say('Three.'));
  const third = await json(second, '/v1/responses', { input: 'Third', previous_response_id: whole.id });
  expect(third.status).toBe('completed');
  const { messages } = JSON.parse(site.upstream.chats.at(-1)?.body.toString() ?? '{}');
  expect(messages.map(({ content }: { content: string }) => content)).toEqual(['First', 'One.', 'Third']);
  await second.stop('SIGTERM');
});

test('a stop ends what is given in the background, and says so afterwards', async () => {
  const first = await site.start();
  site.upstream.reply(hangAfter());
  const before = site.upstream.chats.length;
  const cut = await json(first, '/v1/responses', { input: 'Hi', background: true });
  await site.upstream.waitFor(({ chats }) => chats.length > before && (chats.at(-1)?.written ?? 0) >= 2);
  expect(await first.stop('SIGTERM')).toBe(0);
  const second = await site.start();
  expect((await json(second, `/v1/responses/${cut.id}`)).status).toMatch(/^(failed|cancelled)$/);
  await second.stop('SIGTERM');
});
