import { afterAll, beforeAll, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { bearer, type Gateway, startGateway } from '../support/start-gateway.ts';
import { say } from '../support/upstream/scripts/answers.ts';
import { type ScriptedUpstream, startUpstream } from '../support/upstream/start-upstream.ts';

let upstream: ScriptedUpstream;
let gateway: Gateway;
beforeAll(async () => {
  upstream = await startUpstream({ fallback: say('Fine.') });
  gateway = await startGateway({
    models: `providers: { up: { kind: openai-compatible, base_url: "${upstream.url}" } }
models:
  - { alias: big, backends: [{ provider: up, model: big-model }] }
  - { alias: small, backends: [{ provider: up, model: small-model }] }
  - { alias: claude-own, backends: [{ provider: up, model: own-model }] }
model_map:
  claude-*-haiku: small
  claude-*: big
  claude-3-haiku: big
  lost: nobody
`,
  });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const messages = [{ role: 'user', content: 'Hi' }];

test.each([
  ['a pattern', 'claude-sonnet-9', 'big-model'],
  ['the first pattern that fits', 'claude-5-haiku', 'small-model'],
  ['a whole name, before any pattern', 'claude-3-haiku', 'big-model'],
  ['an alias, before any mapped name', 'claude-own', 'own-model'],
])('%s finds its model and answers under the name that was asked for', async (_what, model, served) => {
  for (const path of ['/v1/chat/completions', '/v1/messages', '/c1/chat']) {
    const body = path === '/c1/chat' ? { message: 'Hi' } : { messages, max_tokens: 10 };
    const response = await gateway.call('POST', path, { model, ...body });
    expect((await response.json()).model).toBe(model);
    expect(upstream.chats.at(-1)?.asked.model).toBe(served);
  }
});

test('a pattern does not fit a name that is shorter than it', async () => {
  const response = await gateway.call('POST', '/v1/chat/completions', { model: 'claude', messages });
  expect(await errorOf(response)).toMatchObject({ code: 'model_not_in_allowlist' });
});

test('a name that is mapped to nothing says so', async () => {
  const response = await gateway.call('POST', '/v1/chat/completions', { model: 'lost', messages });
  expect((await errorOf(response)).message).toContain("is mapped to 'nobody', which is not known here");
});

test('whole names are listed, patterns cannot be', async () => {
  const { data } = await (await gateway.call('GET', '/v1/models')).json();
  expect(data.map(({ id }: { id: string }) => id)).toEqual(['big', 'small', 'claude-own', 'claude-3-haiku']);
  const headers = { authorization: `Bearer ${bearer}`, 'anthropic-version': '2023-06-01' };
  const found = await fetch(`${gateway.url}/v1/models/claude-opus-4`, { headers });
  expect(await found.json()).toMatchObject({ type: 'model', id: 'claude-opus-4' });
});

test('a name with two stars is refused at the start', async () => {
  const models = 'providers: {}\nmodels: []\nmodel_map:\n  "a*b*": big\n';
  await expect(startGateway({ models })).rejects.toThrow(/models\.yaml:4: model_map\.a\*b\*/);
});
