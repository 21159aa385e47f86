import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { faultsOf } from '../support/openai-schema.ts';
import { chunksOf, payloadsOf, textOf } from '../support/read-events.ts';
import { startGateway } from '../support/start-gateway.ts';
import { type ScriptedGateway, startScripted, upstreamKey } from '../support/start-scripted.ts';
import type { Answer } from '../support/upstream/answer.ts';
import { answer, callTools, say, think } from '../support/upstream/scripts/answers.ts';
import { endWithoutFinish, errorInStream } from '../support/upstream/scripts/failures.ts';
import { raw, refuse } from '../support/upstream/scripts/refusals.ts';

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted({
    kind: 'openai-responses',
    upstream: { dialect: 'openai-responses' },
    env: { MODEL_WAIT_SECONDS: '0' },
  });
});
afterAll(() => gateway.close());

const user = { role: 'user', content: 'Hi' };
const pixel = 'data:image/png;base64,iVBORw0KGgo=';

const post = (fields: object) =>
  gateway.call('POST', '/v1/chat/completions', { model: 'scripted', messages: [user], ...fields });

/** What the upstream was sent for these fields. */
async function sentFor(fields: object) {
  const response = await post(fields);
  expect([response.status, response.status === 200 ? '' : await response.text()]).toEqual([200, '']);
  return JSON.parse(String(gateway.upstream.chats.at(-1)?.body));
}

const inputFor = async (...messages: object[]) => (await sentFor({ messages })).input;

/** The message and the finish of one answer, asked as JSON. */
async function choiceOf(what: Answer, fields: object = {}) {
  gateway.upstream.reply(answer(what));
  const body = await (await post(fields)).json();
  expect(faultsOf('CreateChatCompletionResponse', body)).toEqual([]);
  return { ...body, ...body.choices[0] };
}

/** The chunks of the same answer. */
async function chunksFor(what: Answer, fields: object = {}) {
  gateway.upstream.reply(answer(what));
  const chunks = chunksOf(await (await post({ stream: true, ...fields })).text());
  expect(chunks.flatMap((chunk) => faultsOf('CreateChatCompletionStreamResponse', chunk))).toEqual([]);
  return chunks;
}

const deltasOf = (chunks: { choices: { delta: Record<string, unknown> }[] }[], field: string) =>
  chunks.flatMap(({ choices }) => choices[0]?.delta[field] ?? []);

const weather = { type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: {} } } };
const call = (id: string, args: string) => ({ id, type: 'function', function: { name: 'weather', arguments: args } });

test('a result without its call becomes text of the user, because the vendor refuses it', async () => {
  const response = await post({ messages: [user, { role: 'tool', tool_call_id: 'call_x', content: '1' }] });
  expect([response.status, response.headers.get('x-gateway-applied')]).toEqual([200, 'history_repaired']);
  await response.text();
  const { input } = JSON.parse(String(gateway.upstream.chats.at(-1)?.body));
  expect(input).toMatchObject([{ role: 'user' }]);
  expect(JSON.stringify(input)).toContain(JSON.stringify('Hi\n\nResult of an earlier tool call (call_x):\n1'));
});

describe('the configuration', () => {
  const available = async (provider: string, env: Record<string, string>) => {
    const models = `providers: { up: { ${provider} } }
models: [{ alias: m, backends: [{ provider: up, model: m }] }]`;
    const configured = await startGateway({ models, env });
    const { models: described } = await (await configured.call('GET', '/v1/info')).json();
    await configured.close();
    return described[0].available;
  };

  test("needs no more than OpenAI's key", async () => {
    expect(await available('kind: openai-responses', { OPENAI_API_KEY: 'sk-openai-key-of-the-operator' })).toBe(true);
    expect(await available('kind: openai-responses', {})).toBe(false);
  });

  test("never gives OpenAI's key to another address", async () => {
    const elsewhere = await startGateway({
      models: `providers: { up: { kind: openai-responses, base_url: "${gateway.upstream.url}" } }
models: [{ alias: m, backends: [{ provider: up, model: m }] }]`,
      env: { OPENAI_API_KEY: 'sk-openai-key-of-the-operator' },
    });
    const asked = await elsewhere.call('POST', '/v1/chat/completions', { model: 'm', messages: [user] });
    await elsewhere.close();
    expect((await errorOf(asked)).code).toBe('upstream_refused');
    expect(gateway.upstream.chats.at(-1)?.headers.authorization).toBeUndefined();
  });
});

describe('the request', () => {
  test('is stateless, carries the key, and asks for reasoning that can come back', async () => {
    const body = await sentFor({});
    expect(body).toEqual({
      model: 'test-model',
      input: [{ type: 'message', role: 'user', content: 'Hi' }],
      reasoning: { summary: 'auto' },
      store: false,
      include: ['reasoning.encrypted_content'],
    });
    const [request] = gateway.upstream.chats.slice(-1);
    expect([request?.path, request?.headers.authorization]).toEqual(['/v1/responses', `Bearer ${upstreamKey}`]);
  });

  test('keeps every supported field', async () => {
    const same = {
      temperature: 0.5,
      top_p: 0.9,
      parallel_tool_calls: false,
      user: 'u',
      safety_identifier: 's',
      prompt_cache_key: 'k',
      service_tier: 'flex',
      metadata: { a: 'b' },
      store: true,
    };
    const body = await sentFor({
      ...same,
      max_completion_tokens: 20,
      logprobs: true,
      top_logprobs: 3,
      reasoning_effort: 'high',
      verbosity: 'low',
      stream_options: null,
    });
    expect(body).toMatchObject({
      ...same,
      max_output_tokens: 20,
      top_logprobs: 3,
      reasoning: { effort: 'high', summary: 'auto' },
      text: { verbosity: 'low' },
      include: ['reasoning.encrypted_content', 'message.output_text.logprobs'],
    });
    expect((await sentFor({ max_tokens: 16 })).max_output_tokens).toBe(16);
  });

  test('asks for a stream without include_usage', async () => {
    await (await post({ stream: true, stream_options: { include_usage: true } })).text();
    const sent = JSON.parse(String(gateway.upstream.chats.at(-1)?.body));
    expect([sent.stream, sent.stream_options]).toEqual([true, undefined]);
  });

  test.each([
    [{ reasoning_effort: 'none' }, { effort: 'none' }],
    [{ reasoning: { effort: 'low', summary: 'detailed' } }, { effort: 'low', summary: 'detailed' }],
  ])('asks for reasoning as %o says', async (fields, reasoning) => {
    expect((await sentFor(fields)).reasoning).toEqual(reasoning);
  });

  test('flattens the response format', async () => {
    const schema = { type: 'object', properties: { a: { type: 'string' } } };
    const format = { type: 'json_schema', json_schema: { name: 'x', schema, strict: true } };
    expect((await sentFor({ response_format: format })).text).toEqual({
      format: { type: 'json_schema', name: 'x', schema, strict: true },
    });
    expect((await sentFor({ response_format: { type: 'json_object' } })).text).toEqual({
      format: { type: 'json_object' },
    });
  });

  test('flattens tools, which stay as strict as chat completions have them', async () => {
    const grammar = { syntax: 'regex', definition: 'a+' };
    const body = await sentFor({
      tools: [
        weather,
        { type: 'function', function: { name: 'now', description: 'The time', strict: true } },
        { type: 'custom', custom: { name: 'sql', format: { type: 'grammar', grammar } } },
        { type: 'image_generation', size: '1024x1024' },
      ],
      tool_choice: { type: 'function', function: { name: 'weather' } },
    });
    expect(body.tools).toEqual([
      { type: 'function', name: 'weather', parameters: { type: 'object', properties: {} }, strict: false },
      {
        type: 'function',
        name: 'now',
        description: 'The time',
        parameters: { type: 'object', properties: {} },
        strict: true,
      },
      { type: 'custom', name: 'sql', format: { type: 'grammar', ...grammar } },
      { type: 'image_generation', size: '1024x1024' },
    ]);
    expect(body.tool_choice).toEqual({ type: 'function', name: 'weather' });
  });

  test.each([
    ['required', 'required'],
    [
      { type: 'custom', custom: { name: 'sql' } },
      { type: 'custom', name: 'sql' },
    ],
    [
      {
        type: 'allowed_tools',
        allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'f' } }] },
      },
      { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'f' }] },
    ],
  ])('translates the tool choice %o', async (choice, sent) => {
    expect((await sentFor({ tools: [weather], tool_choice: choice })).tool_choice).toEqual(sent);
  });

  test('adds the tool that makes pictures when the client wants pictures', async () => {
    expect((await sentFor({ modalities: ['text', 'image'] })).tools).toEqual([{ type: 'image_generation' }]);
    expect((await sentFor({ modalities: ['text'] })).tools).toBeUndefined();
  });

  test('leaves out values that ask for nothing', async () => {
    const idle = { n: 1, presence_penalty: 0, frequency_penalty: 0, stop: [], logit_bias: {}, seed: null };
    const body = await sentFor({ ...idle, tools: [], tool_choice: 'auto' });
    expect(Object.keys(body).toSorted()).toEqual(['include', 'input', 'model', 'reasoning', 'store']);
  });

  test('does not ask for reasoning when the model has none, or when the operator wants no summary', async () => {
    const options = { kind: 'openai-responses', upstream: { dialect: 'openai-responses' } } as const;
    const plain = await startScripted({ ...options, model: 'gpt-4.1' });
    const quiet = await startScripted({ ...options, provider: 'reasoning_summary: none' });
    try {
      for (const { call: ask } of [plain, quiet]) {
        const response = await ask('POST', '/v1/chat/completions', { model: 'scripted', messages: [user] });
        expect(response.status).toBe(200);
      }
      const [first, second] = [plain, quiet].map(({ upstream }) => JSON.parse(String(upstream.chats[0]?.body)));
      expect([first.reasoning, first.include]).toEqual([undefined, undefined]);
      expect([second.reasoning, second.include]).toEqual([undefined, ['reasoning.encrypted_content']]);
    } finally {
      await Promise.all([plain.close(), quiet.close()]);
    }
  });
});

describe('the messages', () => {
  test('become items, with their roles and parts', async () => {
    const file = { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AAAA' };
    const content = [
      { type: 'text', text: 'Look', cache_control: { type: 'ephemeral' } },
      { type: 'image_url', image_url: { url: pixel, detail: 'low' } },
      { type: 'image_url', image_url: { url: pixel } },
      { type: 'file', file },
    ];
    const input = await inputFor(
      { role: 'system', content: 'Be brief.' },
      { role: 'developer', content: [{ type: 'text', text: 'Really.' }] },
      { role: 'user', content },
      { role: 'assistant', content: 'A dot.' },
      { role: 'user', content: 'And?' },
    );
    expect(input).toEqual([
      { type: 'message', role: 'system', content: 'Be brief.' },
      { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'Really.' }] },
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_text', text: 'Look' },
          { type: 'input_image', image_url: pixel, detail: 'low' },
          { type: 'input_image', image_url: pixel, detail: 'auto' },
          { type: 'input_file', ...file },
        ],
      },
      { type: 'message', role: 'assistant', content: 'A dot.' },
      { type: 'message', role: 'user', content: 'And?' },
    ]);
  });

  test('of the assistant keep refusals, notes and pictures', async () => {
    const note = { start_index: 0, end_index: 2, url: 'https://a.example', title: 'A' };
    const images = [{ type: 'image_url', id: 'ig_7', image_url: { url: pixel } }];
    const input = await inputFor(
      user,
      { role: 'assistant', content: null, refusal: 'No.' },
      user,
      { role: 'assistant', content: 'So.', annotations: [{ type: 'url_citation', url_citation: note }] },
      user,
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'A' },
          { type: 'refusal', refusal: 'B' },
        ],
        phase: 'commentary',
      },
      user,
      { role: 'assistant', content: '', images, refusal: null, audio: null },
      user,
    );
    expect(input.filter((item: { role?: string }) => item.role !== 'user')).toEqual([
      { type: 'message', role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] },
      {
        type: 'message',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'So.', annotations: [{ type: 'url_citation', ...note }] }],
      },
      {
        type: 'message',
        role: 'assistant',
        content: [
          { type: 'output_text', text: 'A', annotations: [] },
          { type: 'refusal', refusal: 'B' },
        ],
        phase: 'commentary',
      },
      { type: 'image_generation_call', id: 'ig_7', status: 'completed', result: 'iVBORw0KGgo=' },
    ]);
  });

  test('carry calls and their results, of functions and of custom tools', async () => {
    const custom = { id: 'call_3', type: 'custom', custom: { name: 'sql', input: 'select 1' } };
    const input = await inputFor(
      user,
      {
        role: 'assistant',
        content: 'Let me see.',
        tool_calls: [call('call_1', '{"a":1}'), call('call_2', '{}'), custom],
      },
      { role: 'tool', tool_call_id: 'call_2', name: 'weather', content: 'rain' },
      { role: 'tool', tool_call_id: 'call_1', content: [{ type: 'text', text: 'sun' }] },
      { role: 'tool', tool_call_id: 'call_3', content: '1' },
    );
    expect(input.slice(1)).toEqual([
      { type: 'message', role: 'assistant', content: 'Let me see.' },
      { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{"a":1}' },
      { type: 'function_call', call_id: 'call_2', name: 'weather', arguments: '{}' },
      { type: 'custom_tool_call', call_id: 'call_3', name: 'sql', input: 'select 1' },
      { type: 'function_call_output', call_id: 'call_2', output: 'rain' },
      { type: 'function_call_output', call_id: 'call_1', output: [{ type: 'input_text', text: 'sun' }] },
      { type: 'custom_tool_call_output', call_id: 'call_3', output: '1' },
    ]);
  });
});

describe('unsupported fields are refused with their path, and nothing is sent', () => {
  const part = (given: object) => ({
    messages: [user, { role: 'user', content: [{ type: 'text', text: 'a' }, given] }],
  });

  test.each([
    ['n', { n: 2 }],
    ['stop', { stop: 'x' }],
    ['seed', { seed: 1 }],
    ['presence_penalty', { presence_penalty: 0.5 }],
    ['frequency_penalty', { frequency_penalty: -1 }],
    ['logit_bias', { logit_bias: { '1': 5 } }],
    ['prediction', { prediction: { type: 'content', content: 'x' } }],
    ['previous_response_id', { previous_response_id: 'resp_1' }],
    ['input', { input: 'x' }],
    ['top_logprobs', { top_logprobs: 2 }],
    ['modalities[1]', { modalities: ['text', 'audio'] }],
    ['reasoning.max_tokens', { reasoning: { max_tokens: 100 } }],
    ['tools[1].type', { tools: [weather, { type: 'mcp', server_url: 'https://x.example' }] }],
    [
      'tools[0].input_image_mask',
      { tools: [{ type: 'image_generation', input_image_mask: { image_url: 'https://x.example/a.png' } }] },
    ],
    ['tool_choice.type', { tools: [weather], tool_choice: { type: 'mcp', server_label: 'x' } }],
    ['messages[0].role', { messages: [{ role: 'function', name: 'f', content: '1' }] }],
    ['messages[1].audio', { messages: [user, { role: 'assistant', audio: { id: 'a' } }, user] }],
    ['messages[1].content[1].file.url', part({ type: 'file', file: { url: 'https://x.example' } })],
    ['messages[1].content[1].type', { ...part({ type: 'input_odd' }) }],
  ])('%s', async (param, fields) => {
    const before = gateway.upstream.chats.length;
    expect(await errorOf(await post(fields))).toMatchObject({ code: 'invalid_field', param });
    expect(gateway.upstream.chats.length).toBe(before);
  });

  test('sound, though the operator says that the model hears', async () => {
    const hearing = await startGateway({
      models: `providers: { up: { kind: openai-responses, base_url: "${gateway.upstream.url}" } }
models: [{ alias: scripted, input: [text, audio], backends: [{ provider: up, model: m }] }]`,
    });
    const audio = { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } };
    const messages = [{ role: 'user', content: [audio] }];
    try {
      const refused = await errorOf(
        await hearing.call('POST', '/v1/chat/completions', { model: 'scripted', messages }),
      );
      expect(refused).toMatchObject({ code: 'invalid_field', param: 'messages[0].content[0].type' });
    } finally {
      await hearing.close();
    }
  });

  test('a picture of the assistant that is only a URL', async () => {
    const images = [{ type: 'image_url', image_url: { url: 'https://x.example/a.png' } }];
    const refused = await errorOf(await post({ messages: [user, { role: 'assistant', content: '', images }, user] }));
    expect(refused).toMatchObject({ code: 'image_url_not_supported', param: 'messages[1].images[0].image_url.url' });
  });

  test('a result that does not name its call', async () => {
    const refused = await errorOf(await post({ messages: [user, { role: 'tool', content: '1' }] }));
    expect(refused).toMatchObject({ code: 'missing_field', param: 'messages[1].tool_call_id' });
  });
});

describe('the answer', () => {
  test('has its text, its finish reasons and its usage', async () => {
    const usage = { prompt: 100, completion: 20, cached: 64, reasoning: 12 };
    const body = await choiceOf({ text: ['Hel', 'lo'], usage }, { service_tier: 'flex' });
    expect(body).toMatchObject({
      id: 'resp_68f1a2b3c4d5e6f7',
      model: 'scripted',
      created: 1_760_000_000,
      service_tier: 'flex',
      message: { role: 'assistant', content: 'Hello', refusal: null },
      finish_reason: 'stop',
      native_finish_reason: 'completed',
      usage: {
        prompt_tokens: 100,
        completion_tokens: 20,
        total_tokens: 120,
        prompt_tokens_details: { cached_tokens: 64 },
        completion_tokens_details: { reasoning_tokens: 12 },
      },
    });
    const chunks = await chunksFor({ text: ['Hel', 'lo'], usage }, { stream_options: { include_usage: true } });
    expect(deltasOf(chunks, 'content')).toEqual(['Hel', 'lo']);
    expect(deltasOf(chunks, 'role')).toEqual(['assistant']);
    expect(chunks.at(-2).choices[0]).toMatchObject({ finish_reason: 'stop', native_finish_reason: 'completed' });
    expect([chunks.at(-1).choices, chunks.at(-1).usage]).toEqual([[], body.usage]);
    expect(new Set(chunks.map(({ id, model }) => `${id} ${model}`))).toEqual(new Set([`${body.id} scripted`]));
  });

  test.each([
    ['length', 'max_output_tokens'],
    ['content_filter', 'content_filter'],
  ])('that was cut says %s', async (finish, native) => {
    const said = { finish_reason: finish, native_finish_reason: native };
    expect(await choiceOf({ text: ['On'], finish })).toMatchObject(said);
    expect((await chunksFor({ text: ['On'], finish })).at(-1).choices[0]).toMatchObject(said);
  });

  test('that is a refusal says so in its own field', async () => {
    expect((await choiceOf({ refusal: 'I cannot.' })).message).toMatchObject({ refusal: 'I cannot.' });
    const chunks = await chunksFor({ refusal: 'I cannot.' });
    expect([deltasOf(chunks, 'refusal'), deltasOf(chunks, 'content')]).toEqual([['I cannot.'], []]);
  });

  test('has the logprobs that were asked for', async () => {
    const { logprobs } = await choiceOf({ text: ['Hi', '!'] }, { logprobs: true, top_logprobs: 1 });
    expect(logprobs.content.map(({ token }: { token: string }) => token)).toEqual(['Hi', '!']);
    const chunks = await chunksFor({ text: ['Hi', '!'] }, { logprobs: true });
    expect(chunks[0].choices[0].logprobs).toEqual({ content: [logprobs.content[0]], refusal: null });
  });

  test('has calls with their ids, each with an index of its own in a stream', async () => {
    const calls = [
      { id: 'call_a', name: 'weather', pieces: ['{"city"', ':"Rome"}'] },
      { id: 'call_b', name: 'weather', pieces: ['{}'] },
    ];
    const body = await choiceOf({ text: ['Wait.'], calls }, { tools: [weather] });
    expect(body).toMatchObject({ finish_reason: 'tool_calls', native_finish_reason: 'completed' });
    expect(body.message).toMatchObject({
      content: 'Wait.',
      tool_calls: [call('call_a', '{"city":"Rome"}'), call('call_b', '{}')],
    });
    const chunks = await chunksFor({ calls }, { tools: [weather] });
    expect(deltasOf(chunks, 'tool_calls')).toEqual([
      { index: 0, ...call('call_a', '') },
      { index: 0, function: { arguments: '{"city"' } },
      { index: 0, function: { arguments: ':"Rome"}' } },
      { index: 1, ...call('call_b', '') },
      { index: 1, function: { arguments: '{}' } },
    ]);
    expect(chunks.at(-1).choices[0].finish_reason).toBe('tool_calls');
  });

  test('has the calls of custom tools', async () => {
    const tools = [{ type: 'custom', custom: { name: 'sql' } }];
    const what = { calls: [{ id: 'call_c', name: 'sql', pieces: ['select ', '1'] }] };
    const made = { id: 'call_c', type: 'custom', custom: { name: 'sql', input: 'select 1' } };
    expect((await choiceOf(what, { tools })).message.tool_calls).toEqual([made]);
    // OpenAI's schema of chunks knows functions only, though its server sends these too.
    gateway.upstream.reply(answer(what));
    const chunks = chunksOf(await (await post({ stream: true, tools })).text());
    expect(deltasOf(chunks, 'tool_calls')).toEqual([{ index: 0, ...made }]);
  });

  test('has pictures as data URIs', async () => {
    const what = { images: ['data:image/webp;base64,UklGRg=='], text: ['Here.'] };
    const image = { type: 'image_url', index: 0, id: 'ig_1', image_url: { url: 'data:image/webp;base64,UklGRg==' } };
    expect((await choiceOf(what)).message).toMatchObject({ content: 'Here.', images: [image] });
    expect(deltasOf(await chunksFor(what), 'images')).toEqual([image]);
  });

  test('moves the places of annotations to where their text is in the whole answer', async () => {
    const note = { type: 'url_citation', start_index: 1, end_index: 3, url: 'https://a.example', title: 'A' };
    const part = (text: string, annotations: object[]) => ({ type: 'output_text', text, annotations, logprobs: [] });
    const content = [part('One ', []), part('two', [note])];
    const output = [{ id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content }];
    const { message } = await choiceOf({ extra: { output } });
    const { type, ...place } = note;
    const moved = [{ type, url_citation: { ...place, start_index: 5, end_index: 7 } }];
    expect(message).toMatchObject({ content: 'One two', annotations: moved });
    // What no event told, the last one tells.
    const chunks = await chunksFor({ extra: { output } });
    expect(textOfChunks(chunks)).toBe('One two');
  });
});

const textOfChunks = (chunks: { choices: { delta: Record<string, unknown> }[] }[]) =>
  deltasOf(chunks, 'content').join('');

describe('reasoning', () => {
  const format = 'openai-responses-v1';
  const id = 'rs_68f1a2b3c4d5e6f7';
  const what: Answer = { reasoning: ['Hm', ', well.', '\n\n', 'So.'], signature: 'gAAAAenc', text: ['Yes'] };
  const details = [
    { type: 'reasoning.summary', summary: 'Hm, well.', id, format, index: 0 },
    { type: 'reasoning.summary', summary: 'So.', id, format, index: 1 },
    { type: 'reasoning.encrypted', data: 'gAAAAenc', id, format, index: 2 },
  ];

  test('comes under both of its names, and in details that can be sent back', async () => {
    const { message } = await choiceOf(what);
    const shown = 'Hm, well.\n\nSo.';
    expect(message).toMatchObject({ content: 'Yes', reasoning: shown, reasoning_content: shown });
    expect(message.reasoning_details).toEqual(details);
  });

  test('is streamed piece by piece', async () => {
    const chunks = await chunksFor(what);
    const pieces = ['Hm', ', well.', '\n\nSo.'];
    expect([deltasOf(chunks, 'reasoning_content'), deltasOf(chunks, 'reasoning')]).toEqual([pieces, pieces]);
    expect(deltasOf(chunks, 'reasoning_details')).toEqual([
      { ...details[0], summary: 'Hm' },
      { ...details[0], summary: ', well.' },
      details[1],
      details[2],
    ]);
  });

  test.each([
    ['whole', details],
    [
      'in the pieces of a stream',
      [{ ...details[0], summary: 'Hm' }, { ...details[0], summary: ', well.' }, ...details.slice(1)],
    ],
  ])('goes back before the calls that follow from it, when it is sent %s', async (_how, given) => {
    const foreign = { type: 'reasoning.text', text: 'x', signature: 's', format: 'anthropic-claude-v1', index: 0 };
    const unsigned = { type: 'reasoning.summary', summary: 'x', id: 'rs_other', format, index: 7 };
    const input = await inputFor(
      user,
      {
        role: 'assistant',
        content: 'Wait.',
        reasoning: 'Hm',
        reasoning_content: 'Hm',
        reasoning_details: [foreign, ...given, unsigned],
        tool_calls: [call('call_1', '{}')],
      },
      { role: 'tool', tool_call_id: 'call_1', content: '1' },
    );
    expect(input.slice(1)).toEqual([
      {
        type: 'reasoning',
        id,
        summary: [
          { type: 'summary_text', text: 'Hm, well.' },
          { type: 'summary_text', text: 'So.' },
        ],
        encrypted_content: 'gAAAAenc',
      },
      { type: 'message', role: 'assistant', content: 'Wait.' },
      { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_1', output: '1' },
    ]);
  });

  test('of open weights is the text itself', async () => {
    const { message } = await choiceOf({ reasoning: ['Hm'], reasoningField: 'reasoning_content', text: ['Yes'] });
    expect(message.reasoning).toBe('Hm');
    expect(message.reasoning_details).toEqual([{ type: 'reasoning.text', text: 'Hm', id, format, index: 0 }]);
  });

  test.each([false, true])('stays with the calls of a remembered conversation (stream: %s)', async (stream) => {
    const made = callTools([{ id: 'call_1', name: 'weather', arguments: {} }], {
      reasoning: ['Hm', ' so.'],
      signature: 'gAAAAenc',
    });
    gateway.upstream.reply(made, say('Sun.'));
    const turn = { model: 'scripted', tools: [weather], stream };
    const first = await gateway.call('POST', '/c1/chat', { ...turn, message: 'Weather?' });
    await first.text();
    const conversation_id = first.headers.get('x-conversation-id');
    const results = [{ tool_call_id: 'call_1', content: 'sun' }];
    const second = await gateway.call('POST', '/c1/chat', { ...turn, conversation_id, tool_results: results });
    expect(await second.text()).toContain('Sun.');
    const { input } = JSON.parse(String(gateway.upstream.chats.at(-1)?.body));
    expect(input.slice(1)).toEqual([
      { type: 'reasoning', id, summary: [{ type: 'summary_text', text: 'Hm so.' }], encrypted_content: 'gAAAAenc' },
      { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_1', output: 'sun' },
    ]);
  });
});

describe('failures', () => {
  const ask = async (script: Parameters<typeof gateway.upstream.reply>[0], fields: object = {}) => {
    gateway.upstream.reply(script);
    return errorOf(await post(fields));
  };

  test('a max_tokens below the minimum of the vendor is named as such', async () => {
    expect(await errorOf(await post({ max_tokens: 15 }))).toMatchObject({
      code: 'max_tokens_below_minimum',
      param: 'max_tokens',
    });
  });

  test.each([false, true])('each refusal has its code (stream: %s)', async (stream) => {
    expect((await ask(refuse('bad-request'), { stream })).code).toBe('upstream_rejected');
    expect((await ask(refuse('context-overflow'), { stream })).code).toBe('context_length_exceeded');
    expect((await ask(refuse('unauthorized'), { stream })).code).toBe('upstream_refused');
    expect((await ask(refuse('unknown-model'), { stream })).code).toBe('upstream_refused');
    expect((await ask(refuse('rate-limited'), { stream })).code).toBe('model_quota_exhausted');
    expect((await ask(refuse('server-error'), { stream })).code).toBe('upstream_broken');
    expect((await ask(refuse('unavailable'), { stream })).code).toBe('model_busy');
  });

  const json = { 'content-type': 'application/json' };
  test.each([
    ['server_error', 'upstream_broken'],
    ['rate_limit_exceeded', 'model_quota_exhausted'],
    ['invalid_prompt', 'upstream_rejected'],
    ['image_parse_error', 'upstream_rejected'],
  ])('a response that failed by %s', async (code, expected) => {
    const response = { id: 'resp_1', status: 'failed', error: { code, message: `Key ${upstreamKey}` }, output: [] };
    const whole = await ask(raw(200, json, JSON.stringify(response)));
    expect(whole.code).toBe(expected);
    expect(JSON.stringify(whole)).not.toContain(upstreamKey);
    // A failure that comes first keeps its status, also in a stream.
    const event = { type: 'response.failed', sequence_number: 2, response };
    expect((await ask(errorInStream({ tokens: 0, event }), { stream: true })).code).toBe(expected);
  });

  test.each([
    ['in the event itself', { type: 'error', code: 'server_is_overloaded', message: 'x', param: null }],
    [
      'one level deeper',
      { type: 'error', error: { type: 'server_error', code: 'server_is_overloaded', message: 'x' } },
    ],
  ])('an error event with its fault %s', async (_where, event) => {
    expect((await ask(errorInStream({ tokens: 0, event }), { stream: true })).code).toBe('model_busy');
  });

  test('a response that is not an answer yet', async () => {
    expect((await ask(raw(200, json, '{"id":"resp_1","status":"queued","output":[]}'))).code).toBe('upstream_broken');
  });

  test.each([
    ['by response.failed', errorInStream({ tokens: 2 })],
    ['by its silent end', endWithoutFinish(2)],
  ])('after the first text ends the stream with an error, %s', async (_how, script) => {
    gateway.upstream.reply(script);
    const payloads = payloadsOf(await (await post({ stream: true })).text());
    expect(payloads.map((payload) => JSON.parse(payload)).at(-1)).toMatchObject({ error: { code: 'upstream_broken' } });
    expect(payloads.join('')).toContain(' two');
  });

  test('unknown events are ignored', async () => {
    gateway.upstream.reply(
      think('Hm.', 'Yes', {
        edit: (frames) =>
          frames.flatMap((one) => [one, { text: 'data: {"type":"response.new","delta":{"x":1}}\n\n', token: false }]),
      }),
    );
    expect(textOf(await (await post({ stream: true })).text())).toBe('Yes');
  });
});
