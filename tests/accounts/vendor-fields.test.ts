import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { png, pngUri } from '../support/pictures.ts';
import { type PolicyGateway, startPolicy } from '../support/start-policy.ts';

let gateway: PolicyGateway;
beforeAll(async () => {
  gateway = await startPolicy();
});
afterAll(() => gateway.close());

/** What a vendor would do with them costs the operator money, or goes around the key's models. */
const costly: Readonly<Record<string, unknown>> = {
  service_tier: 'priority',
  search_parameters: { mode: 'on' },
  enable_search: true,
  search_options: { forced_search: true },
  preset: 'expensive',
  fallbacks: ['dearest'],
  api_base: 'http://inner.example',
  api_key: 'sk-1',
  base_url: 'http://inner.example',
  user_config: { model_list: [] },
  mock_response: 'Hi',
  extra_headers: { 'x-a': 'b' },
  extra_body: { route: 'fallback' },
  models: ['dearest'],
  plugins: [{ id: 'web' }],
  route: 'fallback',
  provider: { order: ['dearest'] },
  transforms: ['middle-out'],
  web_search_options: {},
  safety_model: 'dearest',
  draft_model: 'dearest',
  deferred: true,
  guardrails: ['none'],
  'x-tier': 'priority',
};

const otherCases = (name: string): string[] =>
  [
    name.toUpperCase(),
    `${name[0]?.toUpperCase()}${name.slice(1)}`,
    name.replace('s', 'ſ'),
    name.replace('k', '\u212a'),
  ].filter((written) => written !== name);

const hi = [{ role: 'user', content: 'Hi' }];

/** Every surface: its path, and a request that is right. */
const surfaces: Readonly<Record<string, (model: string) => { path: string; body: Record<string, unknown> }>> = {
  'a chat': (model) => ({ path: '/v1/chat/completions', body: { model, messages: hi } }),
  'a streamed chat': (model) => ({ path: '/v1/chat/completions', body: { model, messages: hi, stream: true } }),
  'a turn': (model) => ({ path: '/c1/chat', body: { model, message: 'Hi' } }),
  'a response': (model) => ({ path: '/v1/responses', body: { model, input: 'Hi', store: false } }),
  'a stored response': (model) => ({ path: '/v1/responses', body: { model, input: 'Hi' } }),
  'a message': (model) => ({ path: '/v1/messages', body: { model, messages: hi, max_tokens: 10 } }),
  'a legacy completion': (model) => ({ path: '/v1/completions', body: { model, prompt: 'Hi' } }),
  embeddings: (model) => ({ path: '/v1/embeddings', body: { model, input: 'Hi' } }),
  speech: (model) => ({ path: '/v1/audio/speech', body: { model, input: 'Hi' } }),
  'a chat over tRPC': (model) => ({ path: '/trpc/v1.chat.create', body: { model, messages: hi } }),
};

/** The parameter at fault of a refusal that nothing was sent for. */
async function refusedAt(path: string, body: object | string): Promise<string | null> {
  const before = gateway.count();
  const response = await gateway.asKey(path, body);
  const answer = await response.json();
  const error = answer.error?.data?.error ?? answer.error;
  expect([response.status, error?.code]).toEqual([
    400,
    expect.stringMatching(/^(invalid_field|image_url_not_supported)$/),
  ]);
  expect(gateway.count()).toBe(before);
  return error.param;
}

/** Own parameters of a surface, which mean something else there. */
const means: Readonly<Record<string, readonly string[]>> = { 'a turn': ['provider'] };

describe('a key cannot send a vendor', () => {
  // Every field meets every surface; the ways to write it and the models take turns.
  test.each(Object.keys(surfaces))(
    'what costs more than tokens in %s, in whichever case it is written',
    async (what) => {
      const models = /chat|turn|response|message/.test(what)
        ? ['openrouter', 'unnamed', 'mixed']
        : ['openrouter', 'unnamed'];
      for (const [i, [name, value]] of Object.entries(costly).entries()) {
        const writings = [name, ...otherCases(name)];
        for (const turn of [0, 1]) {
          const written = writings[(turn * (i + 1)) % writings.length] ?? name;
          const model = models[(i + turn) % models.length] ?? 'openrouter';
          const surface = surfaces[what]?.(model);
          // What is said to one vendor's own service is left out for others; a turn's `provider` chooses a backend.
          const isLeftOut = written === 'service_tier' && /response|message/.test(what);
          if (!surface || isLeftOut || means[what]?.includes(name)) continue;
          const param = await refusedAt(surface.path, { ...surface.body, [written]: value });
          expect([model, param]).toEqual([model, expect.stringContaining(written)]);
        }
      }
    },
  );

  test.each(['openai', 'openrouter', 'litellm', 'responses', 'gemini', 'anthropic'])(
    'a field that is not on the list of %s',
    async (model) => {
      for (const [name, value] of Object.entries(costly)) {
        const body = { model, messages: hi, [name]: value };
        expect(await refusedAt('/v1/chat/completions', body)).toMatch(new RegExp(`^${name}`));
      }
    },
  );

  test('what its own dialects have besides', async () => {
    for (const [name, value] of Object.entries({
      service_tier: 'priority',
      prompt: { id: 'pmpt_1' },
      context_management: [{ type: 'compaction' }],
      moderation: { model: 'x' },
      models: ['x'],
    })) {
      const body = { model: 'responses', input: 'Hi', store: false, [name]: value };
      expect(await refusedAt('/v1/responses', body)).toBe(name);
    }
    for (const [name, value] of Object.entries({
      service_tier: 'auto',
      speed: 'fast',
      inference_geo: 'us',
      container: 'container_1',
      mcp_servers: [{ type: 'url', url: 'http://inner.example', name: 'x' }],
      user_profile_id: 'x',
      anthropic_beta: ['context-1m-2025-08-07'],
      Speed: 'fast',
    })) {
      const body = { model: 'anthropic', messages: hi, max_tokens: 10, [name]: value };
      expect(await refusedAt('/v1/messages', body)).toBe(name);
      const count = { model: 'anthropic', messages: hi, [name]: value };
      expect(await refusedAt('/v1/messages/count_tokens', count)).toBe(name);
    }
  });

  test('a feature of Anthropic’s that raises the price, by a header', async () => {
    const body = { model: 'anthropic', messages: hi, max_tokens: 10 };
    const asked = { 'anthropic-beta': 'context-1m-2025-08-07, Interleaved-Thinking-2025-05-14,fast-mode-2026-02-01' };
    const response = await gateway.asKey('/v1/messages', body, asked);
    expect([response.status, response.headers.get('x-gateway-applied')]).toEqual([
      200,
      'betas_dropped=context-1m-2025-08-07+fast-mode-2026-02-01',
    ]);
    const sent = () => gateway.upstreams[1]?.chats.at(-1)?.headers['anthropic-beta'];
    expect(sent()).toBe('interleaved-thinking-2025-05-14');
    expect((await gateway.asAdmin('/v1/messages', body, asked)).status).toBe(200);
    expect(sent()).toBe(asked['anthropic-beta']);
  });

  test('anything by the headers and the query of its request', async () => {
    const headers = {
      'x-litellm-api-key': 'sk-9',
      'x-or-route': 'fallback',
      'http-referer': 'https://a.example',
      'openai-organization': 'org',
    };
    const path = '/v1/chat/completions?api_base=http://inner.example&provider=dearest';
    expect((await gateway.asKey(path, { model: 'openrouter', messages: hi }, headers)).status).toBe(200);
    const sent = gateway.upstreams[0]?.chats.at(-1);
    expect(sent?.path).toBe('/v1/chat/completions');
    for (const name of Object.keys(headers)) expect(sent?.headers).not.toHaveProperty(name);
  });

  test('a suffix of a model that chooses a route or a plugin', async () => {
    for (const suffix of [':online', ':nitro', ':floor', '@preset/dear', '?x=1']) {
      const response = await gateway.asKey('/v1/chat/completions', { model: `openrouter${suffix}`, messages: hi });
      expect(await errorOf(response)).toMatchObject({ code: 'model_not_in_allowlist', param: 'model' });
    }
  });
});

describe('a key sends a vendor', () => {
  const listed = {
    temperature: 0.5,
    top_p: 0.9,
    seed: 1,
    stop: ['x'],
    logit_bias: { 5: 1 },
    metadata: { a: 'b' },
    user: 'u',
    store: false,
    reasoning_effort: 'low',
    verbosity: 'low',
    parallel_tool_calls: true,
    prompt_cache_key: 'k',
    safety_identifier: 's',
    tools: [
      {
        type: 'function',
        function: {
          name: 'f',
          description: 'd',
          parameters: { type: 'object', properties: { url: { type: 'string' } } },
          strict: true,
        },
      },
    ],
    tool_choice: 'auto',
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'x', schema: { $schema: 'http://json-schema.org/draft-07/schema#' } },
    },
    stream_options: { include_usage: true },
    max_completion_tokens: 10,
    modalities: ['text'],
  };

  test('OpenAI’s own fields, and those of its preset', async () => {
    for (const [model, own] of [
      ['openai', {}],
      ['openrouter', { top_k: 5, min_p: 0.1, reasoning: { effort: 'low' }, repetition_penalty: 1.1 }],
      [
        'unnamed',
        { top_k: 5, chat_template_kwargs: { enable_thinking: false }, guided_json: { properties: { url: {} } } },
      ],
    ] as const) {
      const { stream_options: _, ...fields } = listed;
      const response = await gateway.asKey('/v1/chat/completions', { model, messages: hi, ...fields, ...own });
      expect([model, response.status, await response.text()]).toEqual([model, 200, expect.any(String)]);
      expect(gateway.upstreams[0]?.chats.at(-1)?.json).toMatchObject({ temperature: 0.5, ...own });
    }
    const google = { extra_body: { google: { thinking_config: { thinking_level: 'low' } } } };
    expect((await gateway.asKey('/v1/chat/completions', { model: 'gemini', messages: hi, ...google })).status).toBe(
      200,
    );
    const cached = { extra_body: { google: { ...google.extra_body.google, cached_content: 'cachedContents/1' } } };
    const refused = { model: 'gemini', messages: hi, ...cached };
    expect(await refusedAt('/v1/chat/completions', refused)).toBe('extra_body.google.cached_content');
  });

  test('no setting within a listed field that leads elsewhere', async () => {
    for (const [name, value] of Object.entries({
      reasoning: { effort: 'low', model: 'dearest' },
      stream_options: { include_usage: true, headers: { a: 'b' } },
      image_config: { aspect_ratio: '1:1', font_inputs: [{ font_url: 'x' }] },
      audio: { voice: 'a', endpoint: 'x' },
    })) {
      const body = { model: 'openrouter', messages: hi, stream: name === 'stream_options', [name]: value };
      expect(await refusedAt('/v1/chat/completions', body)).toMatch(new RegExp(`^${name}\\.`));
    }
  });

  test('what the operator allows for the model, and nothing beside it', async () => {
    const allowed = { service_tier: 'flex', extra_body: { vendor: { mode: 'fast' } } };
    expect((await gateway.asKey('/v1/chat/completions', { model: 'opened', messages: hi, ...allowed })).status).toBe(
      200,
    );
    expect(gateway.upstreams[0]?.chats.at(-1)?.json).toMatchObject(allowed);
    expect(await refusedAt('/v1/chat/completions', { model: 'opened', messages: hi, preset: 'x' })).toBe('preset');
    const beside = { extra_body: { vendor: { mode: 'fast', model: 'x' } } };
    expect(await refusedAt('/v1/chat/completions', { model: 'opened', messages: hi, ...beside })).toBe(
      'extra_body.vendor.model',
    );
  });

  test('as a message and as a response, everything that agents send', async () => {
    const tool = {
      name: 'f',
      description: 'd',
      input_schema: { type: 'object' },
      cache_control: { type: 'ephemeral' },
    };
    const message = {
      model: 'anthropic',
      max_tokens: 2_000,
      system: [{ type: 'text', text: 'Be.', cache_control: { type: 'ephemeral' } }],
      messages: hi,
      tools: [
        tool,
        { ...tool, name: 'g', type: 'custom', defer_loading: true },
        { type: 'tool_search_tool_regex_20251119', name: 'tool_search_tool_regex' },
      ],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      thinking: { type: 'enabled', budget_tokens: 1_024 },
      metadata: { user_id: 'u' },
      context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
      output_config: { effort: 'low' },
      temperature: 1,
      top_k: 5,
      stop_sequences: ['x'],
    };
    const answered = await gateway.asKey('/v1/messages?beta=true', message);
    expect([answered.status, await answered.text()]).toEqual([200, expect.any(String)]);
    const response = {
      model: 'responses',
      input: 'Hi',
      instructions: 'Be.',
      store: false,
      include: ['reasoning.encrypted_content'],
      tools: [
        { type: 'function', name: 'f', description: 'd', parameters: { type: 'object' }, strict: false },
        { type: 'custom', name: 'p', format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' } },
        { type: 'namespace', name: 'n', tools: [{ type: 'function', name: 'g' }] },
      ],
      tool_choice: 'auto',
      parallel_tool_calls: false,
      reasoning: { effort: 'low', summary: 'auto' },
      text: { verbosity: 'low', format: { type: 'json_schema', name: 'x', schema: { type: 'object' } } },
      prompt_cache_key: 'k',
      client_metadata: { a: 'b' },
      metadata: { a: 'b' },
      max_output_tokens: 100,
      truncation: 'auto',
    };
    const responded = await gateway.asKey('/v1/responses', response);
    expect([responded.status, await responded.text()]).toEqual([200, expect.any(String)]);
  });
});

describe('tools that a vendor runs', () => {
  const nested = (tool: object) => ({ messages: hi, tools: [{ type: 'function', function: { name: 'f' } }, tool] });

  test('are refused to a key in every dialect', async () => {
    for (const type of [
      'web_search',
      'openrouter:web_search',
      'mcp',
      'code_interpreter',
      'Function',
      'file_search',
      'builtin_function',
    ]) {
      expect(await refusedAt('/v1/chat/completions', { model: 'openrouter', ...nested({ type }) })).toBe(
        'tools[1].type',
      );
      expect(await refusedAt('/c1/chat', { model: 'own', message: 'Hi', tools: [{ type }] })).toBe('tools[0].type');
    }
    for (const tool of [
      { type: 'function', function: { name: 'g' }, google_search: {} },
      { type: 'function', function: { name: 'g', server_url: 'x' } },
      { type: 'function', function: { name: 'g' }, Type: 'web_search' },
    ]) {
      expect(await refusedAt('/v1/chat/completions', { model: 'openrouter', ...nested(tool) })).toMatch(
        /^tools\[1\]\./,
      );
    }
    for (const type of ['web_search_20250305', 'code_execution_20250825', 'web_fetch_20250910', 'mcp_toolset']) {
      const body = { model: 'anthropic', max_tokens: 10, messages: hi, tools: [{ type, name: 'x' }] };
      expect(await refusedAt('/v1/messages', body)).toBe('tools[0].type');
      const definition = { type, name: 'f' };
      const added = { type: 'tool_addition', tool: { type: 'tool_definition', definition } };
      const hidden = {
        ...body,
        tools: [{ name: 'f', input_schema: { type: 'object' } }],
        messages: [...hi, { role: 'system', content: [added] }],
      };
      expect(await refusedAt('/v1/messages', hidden)).toMatch(/^messages\[1\]\.content\[0\]/);
    }
    for (const tool of [
      { type: 'mcp', server_label: 'x', server_url: 'http://inner.example' },
      { type: 'file_search', vector_store_ids: ['vs_1'] },
      { type: 'code_interpreter', container: { type: 'auto', file_ids: ['file_1'] } },
      { type: 'shell', environment: { type: 'container_auto', skills: [] } },
    ]) {
      const body = { model: 'responses', input: 'Hi', store: false, tools: [tool] };
      expect(await refusedAt('/v1/responses', body)).toBe('tools[0].type');
    }
  });

  test('and the files that it keeps', async () => {
    const stored = { type: 'file', file: { file_id: 'file_1' } };
    const chat = { model: 'openai', messages: [{ role: 'user', content: [stored] }] };
    expect(await refusedAt('/v1/chat/completions', chat)).toBe('messages[0].content[0].file.file_id');
    for (const part of [
      { type: 'input_file', file_id: 'file_1' },
      { type: 'input_image', file_id: 'file_1' },
    ]) {
      const body = { model: 'responses', input: [{ role: 'user', content: [part] }], store: false };
      expect(await refusedAt('/v1/responses', body)).toBe('input[0].content[0].file_id');
    }
    const block = { type: 'document', source: { type: 'file', file_id: 'file_1' } };
    const message = { model: 'anthropic', max_tokens: 10, messages: [{ role: 'user', content: [block] }] };
    expect(await refusedAt('/v1/messages', message)).toBe('messages[0].content[0].source.file_id');
  });

  test('are open to a key where the operator says so, but no address with them', async () => {
    const send = (body: object) => gateway.asKey('/v1/chat/completions', { model: 'hosted', messages: hi, ...body });
    expect((await send({ tools: [{ type: 'openrouter:web_search' }], plugins: [{ id: 'web' }] })).status).toBe(200);
    expect(await errorOf(await send({ tools: [{ type: 'mcp', server_url: 'http://inner.example' }] }))).toMatchObject({
      param: 'tools[0].server_url',
    });
    expect(await errorOf(await send({ service_tier: 'priority' }))).toMatchObject({ param: 'service_tier' });
  });
});

describe('a server of the operator’s own gets', () => {
  const own = ['own', 'llamacpp', 'lmstudio'];

  test('fields that nobody knows', async () => {
    const fields = {
      top_k: 5,
      chat_template_kwargs: {
        enable_thinking: false,
        model_identity: 'I am Ann.',
        documents: [{ title: 'A', text: 'B' }],
      },
      guided_json: { properties: { url: { type: 'string' }, api_key: { $ref: '#/x' } } },
      guided_regex: 'https?://.*',
      stop_token_ids: [1],
      rope_freq_base: 1,
      lora: [{ id: 0, scale: 0.5 }],
      grammar: '// root ::= "a"',
      mm_processor_kwargs: { fps: 1 },
      something_new: { deep: ['x', { y: 1 }] },
      service_tier: 'auto',
    };
    for (const model of own) {
      const response = await gateway.asKey('/v1/chat/completions', { model, messages: hi, ...fields });
      expect([model, response.status, await response.text()]).toEqual([model, 200, expect.any(String)]);
      expect(gateway.upstreams[0]?.chats.at(-1)?.json).toMatchObject(fields);
    }
  });

  test.each([
    ['api_base', 'x'],
    ['apiBase', 'x'],
    ['base-url', 'x'],
    ['extra_headers', {}],
    ['Headers', { a: 'b' }],
    ['api_key', 'x'],
    ['apikey', 'x'],
    ['access_token', 'x'],
    ['authorization', 'x'],
    ['models', ['x']],
    ['draft_model', 'x'],
    ['Fallbacks', ['x']],
    ['route', 'x'],
    ['plugins', ['x']],
    ['provider', 'x'],
    ['user_config', {}],
    ['lora_path', '/etc/passwd'],
    ['callback', 'x'],
    ['something', 'http://inner.example'],
    ['something', ['x', ' HTTP://inner.example']],
    ['kv_transfer_params', { do_remote_decode: true }],
    ['kv_transfer_params', { do_remote_prefill: true, remote_host: 'inner', remote_port: 1 }],
    ['extra_body', { api_base: 'x' }],
    ['chat_template_kwargs', { tools: [{ Server_URL: 'x' }] }],
    ['chat_template_kwargs', { note: '//inner.example/x' }],
    ['options', { model: 'x' }],
    ['metadata_url', 'x'],
    ['extraheaders', {}],
    ['callbackurl', 'x'],
    ['remotehost', 'x'],
    ['userconfig', {}],
    ['model_name', 'x'],
    ['modelId', 'x'],
    ['adapter_id', 'x'],
    ['lora_request', {}],
    ['adapters', ['x']],
    ['logits_processors', ['os.system']],
    ['custom_logit_processor', 'x'],
  ])('no field %s with %j', async (name, value) => {
    for (const what of ['a chat', 'a turn', 'a response', 'a message', 'a legacy completion', 'embeddings', 'speech']) {
      if (what === 'a turn' && name === 'provider') continue;
      const surface = surfaces[what]?.('own');
      if (!surface) continue;
      const param = await refusedAt(surface.path, { ...surface.body, [name]: value });
      expect([what, param]).toEqual([what, expect.stringMatching(new RegExp(`^${name}`))]);
    }
  });

  test('no address in a choice of tools', async () => {
    const tools = [{ type: 'function', function: { name: 'f', parameters: {} } }];
    const tool_choice = { type: 'mcp', server_label: 'x', server_url: 'http://inner.example' };
    const body = { model: 'own', messages: hi, tools, tool_choice };
    expect(await refusedAt('/v1/chat/completions', body)).toBe('tool_choice.server_label');
  });

  test('nothing so deep that it could not be looked through', async () => {
    const deep = `${'{"a":'.repeat(110)}1${'}'.repeat(110)}`;
    const body = `{"model":"own","messages":[{"role":"user","content":"Hi"}],"deep":${deep}}`;
    expect(await refusedAt('/v1/chat/completions', body)).toMatch(/^deep\.a/);
  });
});

test('pictures and recordings are asked for by the same lists', async () => {
  for (const name of ['service_tier', 'models', 'Provider', 'fallbacks']) {
    for (const model of ['pixels', 'painter']) {
      const body = { model, prompt: 'A cat', [name]: ['x'] };
      expect(await refusedAt('/v1/images/generations', body)).toBe(name);
      expect(await refusedAt('/v1/images/edits', { ...body, images: [{ image_url: pngUri }] })).toBe(name);
      const form = new FormData();
      form.set('model', model);
      form.set('prompt', 'A cat');
      form.set('image', new File([Buffer.from(png, 'base64')], 'a.png'));
      form.set(name, 'x');
      expect(await refusedAt('/v1/images/edits', form)).toBe(name);
    }
    for (const model of ['openai', 'openrouter', 'unnamed']) {
      const form = new FormData();
      form.set('model', model);
      form.set(name, 'x');
      form.set('file', new File([Buffer.alloc(100)], 'a.mp3'));
      expect(await refusedAt('/v1/audio/transcriptions', form)).toBe(name);
    }
  }
  const form = new FormData();
  for (const [name, value] of Object.entries({
    model: 'openai',
    language: 'en',
    prompt: 'http://x',
    temperature: '0',
    'include[]': 'logprobs',
  })) {
    form.set(name, value);
  }
  form.set('file', new File([Buffer.alloc(100)], 'a.mp3'));
  expect((await gateway.asKey('/v1/audio/transcriptions', form)).status).toBe(200);
});

test('the administrator sends everything', async () => {
  for (const [name, value] of Object.entries(costly)) {
    for (const written of [name, name.toUpperCase()]) {
      const body = { model: 'openrouter', messages: hi, [written]: value };
      expect([written, (await gateway.asAdmin('/v1/chat/completions', body)).status]).toEqual([written, 200]);
      expect(gateway.upstreams[0]?.chats.at(-1)?.json).toHaveProperty([written]);
    }
  }
});
