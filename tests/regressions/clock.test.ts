import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { collect, connectClient, asked as request, textOf } from '../clients/support.ts';
import { type Chain, startChain } from '../routing/start-chain.ts';
import { readerOf } from '../support/read-events.ts';
import { setClock } from '../support/set-clock.ts';
import { startScripted } from '../support/start-scripted.ts';
import { gated, say } from '../support/upstream/scripts/answers.ts';
import { refuse } from '../support/upstream/scripts/refusals.ts';

const HOURS = 60 * 60 * 1000;
/** Every sweep of deadlines has passed by then; on a busy machine the test only proves less. */
const sweeps = () => sleep(1_500);

const open: { close(): Promise<void> }[] = [];
let restore: () => void = () => undefined;
afterEach(async () => {
  restore();
  await Promise.all(open.splice(0).map((one) => one.close()));
});

describe('a clock that is set', () => {
  test.each([
    ['forward', 2 * HOURS],
    ['back', -2 * HOURS],
  ])('%s by two hours ends no stream, no JSON answer and no subscription', async (_way, byMs) => {
    const gateway = await startScripted();
    open.push(gateway);
    const answers = Array.from({ length: 6 }, () => gated('one two three'));
    for (const { script } of answers) gateway.upstream.reply(script);
    const messages = [{ role: 'user', content: 'Hi' }];
    const ask = (path: string, body: object) => gateway.call('POST', path, { model: 'scripted', ...body });
    const streams = Promise.all([
      ask('/v1/chat/completions', { messages, stream: true }),
      ask('/c1/chat', { message: 'Hi', stream: true }),
      ask('/v1/messages', { messages, max_tokens: 100, stream: true }),
      ask('/v1/responses', { input: 'Hi', stream: true }),
    ]);
    const whole = ask('/v1/chat/completions', { messages });
    const { client } = connectClient(gateway);
    const subscription = collect(client.streamChat(request));
    await gateway.upstream.waitFor(({ chats }) => chats.length === 6);
    for (const { gate } of answers) gate.release();
    restore = setClock(byMs);
    await sweeps();
    for (const { gate } of answers) gate.open();
    for (const stream of await streams) await readerOf(stream).until('three');
    expect((await whole).status).toBe(200);
    expect(textOf(await subscription)).toBe('one two three');
    await client.close();
  });

  test('back by two hours does not keep the circuit of a backend open', async () => {
    const chain: Chain = await startChain({ env: { CIRCUIT_FAILURES: '2', CIRCUIT_COOLDOWN_SECONDS: '0.2' } });
    open.push(chain);
    chain.upstreams[0]?.on('m', refuse('unavailable'));
    for (let i = 0; i < 2; i++) await (await chain.ask()).text();
    restore = setClock(-2 * HOURS);
    chain.upstreams[0]?.on('m', say('Back again.'));
    await expect.poll(async () => (await chain.ask()).headers.get('x-gateway-backend')).toBe('p0/m');
    const { routes } = await (await chain.call('GET', '/readyz')).json();
    expect(routes[0]).toMatchObject({ backend: 'p0/m', state: 'closed' });
  });

  test('back by two hours does not keep a backend paused that said when to retry', async () => {
    const chain = await startChain();
    open.push(chain);
    chain.upstreams[0]?.reply(refuse('rate-limited', { 'retry-after': '1' }));
    await (await chain.ask()).text();
    restore = setClock(-2 * HOURS);
    await expect.poll(async () => (await chain.ask()).headers.get('x-gateway-backend')).toBe('p0/m');
  });

  test('forward by two hours fills no bucket of requests', async () => {
    const limited = await startScripted({ env: { RATE_LIMIT_PER_SECOND: '0.001', RATE_LIMIT_BURST: '2' } });
    open.push(limited);
    for (let i = 0; i < 2; i++) expect((await limited.call('GET', '/v1/models')).status).toBe(200);
    restore = setClock(2 * HOURS);
    expect((await limited.call('GET', '/v1/models')).status).toBe(429);
  });
});
