import { afterEach, describe, expect, test } from 'vitest';
import { type DialectGateway, startDialects } from '../support/start-dialects.ts';
import type { Script } from '../support/upstream/exchange.ts';
import { say } from '../support/upstream/scripts/answers.ts';

let gateway: DialectGateway | undefined;
afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
});

interface Sent {
  readonly messages: { readonly role: string; readonly reasoning_content?: string }[];
}

/** A server that refuses a history in which an answer has no reasoning. */
const demanding =
  (message: string): Script =>
  (exchange) => {
    const { messages }: Sent = JSON.parse(exchange.request.body.toString());
    const isWhole = messages.every(({ role, reasoning_content: text }) => role !== 'assistant' || Boolean(text));
    if (isWhole) return say('Fine.')(exchange);
    return exchange.sendJson(400, { error: { message, type: 'invalid_request_error', param: null, code: null } });
  };

const words = {
  DeepSeek: 'The `reasoning_content` in the thinking mode must be passed back to the API.',
  'DeepSeek, earlier': 'Missing `reasoning_content` field in the assistant message at message index 2.',
  Kimi: 'thinking is enabled but reasoning_content is missing in assistant tool call message at index 2',
};

const parameters = { type: 'object', properties: {} };
const call = { id: 'c1', type: 'function', function: { name: 'get', arguments: '{}' } };
const chat = {
  tools: [{ type: 'function', function: { name: 'get', parameters } }],
  messages: [
    { role: 'user', content: 'Go' },
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', tool_call_id: 'c1', content: 'done' },
  ],
};
const message = {
  max_tokens: 100,
  tools: [{ name: 'get', input_schema: parameters }],
  messages: [
    { role: 'user', content: 'Go' },
    { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'get', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'done' }] },
  ],
};
const response = {
  store: false,
  tools: [{ type: 'function', name: 'get', parameters, strict: false }],
  input: [
    { role: 'user', content: 'Go' },
    { type: 'function_call', call_id: 'c1', name: 'get', arguments: '{}' },
    { type: 'function_call_output', call_id: 'c1', output: 'done' },
  ],
};
const requests = { '/v1/chat/completions': chat, '/v1/messages': message, '/v1/responses': response };

describe.each(Object.entries(words))(
  'an upstream that demands the reasoning of earlier answers, as %s',
  (_who, said) => {
    test.each([true, false])('gets a history that has none, when streaming is %s', async (stream) => {
      gateway = await startDialects(['vllm']);
      const upstream = gateway.upstreams.vllm;
      upstream?.on('test-model', demanding(said));
      for (const [path, body] of Object.entries(requests)) {
        const answer = await gateway.call('POST', path, { model: 'vllm', stream, ...body });
        expect([path, answer.status, await answer.text()]).toEqual([path, 200, expect.stringContaining('Fine.')]);
      }
      // Only the first of the three was refused.
      expect(upstream?.chats.length).toBe(4);
    });
  },
);

test('a conversation goes on with a model that demands the reasoning of its answers', async () => {
  gateway = await startDialects(['anthropic', 'vllm']);
  gateway.upstreams.vllm?.on('test-model', demanding(words.DeepSeek));
  gateway.upstreams.anthropic?.reply(say('Hello.'));
  const first = await gateway.call('POST', '/c1/chat', { model: 'anthropic', message: 'Hi' });
  await first.text();
  const conversation_id = first.headers.get('x-conversation-id');
  for (const stream of [false, true]) {
    const next = await gateway.call('POST', '/c1/chat', { model: 'vllm', conversation_id, message: 'Go on', stream });
    expect([next.status, await next.text()]).toEqual([200, expect.stringContaining('Fine.')]);
  }
});
