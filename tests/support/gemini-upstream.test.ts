import { afterAll, beforeAll, expect, test } from 'vitest';
import { callTools } from './upstream/scripts/answers.ts';
import { type ScriptedUpstream, startUpstream } from './upstream/start-upstream.ts';

let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await startUpstream({ dialect: 'gemini', apiKey: 'right' });
});
afterAll(() => upstream.close());

const turn = { role: 'user', parts: [{ text: 'Hi' }] };
const call = (args: object, signature?: string) => ({
  role: 'model',
  parts: [{ functionCall: { id: 'a', name: 'f', args }, ...(signature ? { thoughtSignature: signature } : {}) }],
});
const result = { role: 'user', parts: [{ functionResponse: { id: 'a', name: 'f', response: {} } }] };

const post = (body: object, key = 'right', model = 'gemini-3.1-pro') =>
  fetch(`${upstream.url}/models/${model}:generateContent`, {
    method: 'POST',
    headers: { 'x-goog-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

test('takes what the API takes', async () => {
  expect((await post({ contents: [turn] })).status).toBe(200);
  expect((await post({ contents: [turn, call({}), result] }, 'right', 'gemini-2.5-pro')).status).toBe(200);
  const foreign = call({}, 'skip_thought_signature_validator');
  expect((await post({ contents: [turn, foreign, result] })).status).toBe(200);
});

test('refuses another key as the API does: 400', async () => {
  const response = await post({ contents: [turn] }, 'wrong');
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: { details: [{ reason: 'API_KEY_INVALID' }, {}] } });
});

test.each([
  ['a field that it does not know', { contents: [turn], user: 'x' }, 'Unknown name "user"'],
  ['an unknown setting', { contents: [turn], generationConfig: { max_tokens: 1 } }, 'Unknown name "max_tokens"'],
  ['another role', { contents: [{ ...turn, role: 'assistant' }] }, 'valid role'],
  ['a turn of nothing', { contents: [{ role: 'user', parts: [] }] }, 'must not be empty'],
  [
    'a data URI for data',
    { contents: [{ role: 'user', parts: [{ inlineData: { mimeType: 'a/b', data: 'data:x' } }] }] },
    'TYPE_BYTES',
  ],
  ['a call without its result', { contents: [turn, call({}, 's'), turn] }, 'function response parts is equal'],
  ['a result without its call', { contents: [result] }, 'must follow'],
  ['a call without a signature', { contents: [turn, call({ x: 1 }), result] }, 'missing a thought_signature'],
  [
    'a level and a budget',
    { contents: [turn], generationConfig: { thinkingConfig: { thinkingLevel: 'low', thinkingBudget: 1 } } },
    'only set one',
  ],
])('refuses %s', async (_what, body, message) => {
  const response = await post(body);
  expect(response.status).toBe(400);
  expect((await response.json()).error).toMatchObject({
    status: 'INVALID_ARGUMENT',
    message: expect.stringContaining(message),
  });
});

test('wants the signature back that it gave', async () => {
  upstream.reply(callTools([{ name: 'f', arguments: { mine: true }, id: 'a' }], { signature: 'given' }));
  await post({ contents: [turn] });
  expect((await post({ contents: [turn, call({ mine: true }, 'given'), result] })).status).toBe(200);
  expect((await post({ contents: [turn, call({ mine: true }, 'other'), result] })).status).toBe(400);
});

test('knows nothing of what another upstream has signed', async () => {
  const other = await startUpstream({ dialect: 'gemini' });
  try {
    other.reply(callTools([{ name: 'f', arguments: { others: true }, id: 'a' }], { signature: 'given' }));
    const url = `${other.url}/models/gemini-3.1-pro:generateContent`;
    expect((await fetch(url, { method: 'POST', body: JSON.stringify({ contents: [turn] }) })).status).toBe(200);
    const foreign = call({ others: true }, 'skip_thought_signature_validator');
    expect((await post({ contents: [turn, foreign, result] })).status).toBe(200);
  } finally {
    await other.close();
  }
});
