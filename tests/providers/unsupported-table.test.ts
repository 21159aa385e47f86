import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { pngUri } from '../support/pictures.ts';
import { type Gateway, startGateway } from '../support/start-gateway.ts';
import type { DialectName } from '../support/upstream/dialects/dialect.ts';
import { type ScriptedUpstream, startUpstream } from '../support/upstream/start-upstream.ts';

const declared = { name: 'f', parameters: { type: 'object', properties: {} } };
const tools = [{ type: 'function', function: declared }];
const schema = { type: 'object', properties: { a: { type: 'string' } } };
const says = (...content: object[]) => ({ messages: [{ role: 'user', content }] });
const text = { type: 'text', text: 'Hi' };

/** Every field of a chat that some model server takes, with a value that asks for something. */
const samples = {
  max_tokens: { max_tokens: 77 },
  max_completion_tokens: { max_tokens: undefined, max_completion_tokens: 77 },
  n: { n: 2 },
  temperature: { temperature: 0.3 },
  'a high temperature': { temperature: 1.7 },
  top_p: { top_p: 0.4 },
  top_k: { top_k: 5 },
  seed: { seed: 7 },
  stop: { stop: ['zz'] },
  'six stops': { stop: ['a1', 'b1', 'c1', 'd1', 'e1', 'f1'] },
  presence_penalty: { presence_penalty: 0.5 },
  frequency_penalty: { frequency_penalty: 0.5 },
  logprobs: { logprobs: true },
  logit_bias: { logit_bias: { '5': 3 } },
  reasoning_effort: { reasoning_effort: 'high' },
  tools: { tools },
  parallel_tool_calls: { tools, parallel_tool_calls: false },
  'a tool that must be called': { tools, tool_choice: 'required' },
  'a named tool': { tools, tool_choice: { type: 'function', function: { name: 'f' } } },
  'allowed tools': { tools, tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'required', tools } } },
  'a custom tool': { tools: [{ type: 'custom', custom: { name: 'c' } }] },
  'a hosted tool': { tools: [{ type: 'web_search' }] },
  functions: { functions: [declared] },
  json_object: { response_format: { type: 'json_object' } },
  json_schema: { response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } },
  'another format': { response_format: { type: 'grammar', grammar: 'x' } },
  'spoken answers': { modalities: ['text', 'audio'] },
  audio: { audio: { voice: 'alloy', format: 'wav' } },
  verbosity: { verbosity: 'low' },
  prediction: { prediction: { type: 'content', content: 'x' } },
  service_tier: { service_tier: 'flex' },
  store: { store: true },
  web_search_options: { web_search_options: {} },
  min_p: { min_p: 0.1 },
  repetition_penalty: { repetition_penalty: 1.1 },
  thinking: { thinking: { type: 'enabled', budget_tokens: 1024 } },
  grammar: { grammar: 'root ::= "a"' },
  guided_json: { guided_json: schema },
  chat_template_kwargs: { chat_template_kwargs: { enable_thinking: false } },
  'an unknown field': { some_field: 1 },
  'a sound': says(text, { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } }),
  'a file by its id': says(text, { type: 'file', file: { file_id: 'file-1' } }),
  'a video': says(text, { type: 'video_url', video_url: { url: 'data:video/mp4;base64,AAAA' } }),
  'a picture': says(text, { type: 'image_url', image_url: { url: pngUri } }),
  'an unknown part': says(text, { type: 'odd_part' }),
  'a spoken answer before': {
    messages: [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b', audio: { id: 'audio_1' } },
      { role: 'user', content: 'c' },
    ],
  },
} as const satisfies Record<string, object>;
type Sample = keyof typeof samples;

interface Row {
  /** In the models file. */
  readonly provider: string;
  /** What its scripted upstream speaks; null: it has none. */
  readonly speaks: DialectName | null;
  readonly input: string;
  /** What it cannot express, and the `param` of the refusal. */
  readonly cannot: Partial<Record<Sample, string>>;
  /** What the vendor itself has to judge: fields that are unknown here may be new ones of its own. */
  readonly leaves?: readonly Sample[];
}

const rows: Readonly<Record<string, Row>> = {
  anthropic: {
    provider: 'kind: anthropic',
    speaks: 'anthropic',
    input: '[text, image, audio, video]',
    // A prediction only makes an answer come sooner.
    leaves: ['an unknown field', 'prediction'],
    cannot: {
      n: 'n',
      'a high temperature': 'temperature',
      seed: 'seed',
      presence_penalty: 'presence_penalty',
      frequency_penalty: 'frequency_penalty',
      logprobs: 'logprobs',
      logit_bias: 'logit_bias',
      'allowed tools': 'tool_choice',
      'a custom tool': 'tools[0].type',
      'a hosted tool': 'tools[0].type',
      functions: 'functions',
      json_object: 'response_format.type',
      'another format': 'response_format.type',
      'spoken answers': 'modalities',
      audio: 'audio',
      verbosity: 'verbosity',
      service_tier: 'service_tier',
      store: 'store',
      web_search_options: 'web_search_options',
      min_p: 'min_p',
      repetition_penalty: 'repetition_penalty',
      grammar: 'grammar',
      guided_json: 'guided_json',
      chat_template_kwargs: 'chat_template_kwargs',
      'a sound': 'messages[0].content[1].type',
      'a file by its id': 'messages[0].content[1].file.file_id',
      'a video': 'messages[0].content[1].type',
      'an unknown part': 'messages[0].content[1].type',
      'a spoken answer before': 'messages[1].audio',
    },
  },
  gemini: {
    provider: 'kind: gemini',
    speaks: 'gemini',
    input: '[text, image, audio, video]',
    cannot: {
      'six stops': 'stop',
      logit_bias: 'logit_bias',
      parallel_tool_calls: 'parallel_tool_calls',
      'allowed tools': 'tool_choice.type',
      'a custom tool': 'tools[0].type',
      'a hosted tool': 'tools[0].type',
      functions: 'functions',
      'another format': 'response_format.type',
      'spoken answers': 'modalities[1]',
      audio: 'audio',
      verbosity: 'verbosity',
      prediction: 'prediction',
      service_tier: 'service_tier',
      store: 'store',
      web_search_options: 'web_search_options',
      min_p: 'min_p',
      repetition_penalty: 'repetition_penalty',
      thinking: 'thinking',
      grammar: 'grammar',
      guided_json: 'guided_json',
      chat_template_kwargs: 'chat_template_kwargs',
      'an unknown field': 'some_field',
      'a file by its id': 'messages[0].content[1].file.file_id',
      'an unknown part': 'messages[0].content[1].type',
      'a spoken answer before': 'messages[1].audio',
    },
  },
  'openai-responses': {
    provider: 'kind: openai-responses',
    speaks: 'openai-responses',
    input: '[text, image, audio, video]',
    cannot: {
      n: 'n',
      top_k: 'top_k',
      seed: 'seed',
      stop: 'stop',
      'six stops': 'stop',
      presence_penalty: 'presence_penalty',
      frequency_penalty: 'frequency_penalty',
      logit_bias: 'logit_bias',
      functions: 'functions',
      'another format': 'response_format.type',
      'spoken answers': 'modalities[1]',
      audio: 'audio',
      prediction: 'prediction',
      web_search_options: 'web_search_options',
      min_p: 'min_p',
      repetition_penalty: 'repetition_penalty',
      thinking: 'thinking',
      grammar: 'grammar',
      guided_json: 'guided_json',
      chat_template_kwargs: 'chat_template_kwargs',
      'an unknown field': 'some_field',
      'a sound': 'messages[0].content[1].type',
      'a video': 'messages[0].content[1].type',
      'an unknown part': 'messages[0].content[1].type',
      'a spoken answer before': 'messages[1].audio',
    },
  },
  embedded: {
    provider: 'kind: embedded',
    speaks: null,
    input: '[text]',
    // What a model cannot see, hear or read is refused on any backend, and told by another code.
    leaves: ['a sound', 'a file by its id', 'a video', 'a picture'],
    cannot: {
      n: 'n',
      logprobs: 'logprobs',
      logit_bias: 'logit_bias',
      'allowed tools': 'tool_choice',
      'a custom tool': 'tools[0]',
      'a hosted tool': 'tools[0]',
      functions: 'functions',
      'another format': 'response_format',
      'spoken answers': 'modalities[1]',
      audio: 'audio',
      verbosity: 'verbosity',
      prediction: 'prediction',
      service_tier: 'service_tier',
      store: 'store',
      web_search_options: 'web_search_options',
      repetition_penalty: 'repetition_penalty',
      thinking: 'thinking',
      grammar: 'grammar',
      guided_json: 'guided_json',
      chat_template_kwargs: 'chat_template_kwargs',
      'an unknown field': 'some_field',
      'an unknown part': 'messages[0].content[1].type',
      'a spoken answer before': 'messages[1].audio',
    },
  },
  ollama: {
    provider: 'preset: ollama',
    speaks: 'ollama',
    input: '[text, image, audio, video]',
    cannot: {
      n: 'n',
      logit_bias: 'logit_bias',
      parallel_tool_calls: 'parallel_tool_calls',
      'a tool that must be called': 'tool_choice',
      'a named tool': 'tool_choice',
      'allowed tools': 'tool_choice',
    },
  },
  llamacpp: {
    provider: 'preset: llamacpp',
    speaks: 'llamacpp',
    input: '[text, image, audio, video]',
    cannot: { 'allowed tools': 'tool_choice' },
  },
  // It says everything that its clients say.
  vllm: { provider: 'preset: vllm', speaks: 'vllm', input: '[text, image, audio, video]', cannot: {} },
};

const upstreams = new Map<string, ScriptedUpstream>();
let gateway: Gateway;
beforeAll(async () => {
  const providers: string[] = [];
  const models: string[] = [];
  for (const [name, { provider, speaks, input }] of Object.entries(rows)) {
    const upstream = speaks === null ? null : await startUpstream({ dialect: speaks, unchecked: true });
    if (upstream) upstreams.set(name, upstream);
    providers.push(`  ${name}: { ${provider}${upstream ? `, base_url: "${upstream.url}"` : ''} }`);
    const backends = `[{ provider: ${name}, model: ${upstream ? 'test-model' : 'tinychat'} }]`;
    for (const unsupported of ['refuse', 'drop'])
      models.push(
        `  - { alias: ${name}-${unsupported}, input: ${input}, unsupported: ${unsupported}, backends: ${backends} }`,
      );
  }
  gateway = await startGateway({ models: `providers:\n${providers.join('\n')}\nmodels:\n${models.join('\n')}\n` });
});
afterAll(async () => {
  await gateway.close();
  await Promise.all([...upstreams.values()].map((upstream) => upstream.close()));
});

const messages = [{ role: 'user', content: 'Hi' }];
const ask = (model: string, fields: object) =>
  gateway.call('POST', '/v1/chat/completions', { model, messages, max_tokens: 3, ...fields });

/** The names behind `fields_dropped=`. */
const droppedIn = (response: Response): string[] =>
  /fields_dropped=([^,]+)/.exec(response.headers.get('x-gateway-applied') ?? '')?.[1]?.split('+') ?? [];

describe.each(Object.entries(rows))('with %s', (name, { cannot, leaves = [] }) => {
  const asked = Object.entries(samples).filter(([sample]) => !leaves.some((left) => left === sample));
  const paramOf = (sample: string) => Object.entries(cannot).find(([known]) => known === sample)?.[1];
  const refused = asked.flatMap(([sample, fields]) => {
    const param = paramOf(sample);
    return param === undefined ? [] : [{ sample, fields, param }];
  });
  const expressed = asked.flatMap(([sample, fields]) => (paramOf(sample) === undefined ? [{ sample, fields }] : []));

  test.skipIf(refused.length === 0).each(refused)(
    '$sample is refused, or left out and told: $param',
    async ({ fields, param }) => {
      const refusal = await errorOf(await ask(`${name}-refuse`, fields));
      expect(refusal).toMatchObject({ status: 400, code: 'invalid_field', param });
      for (const stream of [false, true]) {
        const response = await ask(`${name}-drop`, { ...fields, stream });
        const said = await response.text();
        expect([response.status, said.includes('"error"')], said).toEqual([200, false]);
        expect(droppedIn(response)).toContain(param);
      }
    },
  );

  test.each(expressed)('$sample is asked for', async ({ sample, fields }) => {
    const upstream = upstreams.get(name);
    const bodyOf = async (given: object) => {
      const response = await ask(`${name}-refuse`, given);
      expect([response.status, await response.text()]).toEqual([200, expect.any(String)]);
      expect(droppedIn(response)).toEqual([]);
      return upstream?.chats.at(-1)?.body.toString();
    };
    const body = await bodyOf(fields);
    if (upstream && sample !== 'max_tokens') expect(body).not.toBe(await bodyOf({}));
  });

  test.skipIf(refused.length === 0)('every surface tells what is left out', async () => {
    const model = `${name}-drop`;
    const fields = { logit_bias: { '5': 3 } };
    const turn = await gateway.call('POST', '/c1/chat', { model, message: 'Hi', max_tokens: 3, ...fields });
    expect([turn.status, droppedIn(turn)]).toEqual([200, name === 'llamacpp' ? [] : ['logit_bias']]);
    const call = await gateway.call('POST', '/trpc/v1.chat.create', { model, messages, max_tokens: 3, ...fields });
    expect([call.status, droppedIn(call)]).toEqual([200, name === 'llamacpp' ? [] : ['logit_bias']]);
  });
});
