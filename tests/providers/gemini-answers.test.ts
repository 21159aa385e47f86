import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chunksOf } from '../support/read-events.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import type { Answer } from '../support/upstream/answer.ts';
import type { JsonObject } from '../support/upstream/json.ts';
import { answer, callTools, say, think } from '../support/upstream/scripts/answers.ts';
import { raw } from '../support/upstream/scripts/refusals.ts';

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted({ kind: 'gemini', upstream: { dialect: 'gemini' } });
});
afterAll(() => gateway.close());

const user = { role: 'user', content: 'Hi' };
const ask = (fields: object = {}) =>
  gateway.call('POST', '/v1/chat/completions', { model: 'scripted', messages: [user], ...fields });
const asked = () => gateway.upstream.chats.at(-1);

async function whole(fields: object = {}) {
  const response = await ask(fields);
  expect(response.status).toBe(200);
  return response.json();
}

const chunks = async (fields: object = {}) =>
  chunksOf(await (await ask({ stream: true, stream_options: { include_usage: true }, ...fields })).text());

/** One answer, whole and as the deltas of a stream. */
async function both(what: Answer, fields: object = {}) {
  gateway.upstream.reply(answer(what), answer(what));
  const [choice] = (await whole(fields)).choices;
  const all = await chunks(fields);
  const deltas = all.flatMap(({ choices }) => choices.map(({ delta }: { delta: JsonObject }) => delta));
  return { choice, message: choice.message, chunks: all, deltas };
}

/** A whole response of the vendor's own, as one body. */
const playBody = (body: object) =>
  gateway.upstream.reply(raw(200, { 'content-type': 'application/json' }, JSON.stringify(body)));
const candidate = (fields: object) => ({ candidates: [{ content: { parts: [{ text: 'Hm' }] }, ...fields }] });

describe('an answer', () => {
  test('comes whole, under the alias', async () => {
    gateway.upstream.reply(say('Hello there.'));
    expect(await whole()).toEqual({
      id: 'jQ0faYnzD9-lvdIPs4mJ0Aw',
      object: 'chat.completion',
      created: expect.any(Number),
      model: 'scripted',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello there.', refusal: null },
          finish_reason: 'stop',
          native_finish_reason: 'STOP',
          logprobs: null,
        },
      ],
      usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 },
    });
  });

  test('streams as deltas, the role first, one finish reason, and the usage once at the end', async () => {
    gateway.upstream.reply(say('Hello there.'));
    const all = await chunks();
    for (const { id, model, object } of all) {
      expect([id, model, object]).toEqual(['jQ0faYnzD9-lvdIPs4mJ0Aw', 'scripted', 'chat.completion.chunk']);
    }
    expect(
      all.map(({ choices, usage }) => [choices[0]?.delta, choices[0]?.finish_reason, usage?.total_tokens]),
    ).toEqual([
      [{ role: 'assistant', content: 'Hello' }, null, undefined],
      [{ content: ' there.' }, null, undefined],
      [{}, 'stop', undefined],
      [undefined, undefined, 11],
    ]);
    expect(all[2].choices[0].native_finish_reason).toBe('STOP');
  });

  test('has its thoughts under both names of reasoning', async () => {
    gateway.upstream.reply(think('Well, so.', 'Yes.'), think('Well, so.', 'Yes.'));
    const { message } = (await whole({ reasoning_effort: 'high' })).choices[0];
    expect(message).toMatchObject({ content: 'Yes.', reasoning_content: 'Well, so.', reasoning: 'Well, so.' });
    const deltas = (await chunks()).flatMap(({ choices }) => choices.map(({ delta }: { delta: object }) => delta));
    expect(deltas).toEqual([
      { role: 'assistant', reasoning_content: 'Well,', reasoning: 'Well,' },
      { reasoning_content: ' so.', reasoning: ' so.' },
      { content: 'Yes.' },
      {},
    ]);
  });

  test('counts thoughts as part of the completion, and says what came from the cache', async () => {
    const usage = { prompt: 100, completion: 30, cached: 64, reasoning: 20 };
    const { chunks: all } = await both({ text: ['Hi'], usage });
    const told = {
      prompt_tokens: 100,
      completion_tokens: 30,
      total_tokens: 130,
      prompt_tokens_details: { cached_tokens: 64 },
      completion_tokens_details: { reasoning_tokens: 20 },
    };
    expect(all.at(-1)).toMatchObject({ choices: [], usage: told });
    expect(all.filter((chunk) => chunk.usage)).toHaveLength(1);
    gateway.upstream.reply(answer({ text: ['Hi'], usage }));
    expect((await whole()).usage).toEqual(told);
    const counts = { promptTokenCount: 5, toolUsePromptTokenCount: 7, candidatesTokenCount: 1, totalTokenCount: 13 };
    playBody({ ...candidate({ finishReason: 'STOP' }), usageMetadata: counts });
    expect((await whole()).usage).toEqual({ prompt_tokens: 12, completion_tokens: 1, total_tokens: 13 });
  });

  test('may have no usage: then it is estimated', async () => {
    gateway.upstream.reply(say('Hi', { tellUsage: 'never' }), say('Hi', { tellUsage: 'never' }));
    const { usage } = await whole();
    expect(usage).toMatchObject({ completion_tokens: 1, total_tokens: usage.prompt_tokens + 1 });
    expect((await chunks()).at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 1 } });
  });

  test('comes n times when the client asks for n, each with its own index and finish reason', async () => {
    gateway.upstream.reply(say('One two'), say('One two'));
    const { choices } = await whole({ n: 2 });
    expect(choices.map((choice: JsonObject) => choice.index)).toEqual([0, 1]);
    expect(choices).toMatchObject([{ message: { content: 'One two' } }, { message: { content: 'One two' } }]);
    const all = await chunks({ n: 2 });
    const ends = all.flatMap((chunk) => chunk.choices).filter((choice) => choice.finish_reason);
    expect(ends.map((choice) => choice.index)).toEqual([0, 1]);
    expect(all.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 9 } });
  });

  test('has logprobs in the form of OpenAI', async () => {
    const { choice, chunks: all } = await both({ text: ['Hi'] }, { logprobs: true, top_logprobs: 1 });
    const entry = { token: 'Hi', logprob: -0.25, bytes: [72, 105] };
    const logprobs = { content: [{ ...entry, top_logprobs: [entry] }] };
    expect(choice.logprobs).toEqual(logprobs);
    expect(all[0].choices[0].logprobs).toEqual(logprobs);
  });

  test('holds pictures as data URIs, in JSON and in a stream', async () => {
    const images = ['data:image/png;base64,AAEC', 'data:image/jpeg;base64,/9j/'];
    const { message, deltas } = await both({ text: ['Here.'], images }, { modalities: ['text', 'image'] });
    const shown = images.map((url, index) => ({ type: 'image_url', image_url: { url }, index }));
    expect(message).toMatchObject({ content: 'Here.', images: shown });
    expect(deltas.flatMap((delta) => delta.images ?? [])).toEqual(shown);
  });

  test('holds a picture of megabytes', async () => {
    const url = `data:image/png;base64,${'A'.repeat(4 * 1024 * 1024)}`;
    const { message, deltas } = await both({ images: [url] });
    expect(message.images[0].image_url.url === url).toBe(true);
    expect(deltas[0]?.images).toMatchObject([{ image_url: { url } }]);
  });

  test('leaves the drafts of a picture out', async () => {
    const inlineData = { mimeType: 'image/png', data: 'AAEC' };
    const parts = [{ inlineData, thought: true }, { inlineData: { ...inlineData, data: 'AwQF' } }];
    playBody({ candidates: [{ content: { parts }, finishReason: 'STOP' }] });
    const { images } = (await whole()).choices[0].message;
    expect(images).toMatchObject([{ image_url: { url: 'data:image/png;base64,AwQF' } }]);
  });

  test('keeps citations and grounding', async () => {
    const google = {
      citationMetadata: { citationSources: [{ uri: 'u' }] },
      groundingMetadata: { webSearchQueries: [] },
    };
    playBody(candidate({ finishReason: 'STOP', ...google }));
    expect((await whole()).choices[0].message.extra_content).toEqual({ google });
  });
});

describe('an answer ends', () => {
  test.each([
    ['STOP', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['SAFETY', 'content_filter'],
    ['RECITATION', 'content_filter'],
    ['LANGUAGE', 'content_filter'],
    ['BLOCKLIST', 'content_filter'],
    ['PROHIBITED_CONTENT', 'content_filter'],
    ['SPII', 'content_filter'],
    ['IMAGE_SAFETY', 'content_filter'],
    ['IMAGE_PROHIBITED_CONTENT', 'content_filter'],
    ['IMAGE_RECITATION', 'content_filter'],
  ])('with %s as %s', async (finish, reason) => {
    const { choice, chunks: all } = await both({ text: ['Hi'], finish });
    expect(choice).toMatchObject({ finish_reason: reason, native_finish_reason: finish });
    expect(all.at(-2).choices[0]).toMatchObject({ finish_reason: reason, native_finish_reason: finish });
  });

  test('with the reason of a filter as a refusal', async () => {
    const { choice, deltas } = await both({ refusal: 'That is not safe.' });
    expect(choice).toMatchObject({
      finish_reason: 'content_filter',
      native_finish_reason: 'SAFETY',
      message: { content: '', refusal: 'That is not safe.' },
    });
    expect(deltas).toEqual([{ role: 'assistant', refusal: 'That is not safe.' }, {}]);
  });

  test('before it begins where the prompt is blocked: a refusal, not an error', async () => {
    const blocked = { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, usageMetadata: { promptTokenCount: 4 } };
    playBody(blocked);
    const { choices, usage } = await whole();
    const refusal = 'The prompt was blocked (PROHIBITED_CONTENT).';
    const end = { finish_reason: 'content_filter', native_finish_reason: 'PROHIBITED_CONTENT' };
    expect(choices).toMatchObject([{ ...end, message: { content: '', refusal } }]);
    expect(usage).toEqual({ prompt_tokens: 4, completion_tokens: 0, total_tokens: 4 });
    gateway.upstream.reply(
      raw(200, { 'content-type': 'text/event-stream' }, `data: ${JSON.stringify(blocked)}\r\n\r\n`),
    );
    expect(await chunks()).toMatchObject([
      { choices: [{ delta: { role: 'assistant', refusal } }] },
      { choices: [end] },
      { choices: [], usage: { total_tokens: 4 } },
    ]);
  });
});

describe('tools', () => {
  const tools = ['weather', 'time'].map((name) => ({ type: 'function', function: { name } }));
  const calls = [
    { name: 'weather', arguments: { city: 'Rome' }, id: 'fc-1' },
    { name: 'time', arguments: { zone: 'CET' } },
  ];
  const signature = 'c2lnbmF0dXJlLTE=';

  test.each([
    ['whole', async () => (await whole({ tools })).choices[0]],
    [
      'streamed',
      async () => {
        const all = (await chunks({ tools })).flatMap((chunk) => chunk.choices);
        return {
          message: { tool_calls: all.flatMap(({ delta }) => delta.tool_calls ?? []) },
          finish_reason: all.at(-1).finish_reason,
        };
      },
    ],
  ])('are called in parallel, %s, and the signature of the step comes back where it was', async (_how, play) => {
    gateway.upstream.reply(callTools(calls, { signature }));
    const { message, finish_reason } = await play();
    expect(finish_reason).toBe('tool_calls');
    const [first, second] = message.tool_calls;
    expect(first).toMatchObject({
      id: 'fc-1',
      type: 'function',
      function: { name: 'weather', arguments: '{"city":"Rome"}' },
      extra_content: { google: { thought_signature: signature } },
    });
    expect(second).toMatchObject({ type: 'function', function: { name: 'time', arguments: '{"zone":"CET"}' } });
    expect(second.id).toMatch(/^call_[0-9a-f]{24}$/);
    expect(second).not.toHaveProperty('extra_content');

    const messages = [
      user,
      { role: 'assistant', content: null, tool_calls: message.tool_calls },
      { role: 'tool', tool_call_id: 'fc-1', content: '{"degrees":21}' },
      { role: 'developer', content: 'An instruction between results does not part them.' },
      { role: 'tool', tool_call_id: second.id, content: 'noon' },
    ];
    expect((await whole({ tools, messages })).choices[0].message.content).toBe('Hello from upstream.');
    expect(asked()?.json).toMatchObject({
      contents: [
        { role: 'user', parts: [{ text: 'Hi' }] },
        {
          role: 'model',
          parts: [
            { functionCall: { id: 'fc-1', name: 'weather', args: { city: 'Rome' } }, thoughtSignature: signature },
            { functionCall: { id: second.id, name: 'time', args: { zone: 'CET' } } },
          ],
        },
        {
          role: 'user',
          parts: [
            { functionResponse: { id: 'fc-1', name: 'weather', response: { degrees: 21 } } },
            { functionResponse: { id: second.id, name: 'time', response: { result: 'noon' } } },
          ],
        },
      ],
    });
  });

  test('of every step of a turn keep their own signature', async () => {
    const steps = ['Rome', 'Oslo'].map((city) => ({ name: 'weather', arguments: { city }, id: `fc-${city}` }));
    const messages: object[] = [user];
    for (const [i, step] of steps.entries()) {
      gateway.upstream.reply(callTools([step], { signature: `c3RlcC0${i}` }));
      const { message } = (await whole({ tools, messages })).choices[0];
      messages.push(message, { role: 'tool', tool_call_id: step.id, content: 'sunny' });
    }
    await whole({ tools, messages });
    const turns = JSON.stringify(asked()?.json);
    expect(turns.indexOf('c3RlcC00')).toBeGreaterThan(turns.indexOf('Rome'));
    expect(turns.indexOf('c3RlcC01')).toBeGreaterThan(turns.indexOf('Oslo'));
  });

  test('keep it in a conversation that the gateway remembers', async () => {
    gateway.upstream.reply(callTools([{ name: 'weather', arguments: { city: 'Kyiv' }, id: 'fc-9' }], { signature }));
    const first = await gateway.call('POST', '/c1/chat', { model: 'scripted', message: 'Kyiv?', tools });
    const conversation_id = first.headers.get('x-conversation-id');
    const tool_results = [{ tool_call_id: 'fc-9', content: 'rain' }];
    const second = await gateway.call('POST', '/c1/chat', { model: 'scripted', conversation_id, tool_results, tools });
    expect([second.status, await second.text()]).toEqual([200, expect.anything()]);
    expect(asked()?.json).toMatchObject({
      contents: [{}, { parts: [{ functionCall: { id: 'fc-9' }, thoughtSignature: signature }] }, {}],
    });
  });

  test('may return pictures', async () => {
    gateway.upstream.reply(callTools([{ name: 'weather', arguments: { city: 'Bonn' }, id: 'fc-2' }]));
    const { message } = (await whole({ tools })).choices[0];
    const content = [
      { type: 'text', text: 'The map:' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAEC' } },
    ];
    await whole({ tools, messages: [user, message, { role: 'tool', tool_call_id: 'fc-2', content }] });
    const parts = [{ inlineData: { mimeType: 'image/png', data: 'AAEC' } }];
    expect(asked()?.json).toMatchObject({
      contents: [{}, {}, { parts: [{ functionResponse: { response: { result: 'The map:' }, parts } }] }],
    });
  });

  test('that another model called are sent with the mark that the vendor documents', async () => {
    const foreign = [{ id: 'x', type: 'function', function: { name: 'weather', arguments: '' } }];
    const messages = [
      user,
      { role: 'assistant', content: 'Let me see.', reasoning_content: 'Weather.', tool_calls: foreign },
      { role: 'tool', tool_call_id: 'x', content: '' },
    ];
    await whole({ tools, messages });
    expect(asked()?.json).toMatchObject({
      contents: [
        {},
        {
          parts: [
            { text: 'Weather.', thought: true },
            { text: 'Let me see.' },
            { functionCall: { name: 'weather', args: {} }, thoughtSignature: 'skip_thought_signature_validator' },
          ],
        },
        { parts: [{ functionResponse: { response: { result: '' } } }] },
      ],
    });
  });

  test('keep a signature that the client sends back as reasoning details, as with OpenRouter', async () => {
    gateway.upstream.reply(callTools([{ name: 'weather', arguments: { city: 'Lima' }, id: 'fc-3' }], { signature }));
    const [call] = (await whole({ tools })).choices[0].message.tool_calls;
    const reasoning_details = [
      { type: 'reasoning.encrypted', data: signature, format: 'google-gemini-v1', id: 'fc-3', index: 0 },
      { type: 'reasoning.encrypted', data: 'b3RoZXI=', format: 'anthropic-claude-v1', index: 1 },
    ];
    const { extra_content: _lost, ...bare } = call;
    const assistant = { role: 'assistant', content: null, tool_calls: [bare], reasoning_details };
    await whole({ tools, messages: [user, assistant, { role: 'tool', tool_call_id: 'fc-3', content: 'x' }] });
    expect(asked()?.json).toMatchObject({ contents: [{}, { parts: [{ thoughtSignature: signature }] }, {}] });
    expect(JSON.stringify(asked()?.json)).not.toContain('b3RoZXI=');
  });
});

describe('signatures without calls', () => {
  const signature = 'dGV4dC1zaWduYXR1cmU=';

  test('of a text come as reasoning details and go back on the text', async () => {
    const { message, deltas } = await both({ reasoning: ['Hm.'], text: ['Yes', '.'], signature });
    const details = [
      { type: 'reasoning.encrypted', data: signature, format: 'google-gemini-v1', index: 0, signs: 'text' },
    ];
    expect(message.reasoning_details).toEqual(details);
    expect(deltas.flatMap((delta) => delta.reasoning_details ?? [])).toEqual(details);
    await whole({ messages: [user, message, user] });
    expect(asked()?.json).toMatchObject({
      contents: [
        {},
        {
          role: 'model',
          parts: [
            { text: 'Hm.', thought: true },
            { text: 'Yes.', thoughtSignature: signature },
          ],
        },
        {},
      ],
    });
  });

  test('of thoughts and of several texts go back too', async () => {
    const parts = [
      { text: 'Hm.', thought: true, thoughtSignature: 'YQ==' },
      { text: 'One', thoughtSignature: 'Yg==' },
      { text: '', thoughtSignature: 'Yw==' },
    ];
    playBody({ candidates: [{ content: { parts }, finishReason: 'STOP' }] });
    const { message } = (await whole()).choices[0];
    await whole({ messages: [user, message, user] });
    expect(asked()?.json).toMatchObject({ contents: [{}, { parts }, {}] });
  });

  test('of a picture stand on the picture, and go back on it', async () => {
    const { message } = await both({ images: ['data:image/png;base64,AAEC'], signature });
    const signed = { extra_content: { google: { thought_signature: signature } } };
    expect(message.images).toMatchObject([signed]);
    await whole({ messages: [user, message, { role: 'user', content: 'Now in blue.' }] });
    expect(asked()?.json).toMatchObject({
      contents: [
        {},
        { parts: [{ inlineData: { mimeType: 'image/png', data: 'AAEC' }, thoughtSignature: signature }] },
        {},
      ],
    });
  });
});
