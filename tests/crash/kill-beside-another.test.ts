import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CreatedKey } from '../../contracts/keys/key.ts';
import type { Wallet } from '../../contracts/wallets/wallet.ts';
import { accountModels, ask, CHAT } from '../support/start-accounts.ts';
import { bearer } from '../support/start-gateway.ts';
import { startProcess } from '../support/start-process.ts';
import { upstreamKey } from '../support/start-scripted.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { hangAfter } from '../support/upstream/scripts/failures.ts';
import { startUpstream } from '../support/upstream/start-upstream.ts';

test('a process that lives frees what one beside it held when it was killed', async () => {
  const upstream = await startUpstream({ apiKey: upstreamKey });
  const folder = tempFolder();
  writeFileSync(join(folder, 'models.yaml'), accountModels(upstream.url));
  const variables = { UPSTREAM_KEY: upstreamKey };
  const [killed, living] = [await startProcess(folder, variables), await startProcess(folder, variables)];
  const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' };
  // By the process that it is used at: others read it a little later.
  const body = JSON.stringify({ name: 'spender', credit_usd: 50 });
  const created = await fetch(`${killed.url}/api/keys`, { method: 'POST', headers, body });
  const { key, owner }: CreatedKey = await created.json();
  const held = async () => {
    const wallet: Wallet = await (await fetch(`${living.url}/api/wallets/${owner}`, { headers })).json();
    return wallet.held_usd;
  };

  upstream.reply(hangAfter(2));
  const cut = fetch(killed.url + CHAT, {
    method: 'POST',
    headers: { ...headers, authorization: `Bearer ${key}` },
    body: JSON.stringify(ask('dear', { stream: true })),
  }).then(
    (response) => response.text().catch(() => null),
    () => null,
  );
  await expect.poll(held).toBeGreaterThan(0);
  await killed.stop('SIGKILL');
  await cut;
  await expect.poll(held, { timeout: 300_000, interval: 500 }).toBe(0);
  await expect.poll(() => living.output()).toContain('what they held is free again');
  expect(await living.stop('SIGTERM')).toBe(0);
  await upstream.close();
});
