import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DialectGateway, startDialects } from '../support/start-dialects.ts';
import { say } from '../support/upstream/scripts/answers.ts';

const dialects = ['vllm', 'openai-responses', 'anthropic', 'gemini'] as const;

/** Names that every object of JavaScript inherits: a table must not find them. */
const names = ['constructor', 'toString', 'valueOf', 'hasOwnProperty', '__proto__'];

let gateway: DialectGateway;
beforeAll(async () => {
  gateway = await startDialects(dialects, { env: { CIRCUIT_FAILURES: '1' } });
});
afterAll(() => gateway.close());

const hi = { role: 'user', content: 'Hi' };
const parameters = { type: 'object', properties: {} };

/** Requests of each surface that have a name in a place where a table is asked for it. */
const requests = (name: string): readonly [string, object][] => [
  ['/v1/chat/completions', { messages: [hi], ...field(name, 1) }],
  ['/v1/chat/completions', { messages: [hi], ...field(name, {}) }],
  ['/v1/chat/completions', { messages: [hi], tools: [{ type: name, function: { name: 'get', parameters } }] }],
  ['/v1/chat/completions', { messages: [{ role: 'user', content: [{ type: name, [name]: 'x' }, hi] }] }],
  ['/v1/chat/completions', { messages: [hi], modalities: ['text', name] }],
  ['/v1/chat/completions', { messages: [hi], reasoning_effort: name }],
  ['/v1/chat/completions', { messages: [hi], image_config: field(name, '1:1') }],
  ['/c1/chat', { message: 'Hi', ...field(name, 1) }],
  ['/c1/chat', { message: [{ type: name, [name]: 'x' }] }],
  ['/v1/responses', { input: 'Hi', tools: [{ type: name, name: 'get' }] }],
  ['/v1/responses', { input: [{ type: name, id: 'x' }, hi] }],
  ['/v1/responses', { input: 'Hi', reasoning: { effort: name } }],
  ['/v1/messages', { max_tokens: 50, messages: [hi], tools: [{ type: name, name: 'get', input_schema: parameters }] }],
  ['/v1/messages', { max_tokens: 50, messages: [{ role: 'user', content: [{ type: name, text: 'Hi' }] }] }],
];

/** An object with a field of this name, as `JSON.parse` makes it. */
function field(name: string, value: unknown): object {
  return Object.fromEntries([[name, value]]);
}

describe.each(dialects)('%s', (model) => {
  test.each(names)('is asked for the name %s like for any that nobody knows', async (name) => {
    for (const [path, fields] of requests(name)) {
      gateway.upstreams[model]?.reply(say('Hello.'));
      const response = await gateway.call('POST', path, { model, ...fields });
      const where = `${path} ${JSON.stringify(fields)}`;
      expect({ where, isHandled: response.status === 200 || response.status === 400 }).toEqual({
        ...{ where, isHandled: true },
      });
    }
    // A fault of the client has opened no circuit.
    gateway.upstreams[model]?.reply(say('Hello.'));
    const last = await gateway.call('POST', '/v1/chat/completions', { model, messages: [hi] });
    expect(await last.text()).toContain('Hello.');
  });

  test.each(names)('may send events, blocks and reasons with the name %s', async (name) => {
    gateway.upstreams[model]?.reply((exchange) => {
      const { dialect, request } = exchange;
      const known = dialect.events({ text: ['Hello.'] }, request.asked).map(({ data }) => data);
      const [first, ...rest] = known;
      const events = [first, ...(dialect.endMark || model === 'gemini' ? [] : [{ type: name }]), ...rest];
      const text = events.map((data) => `data: ${JSON.stringify(data)}\n\n`).join('');
      exchange.send(200, { 'content-type': dialect.streamType }, text + (dialect.endMark ? 'data: [DONE]\n\n' : ''));
    });
    const asked = { model, stream: true, messages: [hi] };
    const text = await (await gateway.call('POST', '/v1/chat/completions', asked)).text();
    expect(text).toContain('Hello.');
    expect(text).toContain('data: [DONE]');
  });
});
