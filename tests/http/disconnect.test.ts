import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { keepPace } from '../support/keep-pace.ts';
import { openRaw } from '../support/raw-request.ts';
import { readerOf } from '../support/read-events.ts';
import { bearer } from '../support/start-gateway.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import type { RecordedRequest } from '../support/upstream/recorded-request.ts';
import { gated, say } from '../support/upstream/scripts/answers.ts';
import { endlessStream, hangAfter, hangBeforeHeaders } from '../support/upstream/scripts/failures.ts';

const hi = { model: 'scripted', messages: [{ role: 'user', content: 'Hi' }] };
// A turn goes on by itself unless it says this.
const turn = { model: 'scripted', message: 'Hi', on_disconnect: 'cancel' };
const ways = [
  ['/v1 JSON', '/v1/chat/completions', hi],
  ['/v1 SSE', '/v1/chat/completions', { ...hi, stream: true }],
  ['/c1 JSON', '/c1/chat', turn],
  ['/c1 SSE', '/c1/chat', { ...turn, stream: true }],
] as const;
const streams = ways.filter(([, , body]) => 'stream' in body);

let gateway: ScriptedGateway;
const faults: unknown[] = [];
const noteFault = (fault: unknown) => void faults.push(fault);
beforeAll(async () => {
  process.on('uncaughtException', noteFault).on('unhandledRejection', noteFault);
  gateway = await startScripted();
});
afterAll(async () => {
  await gateway.close();
  process.off('uncaughtException', noteFault).off('unhandledRejection', noteFault);
});
beforeEach(() => {
  faults.length = 0;
});

/** A request that can be left. */
function send(path: string, body: object) {
  const leaving = new AbortController();
  const response = fetch(gateway.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: leaving.signal,
  });
  response.catch(() => undefined);
  return { response, leave: () => leaving.abort() };
}

/** The next chat that reaches the upstream. */
function nextChat(): Promise<RecordedRequest> {
  const seen = gateway.upstream.chats.length;
  return gateway.upstream.waitForChat((request) => gateway.upstream.chats.indexOf(request) >= seen);
}

describe.each(ways)('a client of %s that disconnects', (_way, path, body) => {
  test('before the first token closes the upstream within a second', () =>
    keepPace(300, async () => {
      gateway.upstream.reply(hangBeforeHeaders);
      const asked = nextChat();
      const { leave } = send(path, body);
      const upstream = await asked;
      const left = performance.now();
      leave();
      expect((await upstream.aborted).at - left).toBeLessThan(1_000);
    }));

  test('by a cut of its connection closes the upstream too', () =>
    keepPace(300, async () => {
      gateway.upstream.reply(hangBeforeHeaders);
      const asked = nextChat();
      const text = JSON.stringify(body);
      const { socket } = openRaw(gateway.url);
      socket.write(
        `POST ${path} HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer ${bearer}\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
      );
      const upstream = await asked;
      const left = performance.now();
      socket.resetAndDestroy();
      expect((await upstream.aborted).at - left).toBeLessThan(1_000);
    }));
});

describe.each(streams)('a client of %s that disconnects', (_way, path, body) => {
  test('after the first token closes the upstream within a second', () =>
    keepPace(300, async () => {
      gateway.upstream.reply(hangAfter(1));
      const asked = nextChat();
      const { response, leave } = send(path, body);
      await readerOf(await response).until('One');
      const upstream = await asked;
      const left = performance.now();
      leave();
      expect((await upstream.aborted).at - left).toBeLessThan(1_000);
    }));

  test('in the middle of a flood closes the upstream within a second', () =>
    keepPace(300, async () => {
      gateway.upstream.reply(endlessStream());
      const asked = nextChat();
      const { response, leave } = send(path, body);
      const reader = readerOf(await response);
      await reader.next();
      await reader.next();
      const upstream = await asked;
      const left = performance.now();
      leave();
      expect((await upstream.aborted).at - left).toBeLessThan(1_000);
    }));

  test('after the whole answer aborts nothing', async () => {
    gateway.upstream.reply(say('All of it.'));
    const asked = nextChat();
    const { response, leave } = send(path, body);
    expect(await (await response).text()).toMatch(/\[DONE\]\n\n$/);
    const upstream = await asked;
    await upstream.closed;
    leave();
    expect([upstream.finished, upstream.closedEarly]).toEqual([true, false]);
  });
});

test('a token reaches the client while the next one is still being made', async () => {
  const { script, gate } = gated('One two three');
  gateway.upstream.reply(script);
  const { response } = send('/v1/chat/completions', { ...hi, stream: true });
  await gate.reached();
  gate.release();
  const reader = readerOf(await response);
  expect(await reader.until('One')).not.toContain('two');
  gate.release();
  expect(await reader.until(' two')).not.toContain('three');
  gate.open();
  await reader.until('[DONE]');
});

test('a client that is slow to read does not make the gateway read the upstream to its end', async () => {
  const bytes = 64 * 1024;
  gateway.upstream.reply(say(Array.from({ length: 2_000 }, () => 'x'.repeat(bytes))));
  const asked = nextChat();
  const { response, leave } = send('/v1/chat/completions', { ...hi, stream: true });
  const answer = await response;
  const upstream = await asked;
  // Nothing held it if it runs on to its end; it is held when it stands still while others are served.
  for (let still = 0, before = -1; still < 50 && upstream.written < 1_990; before = upstream.written) {
    expect((await gateway.call('GET', '/v1/models')).status).toBe(200);
    still = upstream.written === before ? still + 1 : 0;
  }
  expect(upstream.written * bytes).toBeLessThan(32 * 1024 * 1024);
  expect(upstream.closedEarly).toBe(false);
  leave();
  await upstream.aborted;
  await answer.text().catch(() => undefined);
});

test('hundreds of clients that abort at every moment harm nobody', async () => {
  const rounds = 10;
  for (let round = 0; round < rounds; round++) {
    const clients = ways.flatMap(([, path, body]) =>
      Array.from({ length: 10 }, (_, i) => {
        gateway.upstream.reply(
          i % 3 === 0 ? hangAfter(1) : i % 3 === 1 ? hangBeforeHeaders : say('One two three four.'),
        );
        return send(path, body);
      }),
    );
    await Promise.all(
      clients.map(async ({ response, leave }, i) => {
        if (i % 4 === 0) return leave();
        if (i % 4 === 1) await gateway.call('GET', '/healthz').then((answer) => answer.text());
        if (i % 4 === 2) {
          // Whatever comes first: the head of the answer, or that of another request.
          await Promise.race([response.catch(() => undefined), gateway.call('GET', '/v1/models')]);
        }
        if (i % 4 === 3) await gateway.upstream.waitFor(({ open }) => open >= 0);
        leave();
      }),
    );
  }
  await gateway.upstream.waitFor(({ open }) => open === 0, 'every request closed');
  expect(faults).toEqual([]);
  // Scripts that no request came for are still queued; the answer must be that of a new gateway.
  const fresh = await gateway.call('GET', '/readyz');
  expect([fresh.status, (await fresh.json()).status]).toEqual([200, 'ready']);
  const conversations = await (await gateway.call('GET', '/c1/conversations?limit=100')).json();
  for (const { id } of conversations.items.slice(0, 20)) {
    const { messages } = await (await gateway.call('GET', `/c1/conversations/${id}`)).json();
    expect(messages.map(({ status }: { status: string }) => status)).not.toContain('in_progress');
  }
});
