import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dial } from '../support/dial.ts';
import { numberedOf, sentEventsOf } from '../support/read-run.ts';
import { bearer } from '../support/start-gateway.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { gated } from '../support/upstream/scripts/answers.ts';

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted();
});
afterAll(() => gateway.close());

const authorization = `Bearer ${bearer}`;

/** An event as a client has it: of SSE its bytes, of a websocket its value. */
interface Seen {
  readonly number: number;
  readonly chunk: unknown;
  readonly bytes: string | null;
}

/** What one client has seen, whichever ways it came back by. */
class Client {
  readonly seen: Seen[] = [];
  hasEnd = false;

  get last(): number {
    return this.seen.length - 1;
  }

  take(number: number, chunk: unknown, bytes: string | null): void {
    // No gap, and no duplicate.
    expect(number).toBe(this.seen.length);
    this.seen.push({ number, chunk, bytes });
  }
}

/** Reads server-sent events until so many came, then cuts the connection. */
async function readSse(client: Client, response: Response, most: number, cut: () => void): Promise<void> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let taken = 0;
  for (;;) {
    const read = await reader?.read().catch(() => undefined);
    if (!read || read.done) {
      if (read) client.hasEnd ||= sentEventsOf(text).some(({ id }) => id === undefined);
      return;
    }
    text += decoder.decode(read.value, { stream: true });
    for (const { id, data } of numberedOf(text).slice(taken)) {
      client.take(Number(id), JSON.parse(data), data);
      taken += 1;
      if (taken < most) continue;
      cut();
      return;
    }
  }
}

/** The same over a websocket. */
async function readWebsocket(client: Client, path: string, input: object, most: number): Promise<void> {
  const { socket, say, next } = await dial(gateway, { headers: { authorization } });
  say({ id: 1, method: 'subscription', params: { path, input } });
  for (let taken = 0; ; ) {
    const { result, error } = await next();
    if (error || result?.type === 'stopped') {
      client.hasEnd = true;
      break;
    }
    if (result?.type !== 'data' || !result.data) continue;
    const { run_id: _, conversation_id: __, ...chunk } = { run_id: '', ...result.data.data };
    client.take(Number(result.id), chunk, null);
    taken += 1;
    if (taken >= most) break;
  }
  socket.terminate();
}

async function comeBack(client: Client, run: string, { transport, most }: { transport: string; most: number }) {
  const after = client.last;
  if (transport === 'sse') {
    const cut = new AbortController();
    const headers = { authorization, ...(after < 0 ? {} : { 'last-event-id': String(after) }) };
    const response = await fetch(`${gateway.url}/c1/runs/${run}/events`, { headers, signal: cut.signal });
    await readSse(client, response, most, () => cut.abort());
    return;
  }
  const place = { run_id: run, ...(after < 0 ? {} : { lastEventId: String(after) }) };
  const isTurn = transport === 'turn' && after >= 0;
  const input = isTurn ? { model: 'scripted', message: 'Again', ...place } : place;
  await readWebsocket(client, isTurn ? 'c1.chat.stream' : 'c1.runs.events', input, most);
}

const visit = fc.record({
  transport: fc.constantFrom('sse', 'websocket', 'turn'),
  most: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.constant(1_000)),
});
const scenario = fc.record({
  texts: fc.array(fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }), { minLength: 1, maxLength: 25 }),
  end: fc.constantFrom<'destroy' | 'end' | undefined>('destroy', undefined, undefined),
  first: fc.integer({ min: 1, max: 12 }),
  clients: fc.array(fc.array(visit, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }),
});

test('whoever cuts, comes back and watches, by whichever transport, sees every event once', async () => {
  const property = fc.asyncProperty(scenario, async ({ texts, end, first, clients }) => {
    const before = gateway.upstream.chats.length;
    const { script, gate } = gated(texts, end ? { cut: { tokens: texts.length, how: end } } : {});
    gateway.upstream.reply(script);
    gate.release(1 + Math.floor(texts.length / 2));
    const starter = new Client();
    const cut = new AbortController();
    const started = await fetch(`${gateway.url}/c1/chat`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'scripted', message: 'Go', stream: true }),
      signal: cut.signal,
    });
    // The upstream broke off before its first token: there is no run to watch.
    if (started.status !== 200) return;
    const run = started.headers.get('x-run-id') ?? '';
    const watchers = clients.map(() => new Client());
    const reading = readSse(starter, started, first, () => cut.abort());
    const watching = watchers.map(async (client, i) => {
      for (const plan of clients[i] ?? []) if (!client.hasEnd) await comeBack(client, run, plan);
    });
    gate.open();
    await Promise.all([reading, ...watching]);

    // Whoever comes last sees all of it.
    const reference = new Client();
    await comeBack(reference, run, { transport: 'sse', most: 1_000 });
    expect(reference.hasEnd).toBe(true);
    for (const client of [starter, ...watchers]) {
      await comeBack(client, run, { transport: 'websocket', most: 1_000 });
      expect(client.hasEnd).toBe(true);
      expect(client.seen.map(({ chunk }) => chunk)).toEqual(reference.seen.map(({ chunk }) => chunk));
      for (const { number, bytes } of client.seen) {
        if (bytes !== null) expect(bytes).toBe(reference.seen[number]?.bytes);
      }
    }
    const text = reference.seen.map(({ bytes }) => JSON.parse(bytes ?? '{}').choices[0]?.delta?.content ?? '').join('');
    // An upstream that breaks off may take its last tokens with it.
    if (end) expect(texts.join('').startsWith(text)).toBe(true);
    else expect(text).toBe(texts.join(''));
    // One upstream call, however many watched.
    expect(gateway.upstream.chats.length - before).toBe(1);
  });
  await fc.assert(property, { numRuns: 60 });
});
