import { afterEach, describe, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { type Gateway, startGateway } from '../support/start-gateway.ts';
import { say } from '../support/upstream/scripts/answers.ts';
import { hangBeforeHeaders } from '../support/upstream/scripts/failures.ts';
import { raw, refuse } from '../support/upstream/scripts/refusals.ts';
import { type ScriptedUpstream, startUpstream } from '../support/upstream/start-upstream.ts';

interface Mixed extends Gateway {
  readonly first: ScriptedUpstream;
  readonly second: ScriptedUpstream;
  ask(fields?: object): Promise<Response>;
}

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((opened) => opened.close()));
});

/** An alias whose first backend speaks Anthropic's dialect and whose second takes every field. */
async function startMixed(order: readonly ('anthropic' | 'vllm')[], totalSeconds = 1): Promise<Mixed> {
  const upstreams = await Promise.all(order.map((dialect) => startUpstream({ dialect, models: ['m'] })));
  const kinds = { anthropic: 'anthropic', vllm: 'openai-compatible' };
  const gateway = await startGateway({
    models: `providers:
${upstreams.map(({ url }, i) => `  p${i}: { kind: ${kinds[order[i] ?? 'vllm']}, base_url: "${url}" }`).join('\n')}
models:
  - { alias: mixed, timeouts: { total_seconds: ${totalSeconds} }, backends: [${upstreams.map((_, i) => `{ provider: p${i}, model: m }`).join(', ')}] }
`,
    env: { UPSTREAM_RETRIES: '1' },
  });
  open.push(gateway, ...upstreams);
  const [first, second] = upstreams;
  if (!first || !second) throw new Error('Two upstreams are needed.');
  const ask = (fields: object = {}) =>
    gateway.call('POST', '/v1/chat/completions', {
      model: 'mixed',
      messages: [{ role: 'user', content: 'Hi' }],
      ...fields,
    });
  return { ...gateway, first, second, ask };
}

describe('a backend whose dialect has no place for a field', () => {
  test('is passed over, and was not an attempt', async () => {
    const { ask, first, second } = await startMixed(['anthropic', 'vllm']);
    second.reply(say('Seeded.'));
    const answer = await ask({ seed: 7 });
    expect(answer.headers.get('x-gateway-backend')).toBe('p1/m');
    expect(answer.headers.get('x-gateway-attempts')).toBe('1');
    expect((await answer.json()).choices[0].message.content).toBe('Seeded.');
    expect(first.chats).toHaveLength(0);
    expect(second.chats[0]?.json).toMatchObject({ seed: 7 });
  });

  test('does not hide that the one before it failed', async () => {
    const { ask, first, second } = await startMixed(['vllm', 'anthropic']);
    first.reply(refuse('server-error'), refuse('server-error'));
    expect((await errorOf(await ask({ seed: 7 }))).code).toBe('upstream_broken');
    expect(second.chats).toHaveLength(0);
  });

  test('is why the request is refused when all are like it', async () => {
    const { ask, first, second } = await startMixed(['anthropic', 'anthropic']);
    const answer = await ask({ seed: 7 });
    expect(answer.status).toBe(400);
    expect(await errorOf(answer)).toMatchObject({ code: 'invalid_field', param: 'seed' });
    expect([...first.chats, ...second.chats]).toHaveLength(0);
  });
});

test('the total time is that of the request, not of each attempt', async () => {
  const { ask, first, second } = await startMixed(['vllm', 'vllm']);
  first.reply(hangBeforeHeaders);
  second.reply(say('Too late.'));
  expect((await errorOf(await ask())).code).toBe('upstream_timeout');
  expect(second.chats).toHaveLength(0);
});

test('a quota without a time is not asked again: only the other backend is', async () => {
  const { ask, first, second } = await startMixed(['vllm', 'vllm'], 9);
  first.reply(raw(429, {}, ''), say('Too early.'));
  second.reply(raw(429, {}, ''));
  const response = await ask();
  expect((await errorOf(response)).code).toBe('model_quota_exhausted');
  expect(response.headers.get('retry-after')).toBe('10');
  expect([first.chats.length, second.chats.length]).toEqual([1, 1]);
});
