import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Gateway, startGateway } from '../support/start-gateway.ts';
import { canRunSeeds, readSeed, runSeed } from './run-seed.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

/** The body of the first example, which the loop calls `$REQ1`. */
const singleCall = () => /-d '(\{.*\})'/s.exec(readSeed('004-single-call.sh'))?.[1] ?? '';

/** What the ellipsis in the `/c1` example stands for. */
const parameters = JSON.stringify(JSON.parse(singleCall()).tools[0].function.parameters);

describe.skipIf(!canRunSeeds)('the tool examples of seed 004', () => {
  test('a single call asks for the weather in Berlin', async () => {
    const { choices } = JSON.parse(await runSeed('004-single-call.sh', { url: gateway.url }));
    expect(choices).toMatchObject([
      {
        message: {
          role: 'assistant',
          tool_calls: [{ id: expect.stringMatching(/./), type: 'function', function: { name: 'get_weather' } }],
        },
        finish_reason: 'tool_calls',
      },
    ]);
    expect(JSON.parse(choices[0].message.tool_calls[0].function.arguments)).toEqual({ city: 'Berlin' });
  });

  test('the multi-turn loop ends in an answer made of the result', async () => {
    const printed = await runSeed('004-multi-turn-loop.sh', { url: gateway.url, variables: { REQ1: singleCall() } });
    const [{ message, finish_reason }] = JSON.parse(printed).choices;
    expect(message.content).toMatch(/21 degrees.*sunny.*Berlin/);
    expect(finish_reason).toBe('stop');
  });

  test('on /c1/chat the call and its result are kept, and a follow-up turn does not resend them', async () => {
    const printed = await runSeed('004-tools-on-c1.sh', {
      url: gateway.url,
      edit: (text) =>
        text
          .replace('curl -s', 'curl -s -i')
          .replace('"name": "get_weather", ...', `"name": "get_weather", "parameters": ${parameters}`),
    });
    const [head = '', body = ''] = printed.split('\r\n\r\n');
    const { message, finish_reason } = JSON.parse(body).choices[0];
    expect(finish_reason).toBe('tool_calls');
    const [call] = message.tool_calls;
    expect(call.function.name).toBe('get_weather');
    const conversation_id = /^x-conversation-id: (\S+)\r?$/m.exec(head)?.[1];

    const result = '{"city": "Berlin", "temperature": 21, "condition": "sunny"}';
    const second = await gateway.call('POST', '/c1/chat', {
      model: 'llama-4-scout',
      conversation_id,
      tool_results: [{ tool_call_id: call.id, content: result }],
      tools: JSON.parse(singleCall()).tools,
      max_tokens: 200,
    });
    expect((await second.json()).choices[0].message.content).toMatch(/21 degrees.*sunny.*Berlin/);
    expect(second.headers.get('x-conversation-id')).toBe(conversation_id);

    const stored = await (await gateway.call('GET', `/c1/conversations/${conversation_id}`)).json();
    expect(stored.messages).toMatchObject([
      { role: 'user', content: 'Wie ist das Wetter in Berlin?' },
      { role: 'assistant', tool_calls: [{ id: call.id }], finish_reason: 'tool_calls' },
      { role: 'tool', tool_call_id: call.id, content: result },
      { role: 'assistant', content: expect.stringContaining('21 degrees'), finish_reason: 'stop' },
    ]);
  });
});

test('the image-only aliases take no tools, and their constraints say so', async () => {
  const info = await (await gateway.call('GET', '/v1/info')).json();
  const without = info.models.filter((model: { constraints: { tools: boolean } }) => !model.constraints.tools);
  expect(without.map(({ alias }: { alias: string }) => alias)).toEqual(['nano-banana', 'gpt-image', 'image-gen']);
  for (const { alias } of without) {
    const refused = await gateway.call('POST', '/v1/chat/completions', { ...JSON.parse(singleCall()), model: alias });
    expect([refused.status, (await refused.json()).error]).toMatchObject([
      400,
      { code: 'tools_not_supported', param: 'tools' },
    ]);
  }
});
