import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { type Gateway, startGateway } from '../support/start-gateway.ts';
import type { DialectName } from '../support/upstream/dialects/dialect.ts';
import { type ScriptedUpstream, startUpstream } from '../support/upstream/start-upstream.ts';

/** Kind or preset of a provider, and what its scripted upstream speaks. */
const kinds = {
  anthropic: ['kind: anthropic', 'anthropic'],
  gemini: ['kind: gemini', 'gemini'],
  'openai-responses': ['kind: openai-responses', 'openai-responses'],
  ollama: ['preset: ollama', 'ollama'],
} as const satisfies Readonly<Record<string, readonly [provider: string, dialect: DialectName]>>;
type Kind = keyof typeof kinds;

const upstreams = new Map<Kind, ScriptedUpstream>();
let gateway: Gateway;
beforeAll(async () => {
  const entries = Object.entries(kinds) as [Kind, (typeof kinds)[Kind]][];
  for (const [kind, [, dialect]] of entries) upstreams.set(kind, await startUpstream({ dialect }));
  const providers = entries.map(
    ([kind, [fields]]) => `  ${kind}: { ${fields}, base_url: "${upstreams.get(kind)?.url}" }`,
  );
  const models = entries.flatMap(([kind]) =>
    ['refuse', 'drop'].map(
      (unsupported) =>
        `  - { alias: ${kind}-${unsupported}, input: [text, image, audio], unsupported: ${unsupported}, backends: [{ provider: ${kind}, model: test-model }] }`,
    ),
  );
  const tiny = '  - { alias: tiny-drop, unsupported: drop, backends: [{ provider: own, model: tinychat }] }';
  gateway = await startGateway({
    models: `providers:\n${providers.join('\n')}\n  own: { kind: embedded }\nmodels:\n${models.join('\n')}\n${tiny}\n`,
  });
});
afterAll(async () => {
  await gateway.close();
  await Promise.all([...upstreams.values()].map((upstream) => upstream.close()));
});

const user = { role: 'user', content: 'Hi' };
const ask = (model: string, fields: object) =>
  gateway.call('POST', '/v1/chat/completions', { model, messages: [user], ...fields });

test.each([
  ['anthropic', { seed: 7 }, 'seed', 'seed'],
  ['anthropic', { n: 2, seed: 7, temperature: 1.5 }, 'n', 'n+seed+temperature'],
  ['anthropic', { metadata: { ticket: '1' } }, 'metadata.ticket', 'metadata.ticket'],
  ['anthropic', { response_format: { type: 'json_object' } }, 'response_format.type', 'response_format.type'],
  ['gemini', { logit_bias: { '1': 5 }, verbosity: 'low' }, 'logit_bias', 'logit_bias+verbosity'],
  ['gemini', { tools: [{ type: 'web_search' }] }, 'tools[0].type', 'tools[0].type'],
  ['openai-responses', { seed: 7, stop: ['x'] }, 'seed', 'seed+stop'],
  ['ollama', { n: 2, logit_bias: { '1': 5 } }, 'n', 'n+logit_bias'],
] as const)('with %s %j is refused, or left out and told', async (kind, fields, param, dropped) => {
  expect(await errorOf(await ask(`${kind}-refuse`, fields))).toMatchObject({
    status: 400,
    code: 'invalid_field',
    param,
  });
  for (const stream of [false, true]) {
    const response = await ask(`${kind}-drop`, { ...fields, stream });
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('upstream.')]);
    expect(response.headers.get('x-gateway-applied')).toBe(`fields_dropped=${dropped}`);
    const sent = upstreams.get(kind)?.chats.at(-1)?.body.toString() ?? '';
    expect(sent).not.toMatch(/seed|"n"|logit_bias|verbosity|web_search|ticket|json_object/);
  }
});

test('a part of a message whose type a vendor does not support is left out, and the rest of the message stays', async () => {
  const content = [
    { type: 'text', text: 'Listen' },
    { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
    { type: 'text', text: 'to this' },
  ];
  for (const kind of ['anthropic', 'openai-responses'] as const) {
    const response = await ask(`${kind}-drop`, { messages: [{ role: 'user', content }] });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-gateway-applied')).toBe('fields_dropped=messages[0].content[1].type');
    const sent = upstreams.get(kind)?.chats.at(-1)?.body.toString() ?? '';
    for (const text of ['Listen', 'to this']) expect(sent).toContain(text);
    expect(sent).not.toContain('UklGRg');
  }
});

test('the embedded model leaves out unsupported fields, too', async () => {
  const response = await ask('tiny-drop', { n: 3, logprobs: true, max_tokens: 3 });
  expect(response.status).toBe(200);
  expect(response.headers.get('x-gateway-applied')).toBe('fields_dropped=logprobs+n');
});

describe('on the surfaces of other dialects', () => {
  test("/v1/messages leaves out fields that only Anthropic's service has, but never a history", async () => {
    const body = {
      max_tokens: 50,
      messages: [user],
      container: 'container_1',
      tools: [{ type: 'bash_20250124', name: 'bash' }],
    };
    const strict = await gateway.call('POST', '/v1/messages', { model: 'gemini-refuse', ...body });
    expect([strict.status, (await strict.json()).error.param]).toEqual([400, 'container']);
    const response = await gateway.call('POST', '/v1/messages', { model: 'gemini-drop', ...body });
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('upstream.')]);
    expect(response.headers.get('x-gateway-applied')).toBe('fields_dropped=container+tools[0].type');
    const threaded = { ...body, thread: { type: 'continue', previous_message_id: 'msg_1' } };
    const refused = await gateway.call('POST', '/v1/messages', { model: 'gemini-drop', ...threaded });
    expect((await refused.json()).error).toMatchObject({ param: 'thread' });
  });

  test('/v1/responses leaves out what only OpenAI has', async () => {
    const input = [
      { role: 'user', content: [{ type: 'input_text', text: 'Hi' }, { type: 'input_odd' }] },
      { type: 'computer_call', id: 'x' },
    ];
    const body = { input, prompt: { id: 'pmpt_1' }, tools: [{ type: 'mcp', server_label: 'x' }], store: false };
    expect(
      await errorOf(await gateway.call('POST', '/v1/responses', { model: 'gemini-refuse', ...body })),
    ).toMatchObject({
      status: 400,
      param: 'prompt',
    });
    for (const stream of [false, true]) {
      const response = await gateway.call('POST', '/v1/responses', { model: 'gemini-drop', ...body, stream });
      expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('upstream.')]);
      expect(response.headers.get('x-gateway-applied')).toBe(
        'fields_dropped=prompt+tools[0].type+input[0].content[1].type+input[1].type',
      );
    }
  });

  test('/c1/chat does as /v1/chat/completions', async () => {
    const turn = { model: 'anthropic-drop', message: 'Hi', seed: 7 };
    const response = await gateway.call('POST', '/c1/chat', turn);
    expect([response.status, response.headers.get('x-gateway-applied')]).toEqual([200, 'fields_dropped=seed']);
  });
});

test('a request that is refused again and again is refused in the end', async () => {
  const content = Array.from({ length: 200 }, () => ({ type: 'input_odd' }));
  const messages = [{ role: 'user', content: [{ type: 'text', text: 'Hi' }, ...content] }];
  const error = await errorOf(await ask('gemini-drop', { messages }));
  expect(error).toMatchObject({ code: 'invalid_field', param: 'messages[0].content[1].type' });
});
