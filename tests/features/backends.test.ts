import { afterAll, beforeAll, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { callTools, say } from '../support/upstream/scripts/answers.ts';
import { refuse } from '../support/upstream/scripts/refusals.ts';

const BACKEND = 'up/test-model';

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted({
    aliases: ['scripted', 'other'],
    fields: 'price: { input: 1, output: 10, per_request: 0.5 }',
  });
});
afterAll(() => gateway.close());

const testIt = (backend = BACKEND) => gateway.call('POST', '/api/backends/test', { backend });
const listed = async () => {
  const { items } = await (await gateway.call('GET', '/api/backends')).json();
  return items;
};

test('a backend is listed once, with its models, what a test of it costs at most, and its last outcomes', async () => {
  const chat = { model: 'scripted', messages: [{ role: 'user', content: 'Hi' }] };
  gateway.upstream.reply(say('Hello.'), refuse('server-error'));
  await gateway.call('POST', '/v1/chat/completions', chat);
  await gateway.call('POST', '/v1/chat/completions', chat);
  await gateway.store.usage.flush();
  const items = await listed();
  expect(items).toHaveLength(1);
  expect(items[0]).toMatchObject({
    backend: BACKEND,
    provider: 'up',
    model: 'test-model',
    aliases: ['scripted', 'other'],
    state: 'closed',
    // Two requests of 100 and 256 tokens at most: 2 × (100 × $1 + 256 × $10) / 1,000,000 + 2 × $0.50.
    test: { requests: 2, prompt_tokens: 200, completion_tokens: 512, cost_usd: 1.00532 },
  });
  expect(items[0].outcomes.map(({ outcome }: { outcome: string }) => outcome === 'ok')).toEqual([false, true]);
});

test('a test has it stream and call a tool, and sends no more than it said', async () => {
  const before = gateway.upstream.chats.length;
  gateway.upstream.reply(say('one two three'), callTools([{ name: 'get_weather', arguments: { city: 'Rome' } }]));
  const response = await testIt();
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    backend: BACKEND,
    ok: true,
    checks: [
      { check: 'stream', level: 'ok', what: 'It streams.', advice: null },
      { check: 'tools', level: 'ok', what: 'It calls tools.', advice: null },
    ],
  });
  expect(gateway.upstream.chats.length - before).toBe(2);
  const audit: { items: object[] } = await (await gateway.call('GET', '/api/audit')).json();
  expect(audit.items[0]).toMatchObject({ action: 'backends.test', subject: BACKEND });
});

test('a failure is a finding that says what to do, and ends the test', async () => {
  const before = gateway.upstream.chats.length;
  gateway.upstream.reply(refuse('server-error'));
  const report = await (await testIt()).json();
  expect(report).toMatchObject({ ok: false, checks: [{ check: 'stream', level: 'problem' }] });
  expect(report.checks[0].advice).not.toBeNull();
  expect(gateway.upstream.chats.length - before).toBe(1);
  expect(JSON.stringify(report)).not.toContain('sk-upstream-secret');
});

test('a backend that is not there is a fault of the field', async () => {
  const response = await testIt('up/nothing');
  expect(response.status).toBe(400);
  expect(await errorOf(response)).toMatchObject({ code: 'invalid_field', param: 'backend' });
});
