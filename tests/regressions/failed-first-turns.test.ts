import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dial } from '../support/dial.ts';
import { bearer } from '../support/start-gateway.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { destroyBeforeHeaders, errorInStream } from '../support/upstream/scripts/failures.ts';
import { empty200, refuse } from '../support/upstream/scripts/refusals.ts';

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted({ env: { CIRCUIT_FAILURES: '1000' } });
});
afterAll(() => gateway.close());

const total = async (): Promise<number> => (await (await gateway.call('GET', '/c1/conversations')).json()).total;

const turn = { model: 'scripted', message: 'hello' };
const response = { model: 'scripted', input: 'hello' };

async function overRest(path: string, body: object): Promise<string> {
  const answer = await gateway.call('POST', path, body);
  expect(answer.headers.get('x-conversation-id')).toBeNull();
  return answer.text();
}

async function overWebsocket(): Promise<string> {
  const { say, nextText, socket } = await dial(gateway, { headers: { authorization: `Bearer ${bearer}` } });
  say({ id: 1, method: 'subscription', params: { path: 'c1.chat.stream', input: turn } });
  let seen = '';
  while (!seen.includes('"error"')) seen += await nextText();
  socket.terminate();
  return seen;
}

const input = encodeURIComponent(JSON.stringify(turn));

/** Every way to ask for a first turn that is stored. */
const doors: readonly (readonly [name: string, ask: () => Promise<string>])[] = [
  ['/c1/chat as JSON', () => overRest('/c1/chat', turn)],
  ['/c1/chat as a stream', () => overRest('/c1/chat', { ...turn, stream: true })],
  ['tRPC, a mutation', () => overRest('/trpc/c1.chat.create', turn)],
  [
    'tRPC, a subscription over SSE',
    async () => (await gateway.call('GET', `/trpc/c1.chat.stream?input=${input}`)).text(),
  ],
  ['tRPC over a websocket', overWebsocket],
  ['/v1/responses as JSON', () => overRest('/v1/responses', response)],
  ['/v1/responses as a stream', () => overRest('/v1/responses', { ...response, stream: true })],
];

const failures = [
  ['an outage', refuse('unavailable')],
  ['a quota', refuse('rate-limited')],
  ['a refusal', refuse('bad-request')],
  ['a connection that is cut', destroyBeforeHeaders],
  ['an empty answer', empty200],
  ['an error before the first token', errorInStream({ tokens: 0 })],
] as const;

describe.each(doors)('a first turn by %s', (name, ask) => {
  test.each(failures)('that fails by %s leaves nothing behind', async (what, script) => {
    if (what === 'an error before the first token' && /JSON|mutation/.test(name)) return;
    const before = await total();
    gateway.upstream.reply(script);
    const told = await ask();
    expect(told).toMatch(/upstream_|model_|invalid_prompt|server_error/);
    expect(told).not.toContain('conv_');
    expect(await total()).toBe(before);
  });
});

test.each([false, true])(
  'a retry of a response in a conversation (stream: %s) asks its question once',
  async (stream) => {
    const { id } = await (await gateway.call('POST', '/v1/conversations', {})).json();
    gateway.upstream.reply(refuse('unavailable'), refuse('server-error'));
    const statuses = [];
    for (let i = 0; i < 3; i++) {
      const answer = await gateway.call('POST', '/v1/responses', { ...response, conversation: id, stream });
      await answer.text();
      statuses.push(answer.status);
    }
    expect(statuses).toEqual([503, 502, 200]);
    const { data } = await (await gateway.call('GET', `/v1/conversations/${id}/items?order=asc`)).json();
    expect(data.map(({ role }: { role: string }) => role)).toEqual(['user', 'assistant']);
  },
);

test('a failure leaves a conversation that was there before, also one without messages', async () => {
  const { id } = await (await gateway.call('POST', '/v1/conversations', {})).json();
  gateway.upstream.reply(refuse('unavailable'), refuse('unavailable'));
  expect((await gateway.call('POST', '/v1/responses', { ...response, conversation: id })).status).toBe(503);
  expect((await gateway.call('POST', '/c1/chat', { ...turn, conversation_id: id })).status).toBe(503);
  const { messages } = await (await gateway.call('GET', `/c1/conversations/${id}`)).json();
  expect(messages.map(({ role, status }: { role: string; status: string }) => [role, status])).toEqual([
    ['user', 'failed'],
    ['assistant', 'failed'],
  ]);
  const { data } = await (await gateway.call('GET', `/v1/conversations/${id}/items`)).json();
  expect(data).toEqual([]);
  expect((await gateway.call('POST', '/c1/chat', { ...turn, conversation_id: id })).status).toBe(200);
});
