import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRaw } from '../store/support.ts';
import { type AccountsGateway, ask, CHAT, startAccounts } from '../support/start-accounts.ts';
import { gated } from '../support/upstream/scripts/answers.ts';

let gateway: AccountsGateway;
beforeAll(async () => {
  gateway = await startAccounts();
  // The first answers are slower than the others.
  for (const stream of [false, true]) await (await gateway.call('POST', CHAT, ask('cheap', { stream }))).text();
});
afterAll(() => gateway.close());

const waitMs = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test.each([
  ['JSON', false],
  ['a stream', true],
])('an answer in %s is not complete before its charge is on disk', async (_way, stream) => {
  const key = await gateway.createKey({ credit_usd: 1 });
  const { script, gate } = gated('Hello.', { usage: { prompt: 10, completion: 5 }, tellUsage: 'always' });
  gateway.upstream.reply(script);
  let isComplete = false;
  const answer = gateway
    .as(key)('POST', CHAT, ask('cheap', { stream }))
    .then((response) => response.text())
    .finally(() => {
      isComplete = true;
    });
  await gate.reached();
  const db = await openRaw(gateway.dataDir, 'duplex.db');
  // Nothing can be written now.
  db.exec('BEGIN IMMEDIATE');
  gate.open();
  await waitMs(700);
  const wasComplete = isComplete;
  db.exec('ROLLBACK');
  db.close();
  expect(wasComplete).toBe(false);
  expect(await answer).toContain('Hello.');
});

test('an answer does not wait for ever for a database that takes nothing', async () => {
  const key = await gateway.createKey({ credit_usd: 1 });
  const { script, gate } = gated('Hello.', { usage: { prompt: 10, completion: 5 }, tellUsage: 'always' });
  gateway.upstream.reply(script);
  const answer = gateway
    .as(key)('POST', CHAT, ask('cheap'))
    .then((response) => response.text());
  await gate.reached();
  const db = await openRaw(gateway.dataDir, 'duplex.db');
  db.exec('BEGIN IMMEDIATE');
  gate.open();
  expect(await answer).toContain('Hello.');
  db.exec('ROLLBACK');
  db.close();
  await expect.poll(async () => (await gateway.walletOf(key)).balance_usd).toBeLessThan(1);
});
