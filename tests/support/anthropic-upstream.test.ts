import { afterAll, beforeAll, expect, test } from 'vitest';
import { say } from './upstream/scripts/answers.ts';
import { type ScriptedUpstream, startUpstream } from './upstream/start-upstream.ts';

let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await startUpstream({ dialect: 'anthropic', apiKey: 'sk-test' });
});
afterAll(() => upstream.close());

const headers = { 'content-type': 'application/json', 'anthropic-version': '2023-06-01', 'x-api-key': 'sk-test' };
const text = (said: string) => [{ type: 'text', text: said }];
const hi = { role: 'user', content: text('Hi') };
const call = { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'f', input: {} }] };
const result = { type: 'tool_result', tool_use_id: 'a', content: '1' };
const request = { model: 'm', max_tokens: 10, messages: [hi] };

const post = (body: object, given: Record<string, string> = headers) =>
  fetch(`${upstream.url}/messages`, { method: 'POST', headers: given, body: JSON.stringify(body) });

test('it names the events of a stream, and pings', async () => {
  upstream.reply(say(['Hi']));
  const names = (await (await post({ ...request, stream: true })).text()).match(/^event: .*/gm);
  expect(names?.map((name) => name.slice(7))).toEqual([
    'message_start',
    'content_block_start',
    'ping',
    'content_block_delta',
    'content_block_stop',
    'message_delta',
    'message_stop',
  ]);
});

test.each([
  ['max_tokens: Field required', { max_tokens: undefined }],
  ['seed: Extra inputs are not permitted', { seed: 1 }],
  ['messages: at least one message is required', { messages: [] }],
  ['messages.0.content.0.text: text content blocks must be non-empty', { messages: [{ ...hi, content: text('') }] }],
  ['messages.1: roles must alternate', { messages: [hi, hi] }],
  ["messages.0: role 'system' must follow a user turn", { messages: [{ ...hi, role: 'system' }, hi] }],
  ['messages.2: `tool_use` ids were found without', { messages: [hi, call, hi] }],
  ['`tool_use` ids were found without', { messages: [hi, call] }],
  ['messages.0: unexpected `tool_use_id`', { messages: [{ role: 'user', content: [result] }] }],
  [
    'messages.2: `tool_result` blocks must come first',
    { messages: [hi, call, { role: 'user', content: [...text('x'), result] }] },
  ],
  ['tool_choice: may only be specified while providing tools', { tool_choice: { type: 'any' } }],
  ['`max_tokens` must be greater', { thinking: { type: 'enabled', budget_tokens: 1024 }, max_tokens: 1024 }],
])('it refuses as Anthropic does: %s', async (message, body) => {
  const response = await post({ ...request, ...body });
  expect([response.status, await response.json()]).toMatchObject([
    400,
    { type: 'error', error: { type: 'invalid_request_error', message: expect.stringContaining(message) } },
  ]);
});

test('it wants its version and its key', async () => {
  expect((await post(request, { ...headers, 'anthropic-version': '' })).status).toBe(400);
  const refused = await post(request, { ...headers, 'x-api-key': 'wrong' });
  expect([refused.status, await refused.json()]).toMatchObject([401, { error: { type: 'authentication_error' } }]);
});
