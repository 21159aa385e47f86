import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bearer, type Gateway, startGateway } from '../support/start-gateway.ts';
import { canRunSeeds, runSeed } from './run-seed.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

/** Seeds 000 and 001 are one document, once without and once with its indentation. */
describe.skipIf(!canRunSeeds).each(['000', '001'])('the quickstart of seed %s', (seed) => {
  test('the 30-second test names the capital of Italy', async () => {
    const answer = JSON.parse(await runSeed(`${seed}-thirty-second-test.sh`, { url: gateway.url }));
    expect(answer).toEqual({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion',
      created: expect.any(Number),
      model: 'llama-4-scout',
      choices: [
        expect.objectContaining({
          index: 0,
          message: expect.objectContaining({ role: 'assistant', content: 'Rome.' }),
          finish_reason: 'stop',
        }),
      ],
      usage: expect.any(Object),
    });
    const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = answer.usage;
    expect(prompt).toBeGreaterThan(0);
    expect(completion).toBeGreaterThan(0);
    expect(total).toBe(prompt + completion);
  });

  test('the memory example remembers teal over two turns', async () => {
    const first = await runSeed(`${seed}-memory-turn-1.sh`, { url: gateway.url });
    const conversation = /^x-conversation-id: (\S+)\r$/m.exec(first)?.[1] ?? '';
    expect(conversation).toMatch(/^conv_/);
    expect(first).toMatch(/"content":"[^"]/);

    const second = await runSeed(`${seed}-memory-turn-2.sh`, { url: gateway.url, variables: { CONV: conversation } });
    expect(JSON.parse(second)).toMatch(/teal/i);
  });

  test('the second turn without the first one knows no colour', async () => {
    const other = await gateway.call('POST', '/c1/chat', { model: 'llama-4-scout', message: 'Hello!' });
    const CONV = other.headers.get('x-conversation-id') ?? '';
    await other.text();
    expect(await runSeed(`${seed}-memory-turn-2.sh`, { url: gateway.url, variables: { CONV } })).not.toMatch(/teal/i);
  });

  test('a missing or wrong bearer gets 401', async () => {
    for (const [BEARER, code] of [
      ['', 'invalid_authorization'],
      ['wrong', 'invalid_authorization'],
    ] as const) {
      const printed = await runSeed(`${seed}-thirty-second-test.sh`, { url: gateway.url, variables: { BEARER } });
      expect(JSON.parse(printed)).toMatchObject({ error: { type: 'authentication_error', code } });
    }
  });

  test('an alias that is not whitelisted gets model_not_in_allowlist, and /v1/info lists the ones that are', async () => {
    const printed = await runSeed(`${seed}-thirty-second-test.sh`, {
      url: gateway.url,
      edit: (text) => text.replace('llama-4-scout', 'llama-5-scout'),
    });
    expect(JSON.parse(printed)).toMatchObject({ error: { code: 'model_not_in_allowlist', param: 'model' } });
    const info = await (await gateway.call('GET', '/v1/info')).json();
    expect(info.models.map(({ alias }: { alias: string }) => alias)).toContain('llama-4-scout');
  });
});

test('an empty answer of a reasoning model is avoided by raising max_tokens to 200', async () => {
  for (const model of ['gpt-5.5-pro', 'gemini-3.1-pro', 'flagship']) {
    const response = await gateway.call('POST', '/v1/chat/completions', {
      model,
      messages: [{ role: 'user', content: 'In one word: capital of Italy?' }],
      max_tokens: 5,
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-gateway-applied')).toBe('max_tokens_floored=200');
    expect((await response.json()).choices[0].message.content).not.toBe('');
  }
});

test('RUST_API_BEARER sets the bearer too', async () => {
  const other = await startGateway({ env: { API_BEARER: '', RUST_API_BEARER: 'a-bearer-of-old' } });
  try {
    const ask = (key: string) => fetch(`${other.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
    expect((await ask('a-bearer-of-old')).status).toBe(200);
    expect((await ask(bearer)).status).toBe(401);
  } finally {
    await other.close();
  }
});
