import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CreatedKey } from '../../contracts/keys/key.ts';
import { openRaw, query } from '../store/support.ts';
import { readerOf } from '../support/read-events.ts';
import { numberedOf } from '../support/read-run.ts';
import { accountModels } from '../support/start-accounts.ts';
import { bearer } from '../support/start-gateway.ts';
import { type GatewayProcess, startProcess } from '../support/start-process.ts';
import { upstreamKey } from '../support/start-scripted.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { gated, say, words } from '../support/upstream/scripts/answers.ts';
import { hangBeforeHeaders } from '../support/upstream/scripts/failures.ts';
import { type ScriptedUpstream, startUpstream } from '../support/upstream/start-upstream.ts';

let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await startUpstream({ apiKey: upstreamKey });
});
afterAll(() => upstream.close());

const folderOf = () => {
  const folder = tempFolder();
  writeFileSync(join(folder, 'models.yaml'), accountModels(upstream.url));
  return { folder, start: () => startProcess(folder, { UPSTREAM_KEY: upstreamKey, LOG_LEVEL: 'silent' }) };
};

async function createKey(server: GatewayProcess): Promise<CreatedKey> {
  const response = await fetch(`${server.url}/api/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'payer', credit_usd: 1 }),
  });
  return response.json();
}

const turn = { model: 'cheap', message: 'Hi', max_tokens: 50 };

const call = (server: GatewayProcess, { key }: CreatedKey, path: string, body?: object, idempotencyKey = 'once') =>
  fetch(server.url + path, {
    method: body ? 'POST' : 'GET',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      ...(body ? { 'idempotency-key': idempotencyKey } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });

/** What is left in the database once nothing uses it. */
async function booksOf(folder: string) {
  const db = await openRaw(join(folder, 'data'), 'duplex.db');
  const books = {
    charges: query(db, `SELECT count(*) FROM "LedgerEntry" WHERE "kind" = 'charge'`),
    rows: query(db, 'SELECT "outcome" FROM "Usage"'),
    held: query(db, 'SELECT "held" FROM "Wallet"'),
    conversations: query(db, 'SELECT count(*) FROM "Conversation"'),
    messages: query(db, 'SELECT "role", "status" FROM "Message" ORDER BY "role", "key"'),
  };
  db.close();
  return books;
}

/** Of one request each, by their idempotency keys. */
type Interrupted = readonly [key: string, path: string, body: object];
const interrupted: readonly [Interrupted, ...Interrupted[]] = [
  ['json', '/c1/chat', turn],
  ['stream', '/c1/chat', { ...turn, stream: true }],
  ['response', '/v1/responses', { model: 'cheap', input: 'Hi', max_output_tokens: 50 }],
  ['chat', '/v1/chat/completions', { model: 'cheap', messages: [{ role: 'user', content: 'Hi' }], max_tokens: 50 }],
];

test('turns that a kill interrupts, before anything came and after their end, are one turn and one bill each', {
  timeout: 240_000,
}, async () => {
  const { folder, start } = folderOf();
  const first = await start();
  const key = await createKey(first);
  const started = await call(first, key, '/c1/chat', turn, 'whole');
  const whole = await started.text();
  // One of them goes on with this conversation.
  const [[name, path, body], ...others] = interrupted;
  const conversation_id = started.headers.get('x-conversation-id');
  const requests = [[name, path, { ...body, conversation_id }] as const, ...others];
  const before = upstream.chats.length;
  upstream.reply(...requests.map(() => hangBeforeHeaders));
  const lost = requests.map(([name, path, body]) => call(first, key, path, body, name).catch(() => 'cut'));
  await upstream.waitFor(({ chats }) => chats.length === before + requests.length);
  await first.stop('SIGKILL');
  expect(await Promise.all(lost)).toEqual(requests.map(() => 'cut'));

  const second = await start();
  const replayed = await call(second, key, '/c1/chat', turn, 'whole');
  expect([replayed.headers.get('x-gateway-replayed'), await replayed.text()]).toEqual(['true', whole]);
  for (const [name, path, body] of requests) {
    upstream.reply(say('At last.'));
    const retried = await call(second, key, path, body, name);
    expect([retried.status, retried.headers.get('x-gateway-replayed')]).toEqual([200, null]);
    const text = await retried.text();
    const again = await call(second, key, path, body, name);
    expect([again.headers.get('x-gateway-replayed'), await again.text()]).toEqual(['true', text]);
  }
  expect(upstream.chats.length - before).toBe(2 * requests.length);
  await second.stop('SIGTERM');
  const turns = interrupted.length;
  // A turn of each but the stateless chat, and the turn before.
  expect(await booksOf(folder)).toEqual({
    charges: [[turns + 1]],
    rows: Array(turns + 1).fill(['ok']),
    held: [[0]],
    conversations: [[turns - 1]],
    messages: [...Array(turns).fill(['assistant', 'completed']), ...Array(turns).fill(['user', 'completed'])],
  });
});

test('a stream that a kill interrupts is replayed as far as it was written', { timeout: 240_000 }, async () => {
  const { folder, start } = folderOf();
  const { script, gate } = gated(words('One two three four five'));
  upstream.reply(script);
  gate.release(3);
  const before = upstream.chats.length;
  const first = await start();
  // A process reads the keys that another one made when it starts, and then every few seconds.
  const key = await createKey(first);
  // A second process of the same database follows what the first one writes.
  const second = await start();
  const body = { ...turn, stream: true };
  const seen = readerOf(await call(first, key, '/c1/chat', body));
  await seen.until(' three');
  const watched = await call(second, key, '/c1/chat', body);
  expect([watched.status, watched.headers.get('x-gateway-replayed')]).toEqual([200, 'true']);
  await readerOf(watched).until(' three');
  await first.stop('SIGKILL');
  const replayed = await (await call(second, key, '/c1/chat', body)).text();
  expect(replayed).toContain('run_interrupted');
  expect(numberedOf(await seen.until(' three')).slice(0, numberedOf(replayed).length)).toEqual(numberedOf(replayed));
  expect(upstream.chats.length - before).toBe(1);
  await second.stop('SIGTERM');
  const { charges, conversations, messages } = await booksOf(folder);
  expect({ charges, conversations }).toEqual({ charges: [[0]], conversations: [[1]] });
  expect(messages).toEqual([
    ['assistant', 'incomplete'],
    ['user', 'completed'],
  ]);
});
