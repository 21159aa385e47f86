import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { say } from '../support/upstream/scripts/answers.ts';

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted();
});
afterAll(() => gateway.close());

/** The words that the files of the database hold, their write-ahead log included. */
const kept = (...words: readonly string[]): string[] => {
  const files = readdirSync(gateway.dataDir).filter((name) => name.includes('.db'));
  const bytes = files.map((name) => readFileSync(join(gateway.dataDir, name)));
  return words.filter((word) => bytes.some((one) => one.includes(word)));
};

const create = async (fields: object) =>
  (await gateway.call('POST', '/v1/responses', { model: 'scripted', ...fields })).json();

test('a response that is removed from a longer conversation leaves nothing of its own in the files', async () => {
  const { id } = await create({ input: 'One', instructions: 'QINSTRUCTIONS' });
  const second = await create({
    ...{ input: 'Two', instructions: 'QSECOND', previous_response_id: id },
    metadata: { note: 'QMETADATA' },
  });
  expect(kept('QINSTRUCTIONS', 'QSECOND', 'QMETADATA')).toHaveLength(3);
  for (const one of [id, second.id]) expect((await gateway.call('DELETE', `/v1/responses/${one}`)).status).toBe(200);
  await expect.poll(() => kept('QINSTRUCTIONS', 'QSECOND', 'QMETADATA')).toEqual([]);
});

test.each([null, 'Another'])('a title and a system prompt that become %s are in no file any more', async (later) => {
  gateway.upstream.reply(say('Hello.'));
  const turn = { model: 'scripted', message: 'Hi', system_prompt: 'QPROMPT' };
  const path = `/c1/conversations/${(await gateway.call('POST', '/c1/chat', turn)).headers.get('x-conversation-id')}`;
  await gateway.call('PATCH', path, { title: 'QTITLE' });
  expect(kept('QPROMPT', 'QTITLE')).toHaveLength(2);
  const changed = await gateway.call('PATCH', path, { title: later, system_prompt: later });
  expect(await changed.json()).toMatchObject({ title: later, system_prompt: later });
  await expect.poll(() => kept('QPROMPT', 'QTITLE')).toEqual([]);
});
