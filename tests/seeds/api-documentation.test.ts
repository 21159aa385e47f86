import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { say } from '../support/upstream/scripts/answers.ts';
import { refuse } from '../support/upstream/scripts/refusals.ts';
import { canRunSeeds, runSeed } from './run-seed.ts';

// Seed 003's examples of embeddings and images, and its 402 (wallets), belong to later issues.

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted({ aliases: ['gpt-4o-mini'] });
});
afterAll(() => gateway.close());

const withStatus = (text: string) => text.replace('curl ', "curl -w '\\n%{http_code}' ");

describe.skipIf(!canRunSeeds)('the examples of seed 003', () => {
  test('chat completions answer any model of the models file', async () => {
    gateway.upstream.reply(say('Hello! How can I help?'));
    const answer = JSON.parse(await runSeed('003-chat-completions.sh', { url: gateway.url }));
    expect(answer).toMatchObject({
      object: 'chat.completion',
      model: 'gpt-4o-mini',
      choices: [{ message: { role: 'assistant', content: 'Hello! How can I help?' } }],
    });
    expect(gateway.upstream.chats.at(-1)?.json).toEqual({
      model: 'test-model',
      messages: [
        { role: 'system', content: 'You are a helpful assistant.' },
        { role: 'user', content: 'Hello!' },
      ],
    });
  });

  test('streaming responses come as Server-Sent Events that end with [DONE]', async () => {
    gateway.upstream.reply(say('Hello there.'));
    const printed = await runSeed('003-stream-completions.sh', { url: gateway.url });
    const events = printed.split('\n\n').filter(Boolean);
    expect(events.at(-1)).toBe('data: [DONE]');
    const chunks = events.slice(0, -1).map((event) => JSON.parse(event.replace(/^data: /, '')));
    expect(chunks.map(({ choices }) => choices[0].delta.content).join('')).toBe('Hello there.');
    expect(chunks.every(({ model }) => model === 'gpt-4o-mini')).toBe(true);
  });

  test('a wrong key gets 401', async () => {
    const variables = { YOUR_API_KEY: 'sk-wrong' };
    const printed = await runSeed('003-chat-completions.sh', { url: gateway.url, variables, edit: withStatus });
    expect(printed).toMatch(/"code":"invalid_authorization".*\n401$/);
  });

  test('a model that does not exist gets 404 from GET /v1/models/{model}', async () => {
    const missing = await gateway.call('GET', '/v1/models/gpt-9');
    expect([missing.status, (await missing.json()).error.code]).toEqual([404, 'model_not_found']);
    expect((await gateway.call('GET', '/v1/models/gpt-4o-mini')).status).toBe(200);
  });

  test('an exhausted upstream gets 429 and a failing one 5xx', async () => {
    gateway.upstream.reply(refuse('rate-limited'), refuse('server-error'));
    const run = () => runSeed('003-chat-completions.sh', { url: gateway.url, edit: withStatus });
    expect(await run()).toMatch(/"code":"model_quota_exhausted".*\n429$/);
    expect(await run()).toMatch(/"type":"upstream_error","code":"upstream_broken".*\n502$/);
  });
});

test('too many requests get 429 with Retry-After', async () => {
  const limited = await startScripted({
    aliases: ['gpt-4o-mini'],
    env: { RATE_LIMIT_PER_SECOND: '0.01', RATE_LIMIT_BURST: '1' },
  });
  try {
    expect((await limited.call('GET', '/v1/models')).status).toBe(200);
    const refused = await limited.call('GET', '/v1/models');
    expect([refused.status, (await refused.json()).error.code]).toEqual([429, 'rate_limit_exceeded']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  } finally {
    await limited.close();
  }
});
