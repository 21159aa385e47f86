import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { type ScriptedGateway, startScripted, upstreamKey } from '../support/start-scripted.ts';

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted({
    kind: 'gemini',
    input: '[text, image, audio, video]',
    upstream: { dialect: 'gemini' },
  });
});
afterAll(() => gateway.close());

const user = { role: 'user', content: 'Hi' };
const turn = { role: 'user', parts: [{ text: 'Hi' }] };
const ask = (fields: object = {}) =>
  gateway.call('POST', '/v1/chat/completions', { model: 'scripted', messages: [user], ...fields });
const asked = () => gateway.upstream.chats.at(-1);

/** The body that a request becomes upstream. */
async function sent(fields: object): Promise<unknown> {
  const response = await ask(fields);
  expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('Hello from upstream.')]);
  return asked()?.json;
}

/** How a request is refused before anything is sent. */
async function refused(fields: object) {
  const before = gateway.upstream.chats.length;
  const { code, param } = await errorOf(await ask(fields));
  expect(gateway.upstream.chats.length).toBe(before);
  return { code, param };
}

const uri = (type: string, data = 'AAEC') => `data:${type};base64,${data}`;
const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const says = (...content: object[]) => ({ messages: [{ role: 'user', content }] });
const image = (detail?: string) => ({
  type: 'image_url',
  image_url: { url: uri('image/png', pixel), ...(detail ? { detail } : {}) },
});

describe('a request', () => {
  test('is sent to the model with the key of the upstream, and only with fields that Gemini supports', async () => {
    const own = { user: 'u-1', metadata: { a: 'b' }, prompt_cache_key: 'k', store: false, parallel_tool_calls: false };
    expect(await sent({ ...own, stream_options: null, tools: [], logit_bias: {}, service_tier: 'auto' })).toEqual({
      contents: [turn],
    });
    expect(asked()?.path).toBe('/v1beta/models/test-model:generateContent');
    expect(asked()?.headers['x-goog-api-key']).toBe(upstreamKey);
    expect(asked()?.headers).not.toHaveProperty('authorization');
  });

  test('asks for events where it asks for a stream', async () => {
    const response = await ask({ stream: true, stream_options: { include_usage: true } });
    expect(await response.text()).toContain('[DONE]');
    expect(asked()?.path).toBe('/v1beta/models/test-model:streamGenerateContent?alt=sse');
    expect(asked()?.json).toEqual({ contents: [turn] });
  });

  test('puts every instruction before the turns', async () => {
    const messages = [
      { role: 'system', content: 'Be brief.' },
      user,
      { role: 'assistant', content: 'Hello' },
      { role: 'developer', content: [{ type: 'text', text: 'Be kind.' }] },
      { role: 'user', content: 'Bye' },
    ];
    expect(await sent({ messages })).toEqual({
      systemInstruction: { parts: [{ text: 'Be brief.' }, { text: 'Be kind.' }] },
      contents: [turn, { role: 'model', parts: [{ text: 'Hello' }] }, { role: 'user', parts: [{ text: 'Bye' }] }],
    });
  });

  test('carries images, audio, video and files inline', async () => {
    const body = await sent(
      says(
        { type: 'text', text: 'Compare.', cache_control: { type: 'ephemeral' } },
        image(),
        image('high'),
        { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
        { type: 'input_audio', input_audio: { data: 'SUQz', format: 'm4a' } },
        { type: 'audio_url', audio_url: { url: uri('audio/ogg') } },
        { type: 'video_url', video_url: { url: uri('video/mp4;codecs=avc1') } },
        { type: 'file', file: { filename: 'a.pdf', file_data: uri('application/pdf') } },
      ),
    );
    const inline = (mimeType: string, data = 'AAEC') => ({ inlineData: { mimeType, data } });
    const parts = [
      { text: 'Compare.' },
      inline('image/png', pixel),
      { ...inline('image/png', pixel), mediaResolution: { level: 'MEDIA_RESOLUTION_HIGH' } },
      inline('audio/wav', 'UklGRg=='),
      inline('audio/mp4', 'SUQz'),
      inline('audio/ogg'),
      inline('video/mp4'),
      inline('application/pdf'),
    ];
    expect(body).toEqual({ contents: [{ role: 'user', parts }] });
  });

  test('carries megabytes of video', async () => {
    const data = 'A'.repeat(8 * 1024 * 1024);
    await sent(says({ type: 'video_url', video_url: { url: uri('video/mp4', data) } }));
    expect(asked()?.body.length).toBeGreaterThan(data.length);
  });

  test.each([
    ['max_tokens', { max_tokens: 9 }, { maxOutputTokens: 9 }],
    ['max_completion_tokens', { max_completion_tokens: 9 }, { maxOutputTokens: 9 }],
    [
      'sampling',
      { temperature: 0.5, top_p: 0.9, top_k: 40, seed: 7 },
      { temperature: 0.5, topP: 0.9, topK: 40, seed: 7 },
    ],
    ['penalties', { presence_penalty: 1, frequency_penalty: -1 }, { presencePenalty: 1, frequencyPenalty: -1 }],
    ['a stop', { stop: 'x' }, { stopSequences: ['x'] }],
    ['stops', { stop: ['x', 'y'] }, { stopSequences: ['x', 'y'] }],
    ['n', { n: 2 }, { candidateCount: 2 }],
    ['logprobs', { logprobs: true, top_logprobs: 3 }, { responseLogprobs: true, logprobs: 3 }],
    ['json_object', { response_format: { type: 'json_object' } }, { responseMimeType: 'application/json' }],
    [
      'json_schema',
      {
        response_format: { type: 'json_schema', json_schema: { name: 'x', strict: true, schema: { type: 'object' } } },
      },
      { responseMimeType: 'application/json', responseJsonSchema: { type: 'object' } },
    ],
    ['modalities', { modalities: ['image', 'text'] }, { responseModalities: ['IMAGE', 'TEXT'] }],
    [
      'image_config',
      { image_config: { aspect_ratio: '16:9', imageSize: '2K' } },
      { imageConfig: { aspectRatio: '16:9', imageSize: '2K' } },
    ],
    ['an effort', { reasoning_effort: 'low' }, { thinkingConfig: { thinkingLevel: 'low', includeThoughts: true } }],
    [
      "Google's own thinking_config",
      { extra_body: { google: { thinking_config: { thinking_budget: 99, include_thoughts: false } } } },
      { thinkingConfig: { thinkingBudget: 99, includeThoughts: false } },
    ],
  ])('%s has its place in the configuration', async (_what, fields, generationConfig) => {
    expect(await sent(fields)).toEqual({ contents: [turn], generationConfig });
  });

  test('passes safety settings and cached content on', async () => {
    const safetySettings = [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }];
    const extra_body = { google: { cached_content: 'cachedContents/1' } };
    expect(await sent({ safety_settings: safetySettings, extra_body })).toEqual({
      contents: [turn],
      safetySettings,
      cachedContent: 'cachedContents/1',
    });
  });

  const schema = { type: 'object', properties: { city: { type: 'string' } }, additionalProperties: false };
  const tool = { type: 'function', function: { name: 'weather', description: 'Of a city.', parameters: schema } };
  const tools = [
    { functionDeclarations: [{ name: 'weather', description: 'Of a city.', parametersJsonSchema: schema }] },
  ];
  const strict = { ...tool, function: { ...tool.function, strict: true } };
  test.each([
    ['auto', { tools: [tool], tool_choice: 'auto' }, undefined],
    ['none', { tools: [tool], tool_choice: 'none' }, { mode: 'NONE' }],
    ['required', { tools: [tool], tool_choice: 'required' }, { mode: 'ANY' }],
    [
      'named',
      { tools: [tool], tool_choice: { type: 'function', function: { name: 'weather' } } },
      { mode: 'ANY', allowedFunctionNames: ['weather'] },
    ],
    ['strict', { tools: [strict] }, { mode: 'VALIDATED' }],
  ])('declares tools, with the choice %s', async (_what, fields, functionCallingConfig) => {
    expect(await sent(fields)).toEqual({
      contents: [turn],
      tools,
      ...(functionCallingConfig ? { toolConfig: { functionCallingConfig } } : {}),
    });
  });
});

describe('models of the second generation', () => {
  let second: ScriptedGateway;
  beforeAll(async () => {
    second = await startScripted({ kind: 'gemini', upstream: { dialect: 'gemini' }, model: 'gemini-2.5-flash' });
  });
  afterAll(() => second.close());
  const call = (fields: object) =>
    second.call('POST', '/v1/chat/completions', { model: 'scripted', messages: [user], ...fields });

  test.each([
    ['none', { thinkingBudget: 0 }],
    ['minimal', { thinkingBudget: 1024, includeThoughts: true }],
    ['low', { thinkingBudget: 1024, includeThoughts: true }],
    ['medium', { thinkingBudget: 8192, includeThoughts: true }],
    ['high', { thinkingBudget: 24576, includeThoughts: true }],
  ])('think by a budget: %s', async (reasoning_effort, thinkingConfig) => {
    expect((await call({ reasoning_effort })).status).toBe(200);
    expect(second.upstream.chats.at(-1)?.json).toMatchObject({ generationConfig: { thinkingConfig } });
    expect(second.upstream.chats.at(-1)?.path).toBe('/v1beta/models/gemini-2.5-flash:generateContent');
  });

  test('have no detail of an image', async () => {
    expect(await errorOf(await call(says(image('low'))))).toMatchObject({
      code: 'invalid_field',
      param: 'messages[0].content[0].image_url.detail',
    });
    expect((await call(says(image('auto')))).status).toBe(200);
  });
});

describe('a broken history is repaired, and the response says so', () => {
  async function repaired(...messages: object[]) {
    const response = await ask({ messages: [user, ...messages] });
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('Hello from upstream.')]);
    expect(response.headers.get('x-gateway-applied')).toBe('history_repaired');
    return Object(asked()?.json).contents;
  }

  test.each(['{"a":', '[1]'])('arguments that are not an object: %s', async (text) => {
    const tool_calls = [{ id: 'c', type: 'function', function: { name: 'f', arguments: text } }];
    const [first, called, results, ...rest] = await repaired({ role: 'assistant', content: null, tool_calls });
    expect([first, rest]).toEqual([turn, []]);
    expect(called).toMatchObject({
      role: 'model',
      parts: [{ functionCall: { id: 'c', name: 'f', args: { unparsed_arguments: text } } }],
    });
    expect(results).toMatchObject({ role: 'user', parts: [{ functionResponse: { id: 'c', name: 'f' } }] });
    expect(JSON.stringify(results)).toContain('so it was not run');
  });

  test('a result without its call', async () => {
    expect(await repaired({ role: 'tool', tool_call_id: 'x', content: 'Sunny' })).toEqual([
      { role: 'user', parts: [{ text: 'Hi\n\nResult of an earlier tool call (x):\nSunny' }] },
    ]);
  });
});

describe('unsupported fields are refused with their param', () => {
  const at = 'messages[0].content[0]';
  const calls = (given: string) => [{ id: 'c', type: 'function', function: { name: 'f', arguments: given } }];
  const assistant = (fields: object) => ({ messages: [user, { role: 'assistant', content: null, ...fields }] });
  test.each([
    ['an unknown field', { guided_json: { a: 1 } }, 'guided_json'],
    ['logit_bias', { logit_bias: { 5: 1 } }, 'logit_bias'],
    [
      'one call at a time',
      { parallel_tool_calls: false, tools: [{ type: 'function', function: { name: 'f' } }] },
      'parallel_tool_calls',
    ],
    [
      'the detail of a picture in a result',
      {
        messages: [
          user,
          { role: 'assistant', content: null, tool_calls: calls('{}') },
          { role: 'tool', tool_call_id: 'c', content: [image('high')] },
        ],
      },
      'messages[2].content[0].image_url.detail',
    ],
    ['an audio answer', { modalities: ['text', 'audio'] }, 'modalities[1]'],
    ['an unknown effort', { reasoning_effort: 'ultra' }, 'reasoning_effort'],
    ['thinking turned off where it cannot be', { reasoning_effort: 'none' }, 'reasoning_effort'],
    [
      'two ways to say the thinking',
      { reasoning_effort: 'low', extra_body: { google: { thinking_config: { thinking_level: 'low' } } } },
      'extra_body.google.thinking_config',
    ],
    ['an unknown extension', { extra_body: { google: { x: 1 } } }, 'extra_body.google.x'],
    ['an extension of another vendor', { extra_body: { vendor: 1 } }, 'extra_body.vendor'],
    ['an unknown image setting', { image_config: { dpi: 3 } }, 'image_config.dpi'],
    ['a format', { response_format: { type: 'grammar' } }, 'response_format.type'],
    ['a schema that is not there', { response_format: { type: 'json_schema' } }, 'response_format.json_schema.schema'],
    ['top_logprobs alone', { top_logprobs: 2 }, 'top_logprobs'],
    ['safety settings that are no list', { safety_settings: {}, top_k: 1 }, 'safety_settings'],
    ['a tool of the vendor', { tools: [{ type: 'web_search' }] }, 'tools[0].type'],
    ['a field of a function', { tools: [{ type: 'function', function: { name: 'f', x: 1 } }] }, 'tools[0].function.x'],
    ['a choice without tools', { tool_choice: 'required' }, 'tool_choice'],
    [
      'a choice of a custom tool',
      { tools: [{ type: 'function', function: { name: 'f' } }], tool_choice: { type: 'custom' } },
      'tool_choice.type',
    ],
    ['an unknown part', says({ type: 'hologram', hologram: {} }), `${at}.type`],
    ['a remote video', says({ type: 'video_url', video_url: { url: 'https://x.test/a.mp4' } }), `${at}.video_url.url`],
    ['a file by address', says({ type: 'file', file: { file_data: 'https://x.test/a.pdf' } }), `${at}.file.file_data`],
    ['a file by id', says({ type: 'file', file: { file_id: 'file-1' } }), `${at}.file.file_id`],
    ['audio without a format', says({ type: 'input_audio', input_audio: { data: 'AA' } }), `${at}.input_audio.format`],
    ['a field of a part', says({ type: 'text', text: 'x', bold: true }), `${at}.bold`],
    ['an image for an instruction', { messages: [{ role: 'system', content: [image()] }, user] }, `${at}.type`],
    ['a function message', { messages: [user, { role: 'function', name: 'f', content: '' }] }, 'messages[1].role'],
    ['a prefill flag', assistant({ content: 'So', prefix: true }), 'messages[1].prefix'],
  ])('%s', async (_what, fields, param) => {
    expect(await refused(fields)).toEqual({ code: 'invalid_field', param });
  });

  test('an image by address has an error of its own, also within an earlier answer', async () => {
    const remote = { type: 'image_url', image_url: { url: 'https://x.test/a.png' } };
    expect(await refused(says(remote))).toEqual({ code: 'image_url_not_supported', param: `${at}.image_url.url` });
    expect(await refused(assistant({ content: 'Here.', images: [remote] }))).toEqual({
      code: 'image_url_not_supported',
      param: 'messages[1].images[0].image_url.url',
    });
  });
});
