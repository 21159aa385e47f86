import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CreatedKey } from '../../contracts/keys/key.ts';
import { openRaw, query } from '../store/support.ts';
import { accountModels, ask, CHAT } from '../support/start-accounts.ts';
import { bearer } from '../support/start-gateway.ts';
import { type GatewayProcess, startProcess } from '../support/start-process.ts';
import { upstreamKey } from '../support/start-scripted.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { startUpstream } from '../support/upstream/start-upstream.ts';

const KILLS = 5;
const CLIENTS = 8;
const CREDIT = 50_000_000;

/** Sends requests until the gateway is gone. */
async function spend(server: GatewayProcess, key: string, onAnswer: () => void): Promise<void> {
  for (let i = 0; ; i++) {
    try {
      const response = await fetch(server.url + CHAT, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify(ask('dear', { stream: i % 2 === 0 })),
      });
      await response.text();
      onAnswer();
    } catch {
      return;
    }
  }
}

test('kill -9 at any moment leaves no charge without its usage row', async () => {
  const upstream = await startUpstream({ apiKey: upstreamKey });
  const folder = tempFolder();
  writeFileSync(join(folder, 'models.yaml'), accountModels(upstream.url));
  const variables = { UPSTREAM_KEY: upstreamKey, LOG_LEVEL: 'silent' };
  let key: CreatedKey | undefined;
  for (let kill = 0; kill < KILLS; kill++) {
    const server = await startProcess(folder, variables);
    if (!key) {
      const response = await fetch(`${server.url}/api/keys`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'spender', credit_usd: CREDIT / 1e6 }),
      });
      key = await response.json();
    }
    const { key: secret = '' } = key ?? {};
    // A different point each time: after so many answers, while others are under way.
    let left = 20 + ((kill * 13) % 29);
    const onAnswer = () => {
      if (--left === 0) server.child.kill('SIGKILL');
    };
    await Promise.all(Array.from({ length: CLIENTS }, () => spend(server, secret, onAnswer)));
    await server.stop('SIGKILL');
  }
  // The last start frees what the killed processes held.
  const last = await startProcess(folder, variables);
  expect(await last.stop('SIGTERM')).toBe(0);
  await upstream.close();

  const db = await openRaw(join(folder, 'data'), 'duplex.db');
  const charges = `"LedgerEntry" WHERE "kind" = 'charge'`;
  const [[count] = []] = query(db, `SELECT count(*) FROM ${charges}`);
  expect(Number(count)).toBeGreaterThan(KILLS * 10);
  expect(query(db, `SELECT count(*) FROM ${charges} AND "requestId" NOT IN (SELECT "requestId" FROM "Usage")`)).toEqual(
    [[0]],
  );
  const [[charged] = []] = query(db, `SELECT -SUM("amount") FROM ${charges}`);
  expect(query(db, 'SELECT SUM("cost") FROM "Usage"')).toEqual([[charged]]);
  expect(query(db, 'SELECT "balance", "held" FROM "Wallet"')).toEqual([[CREDIT - Number(charged), 0]]);
  db.close();
});
