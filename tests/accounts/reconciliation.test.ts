import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { CreatedKey } from '../../contracts/keys/key.ts';
import { openRaw, query } from '../store/support.ts';
import { Random } from '../support/random.ts';
import { type AccountsGateway, accountModels, ask, CHAT, startAccounts } from '../support/start-accounts.ts';
import { bearer } from '../support/start-gateway.ts';
import { startProcess } from '../support/start-process.ts';
import { upstreamKey } from '../support/start-scripted.ts';
import { tempFolder } from '../support/temp-folder.ts';
import type { Script } from '../support/upstream/exchange.ts';
import { say } from '../support/upstream/scripts/answers.ts';
import {
  destroyAfter,
  destroyBeforeHeaders,
  endWithoutFinish,
  errorInStream,
  hangAfter,
  hangBeforeHeaders,
} from '../support/upstream/scripts/failures.ts';
import { startUpstream } from '../support/upstream/start-upstream.ts';

const Asked = z.object({ user: z.string() });

const REQUESTS = 1_200;
const AT_ONCE = 40;

/** How long a client waits for an upstream that says nothing more, in ms. */
const PATIENCE_MS = 20;

/** Every way in which a request can end, decided anew for each by the seed. `leave` makes its client go. */
function fate(random: Random, leave: () => void): Script {
  const usage = { prompt: random.int(1, 500), completion: random.int(0, 200), cached: random.int(0, 400) };
  const thenLeave =
    (script: Script): Script =>
    async (exchange) => {
      await script(exchange);
      setTimeout(leave, PATIENCE_MS);
    };
  return random.pick<Script>([
    say('Hello there, you.', { usage }),
    say('Hello there.', { usage }),
    destroyBeforeHeaders,
    destroyAfter(random.int(1, 3)),
    endWithoutFinish(2),
    errorInStream(),
    thenLeave(hangAfter(random.int(1, 3))),
    thenLeave(hangBeforeHeaders),
  ]);
}

/** The clients that wait, by what they call their user. */
type Clients = Map<string, AbortController>;

async function oneRequest(
  gateway: AccountsGateway,
  { random, key, clients, user }: { random: Random; key: CreatedKey; clients: Clients; user: string },
): Promise<void> {
  const model = random.pick(['dear', 'chain', 'cheap']);
  const stream = random.chance(0.6);
  const turn = { model, user, message: 'Hi', max_tokens: random.int(1, 300), stream, on_disconnect: 'cancel' };
  const [path, body] = random.chance(0.3) ? ['/c1/chat', turn] : [CHAT, ask(model, { user, stream })];
  const leaving = new AbortController();
  clients.set(user, leaving);
  try {
    const response = await fetch(gateway.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key.key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: leaving.signal,
    });
    await response.text();
  } catch {
    // It left.
  }
}

test(`${REQUESTS} requests that end in every way: wallet, ledger and usage rows agree to the micro-USD`, async () => {
  const random = new Random(20_261_121);
  const clients: Clients = new Map();
  const gateway = await startAccounts({ UPSTREAM_RETRIES: '0', CIRCUIT_FAILURES: '1000000' });
  for (const name of ['dear', 'cheap', 'first', 'second']) {
    gateway.upstream.on(`${name}-model`, (exchange) => {
      const { user } = Asked.parse(exchange.request.json);
      return fate(random, () => clients.get(user)?.abort())(exchange);
    });
  }
  const credit = [0.05, 0.2, 5] as const;
  const keys = await Promise.all([
    gateway.createKey({ credit_usd: credit[0] }),
    gateway.createKey({ credit_usd: credit[1] }),
    gateway.createKey({ credit_usd: credit[2] }),
  ]);
  const underWay = new Set<Promise<void>>();
  const [poor, middling, rich] = keys;
  for (let i = 0; i < REQUESTS; i++) {
    const work = oneRequest(gateway, { random, clients, user: `user-${i}`, key: random.pick([poor, middling, rich]) });
    underWay.add(work);
    work.finally(() => underWay.delete(work));
    if (underWay.size >= AT_ONCE) await Promise.race(underWay);
  }
  await Promise.all(underWay);
  for (const key of keys) {
    await expect.poll(async () => (await gateway.walletOf(key)).held_usd).toBe(0);
  }

  await gateway.store.usage.flush();
  const db = await openRaw(gateway.dataDir, 'duplex.db');
  const one = (sql: string) => Number(query(db, sql)[0]?.[0]);
  const rows = one('SELECT count(*) FROM "Usage"');
  const outcomes = query(db, 'SELECT "outcome", count(*), SUM("cost") FROM "Usage" GROUP BY 1 ORDER BY 1');
  let spent = 0;
  for (const [i, key] of keys.entries()) {
    const { balance_usd } = await gateway.walletOf(key);
    const balance = Math.round(balance_usd * 1e6);
    const ledger = one(`SELECT SUM("amount") FROM "LedgerEntry" WHERE "owner" = '${key.owner}'`);
    const used = one(`SELECT SUM("cost") FROM "Usage" WHERE "keyId" = '${key.id}'`);
    const charged = one(
      `SELECT -SUM("amount") FROM "LedgerEntry" WHERE "owner" = '${key.owner}' AND "kind" = 'charge'`,
    );
    expect(balance).toBe(ledger);
    // An answer that comes to more than was reserved is paid as far as the wallet goes.
    if (key === rich) expect(charged).toBe(used);
    else expect(charged).toBeLessThanOrEqual(used);
    expect(balance).toBe((credit[i] ?? 0) * 1e6 - charged);
    expect(balance).toBeGreaterThanOrEqual(0);
    spent += charged;
  }
  // No request was charged twice, and none that was never answered.
  expect(
    query(db, `SELECT "requestId" FROM "LedgerEntry" WHERE "kind" = 'charge' GROUP BY 1 HAVING count(*) > 1`),
  ).toEqual([]);
  expect(query(db, 'SELECT count(*) FROM "Usage" WHERE "firstTokenMs" IS NULL AND "cost" > 0')).toEqual([[0]]);
  db.close();
  console.info(
    `reconciled ${rows} requests that were let in, of ${REQUESTS}, worth ${spent} micro-USD: ${JSON.stringify(outcomes)}`,
  );
  // A long answer may need more than its wallet has left: whether one does depends on which requests ran beside it.
  const ways = outcomes.map(([outcome]) => outcome).filter((outcome) => outcome !== 'insufficient_balance');
  expect(ways).toEqual(['cancelled', 'ok', 'upstream_broken']);
  expect(rows).toBeLessThan(REQUESTS);
  await gateway.close();
});

test('a gateway that is killed amid its streams holds nothing after its next start', async () => {
  const upstream = await startUpstream({ apiKey: upstreamKey, fallback: hangAfter(2) });
  const cwd = tempFolder();
  writeFileSync(join(cwd, 'models.yaml'), accountModels(upstream.url));
  const variables = { UPSTREAM_KEY: upstreamKey, LOG_LEVEL: 'silent' };
  const call = async (url: string, method: string, path: string, key: string, body?: object) =>
    fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
  const first = await startProcess(cwd, variables);
  const key: CreatedKey = await (
    await call(first.url, 'POST', '/api/keys', bearer, { name: 'x', credit_usd: 1, concurrent_requests: 10 })
  ).json();
  const wallet = async (url: string) => (await call(url, 'GET', `/api/wallets/${key.owner}`, bearer)).json();
  for (let i = 0; i < 10; i++) {
    call(first.url, 'POST', CHAT, key.key, ask('dear', { stream: true })).then(
      (response) => response.text().catch(() => ''),
      () => '',
    );
  }
  await upstream.waitFor(({ chats }) => chats.length === 10);
  expect((await wallet(first.url)).held_usd).toBeGreaterThan(0.01);
  await first.stop('SIGKILL');
  const second = await startProcess(cwd, variables);
  expect(await wallet(second.url)).toEqual({ owner: key.owner, balance_usd: 1, held_usd: 0 });
  await second.stop('SIGTERM');
  await upstream.close();
});
