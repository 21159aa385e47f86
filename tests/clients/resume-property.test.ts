import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TurnChunk } from '../../clients/typescript/src/index.ts';
import { type CuttingProxy, startProxy } from '../support/start-proxy.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { gated } from '../support/upstream/scripts/answers.ts';
import { connectClient } from './support.ts';

let gateway: ScriptedGateway;
let proxy: CuttingProxy;
beforeAll(async () => {
  gateway = await startScripted();
  proxy = await startProxy(gateway.url);
});
afterAll(async () => {
  await proxy.close();
  await gateway.close();
});

const reader = fc.record({
  transport: fc.constantFrom('auto', 'websocket', 'sse'),
  after: fc.integer({ min: -1, max: 6 }),
});
const cut = fc.record({
  /** How many tokens come before it. */
  tokens: fc.integer({ min: 0, max: 4 }),
  websockets: fc.constantFrom('pass', 'pass', 'refuse'),
});
const scenario = fc.record({
  texts: fc.array(fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }), { minLength: 1, maxLength: 20 }),
  transport: fc.constantFrom('auto', 'websocket', 'sse'),
  cuts: fc.array(cut, { maxLength: 4 }),
  watchers: fc.array(reader, { maxLength: 3 }),
});

async function readAll(stream: AsyncIterable<TurnChunk>): Promise<unknown[]> {
  const chunks: unknown[] = [];
  // What was said of the answer at its beginning is told to the reader that began it alone.
  for await (const { gateway: _, ...chunk } of stream) chunks.push(chunk);
  return chunks;
}

test('whoever reads, from wherever, over whatever, sees every chunk once, however often the network is cut', async () => {
  const property = fc.asyncProperty(scenario, async ({ texts, transport, cuts, watchers }) => {
    const before = gateway.upstream.chats.length;
    const { script, gate } = gated(texts);
    gateway.upstream.reply(script);
    gate.release(1);
    const { client } = connectClient(proxy, { transport });
    const others = watchers.map(({ transport: way, after }) => ({
      after,
      client: connectClient(proxy, { transport: way }).client,
    }));
    const turn = client.streamTurn({ model: 'scripted', message: 'Speak.' });
    const first = await turn.next();
    if (first.done) throw new Error('Nothing came.');
    const { run_id } = first.value;
    const reading = readAll(turn);
    const watching = others.map((other) => readAll(other.client.watch(run_id, { after: other.after })));
    for (const { tokens, websockets } of cuts) {
      gate.release(tokens);
      proxy.websockets =
        transport === 'websocket' || watchers.some((one) => one.transport === 'websocket') ? 'pass' : websockets;
      proxy.cut();
    }
    gate.open();

    const direct = connectClient(gateway).client;
    const all = await readAll(direct.watch(run_id));
    const { gateway: _, ...opening } = first.value;
    expect([opening, ...(await reading)]).toEqual(all);
    for (const [i, { after }] of watchers.entries()) expect(await watching[i]).toEqual(all.slice(after + 1));
    expect(gateway.upstream.chats.length - before).toBe(1);
    proxy.websockets = 'pass';
    await Promise.all([client, direct, ...others.map((other) => other.client)].map((one) => one.close()));
  });
  // U+2028 and U+2029 end a line of JavaScript, and none of a stream.
  const texts = ['a', '\u2028b', 'c\u2029', '\u0085'];
  await fc.assert(property, { numRuns: 25, examples: [[{ texts, transport: 'sse', cuts: [], watchers: [] }]] });
});
