import { afterEach, describe, expect, test, vi } from 'vitest';
import { payloadsOf } from '../support/read-events.ts';
import { usageOf } from '../support/start-endpoints.ts';
import { type Gateway, startGateway } from '../support/start-gateway.ts';
import { callTools, say } from '../support/upstream/scripts/answers.ts';
import { hangBeforeHeaders } from '../support/upstream/scripts/failures.ts';
import { raw, refuse } from '../support/upstream/scripts/refusals.ts';
import { type ScriptedUpstream, startUpstream } from '../support/upstream/start-upstream.ts';

interface Mixed extends Gateway {
  readonly claude: ScriptedUpstream;
  readonly local: ScriptedUpstream;
}

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** The alias `mixed` over an Anthropic upstream and a local server, in this order; `fields` are of the model. */
async function startMixed(order: readonly ('claude' | 'local')[], fields = ''): Promise<Mixed> {
  const claude = await startUpstream({ dialect: 'anthropic', unchecked: true });
  const local = await startUpstream();
  const gateway = await startGateway({
    models: `providers:
  claude: { kind: anthropic, base_url: "${claude.url}", api_key_env: CLAUDE_KEY }
  local: { kind: openai-compatible, base_url: "${local.url}" }
models:
  - alias: mixed
    context_window: 20000
${fields}
    backends: [${order.map((provider) => `{ provider: ${provider}, model: ${provider}-model }`).join(', ')}]
`,
    env: { CLAUDE_KEY: 'sk-ant-test' },
  });
  open.push(gateway, claude, local);
  return { ...gateway, claude, local };
}

const ask = ({ call }: Gateway, body: object = {}) =>
  call('POST', '/v1/messages', {
    model: 'mixed',
    max_tokens: 32_000,
    messages: [{ role: 'user', content: 'Capital of Italy?' }],
    system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
    ...body,
  });

/** The text of an answer, however it came. */
async function textOf(response: Response): Promise<string> {
  const body = await response.text();
  if (!body.startsWith('event:')) return JSON.parse(body).content[0].text;
  return payloadsOf(body)
    .map((payload) => JSON.parse(payload).delta?.text ?? '')
    .join('');
}

const asked = ({ claude, local }: Mixed) => [claude.chats.length, local.chats.length];

describe.each([false, true])('a chain of both kinds, streamed: %s', (stream) => {
  test.each([
    ['overloaded', refuse('unavailable')],
    ['out of quota', refuse('rate-limited')],
    ['failing', refuse('server-error')],
  ])('Anthropic is %s: the local server gets a translation', async (_what, script) => {
    const gateway = await startMixed(['claude', 'local']);
    gateway.claude.reply(script);
    gateway.local.reply(say('Rome, locally.'));
    const response = await ask(gateway, { stream });
    expect(response.headers.get('x-gateway-backend')).toBe('local/local-model');
    expect(response.headers.get('x-gateway-attempts')).toBe('2');
    expect(response.headers.get('x-gateway-applied')).toMatch(/^max_tokens_lowered=/);
    expect(await textOf(response)).toBe('Rome, locally.');
    expect(gateway.claude.chats[0]?.json).toMatchObject({ model: 'claude-model', max_tokens: 32_000 });
    expect(gateway.local.chats[0]?.json).toMatchObject({
      model: 'local-model',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Capital of Italy?' },
      ],
    });
    expect(await usageOf(gateway, response.headers.get('request-id'))).toMatchObject({
      operation: 'v1.messages',
      provider: 'local',
      model: 'local-model',
      outcome: 'ok',
    });
  });

  test('the local server fails: Anthropic gets the request as it came', async () => {
    const gateway = await startMixed(['local', 'claude']);
    gateway.local.reply(refuse('server-error'));
    gateway.claude.reply(say('Rome, by Claude.'));
    const response = await ask(gateway, { stream, context_management: { edits: [] } });
    expect(await textOf(response)).toBe('Rome, by Claude.');
    expect(gateway.claude.chats[0]?.json).toEqual({
      model: 'claude-model',
      stream,
      max_tokens: 32_000,
      context_management: { edits: [] },
      messages: [{ role: 'user', content: 'Capital of Italy?' }],
      system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
    });
  });

  test('a request that only Anthropic supports is sent to Anthropic only', async () => {
    const gateway = await startMixed(['local', 'claude']);
    const tools = [{ type: 'web_search_20250305', name: 'web_search' }];
    expect(await textOf(await ask(gateway, { stream, tools }))).toBe('Hello from upstream.');
    expect(asked(gateway)).toEqual([1, 0]);
    gateway.claude.reply(refuse('server-error'));
    expect((await ask(gateway, { stream, tools })).status).toBe(502);
    expect(asked(gateway)).toEqual([2, 0]);
  });

  test('a fault of the client is not tried elsewhere', async () => {
    const gateway = await startMixed(['claude', 'local']);
    gateway.claude.reply(refuse('context-overflow'));
    const response = await ask(gateway, { stream });
    expect(response.status).toBe(400);
    expect((await response.json()).error.message).toBe('prompt is too long: 208310 tokens > 200000 maximum');
    expect(asked(gateway)).toEqual([1, 0]);
  });

  test('a circuit that opened keeps Anthropic out of the next request', async () => {
    const gateway = await startMixed(['claude', 'local']);
    gateway.claude.on('claude-model', refuse('server-error'));
    for (let i = 0; i < 10; i++) expect((await ask(gateway, { stream })).status).toBe(200);
    const before = gateway.claude.chats.length;
    expect(before).toBeLessThan(10);
    expect((await ask(gateway, { stream })).headers.get('x-gateway-attempts')).toBe('1');
    expect(gateway.claude.chats.length).toBe(before);
  });
});

test('Anthropic is silent: after the time for a first token the local server takes over', async () => {
  const gateway = await startMixed(['claude', 'local'], '    timeouts: { first_token_seconds: 0.3 }');
  gateway.claude.reply(hangBeforeHeaders);
  gateway.local.reply(say('Rome.'));
  expect(await textOf(await ask(gateway, { stream: true }))).toBe('Rome.');
});

test("a block of Anthropic's own tools counts as a beginning, and is not held back", async () => {
  const gateway = await startMixed(['claude', 'local'], '    timeouts: { first_token_seconds: 0.5 }');
  const events = [
    { type: 'message_start', message: { id: 'msg_1', type: 'message', role: 'assistant', content: [], usage: {} } },
    {
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
    },
  ];
  gateway.claude.reply(async (exchange) => {
    exchange.head(200, { 'content-type': 'text/event-stream' });
    for (const event of events) await exchange.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  });
  const response = await ask(gateway, { stream: true });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  await vi.waitFor(async () => {
    text += (await reader?.read())?.value ?? '';
    expect(text).toContain('server_tool_use');
  });
  expect(asked(gateway)).toEqual([1, 0]);
  await reader?.cancel();
});

describe('the tokens of a prompt', () => {
  const path = '/v1/messages/count_tokens';
  const body = { model: 'mixed', messages: [{ role: 'user', content: 'Capital of Italy?' }] };
  const count = async ({ call }: Gateway) => {
    const response = await call('POST', path, body, { 'anthropic-beta': 'token-counting-2024-11-01' });
    return [response.status, await response.json()];
  };

  test('are counted by Anthropic where it is one of the backends', async () => {
    const gateway = await startMixed(['local', 'claude']);
    gateway.claude.at(path, (exchange) => exchange.sendJson(200, { input_tokens: 4711 }));
    expect(await count(gateway)).toEqual([200, { input_tokens: 4711 }]);
    const request = gateway.claude.requests.at(-1);
    expect(request?.json).toEqual({ ...body, model: 'claude-model' });
    expect(request?.headers).toMatchObject({
      'anthropic-beta': 'token-counting-2024-11-01',
      'x-api-key': 'sk-ant-test',
    });
  });

  test.each([
    ['cannot tell', raw(404, {}, '')],
    ['is down', raw(503, {}, '')],
    ['says something else', raw(200, { 'content-type': 'application/json' }, '{}')],
  ])('are estimated where it %s, and its messages go on', async (_what, script) => {
    const gateway = await startMixed(['claude', 'local']);
    gateway.claude.at(path, ...Array.from({ length: 8 }, () => script));
    for (let i = 0; i < 8; i++) expect(await count(gateway)).toEqual([200, { input_tokens: expect.any(Number) }]);
    expect((await ask(gateway)).headers.get('x-gateway-backend')).toBe('claude/claude-model');
  });

  test('of a request that Anthropic refuses are an error', async () => {
    const gateway = await startMixed(['claude', 'local']);
    gateway.claude.at(path, (exchange) =>
      exchange.sendJson(400, { type: 'error', error: { type: 'invalid_request_error', message: 'messages: wrong' } }),
    );
    expect(await count(gateway)).toMatchObject([400, { error: { message: 'messages: wrong' } }]);
  });
});

test('thinking that was done locally is not shown to Anthropic, and the calls are', async () => {
  const gateway = await startMixed(['local', 'claude']);
  const tools = [{ name: 'look', input_schema: { type: 'object' } }];
  gateway.local.reply(callTools([{ name: 'look', arguments: {}, id: 'call_1' }], { reasoning: ['Hm'] }));
  const { content } = await (await ask(gateway, { tools })).json();
  expect(content.map(({ type }: { type: string }) => type)).toEqual(['thinking', 'tool_use']);
  gateway.local.reply(refuse('unavailable'));
  const messages = [
    { role: 'user', content: 'Look.' },
    { role: 'assistant', content },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: 'Seen.' }] },
  ];
  expect((await ask(gateway, { tools, messages })).status).toBe(200);
  expect(gateway.claude.chats[0]?.json).toMatchObject({
    messages: [{}, { content: [{ type: 'tool_use', id: 'call_1' }] }, {}],
  });
});
