import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { ImportError } from '../../server/import/import-error.ts';
import { importLitellm } from '../../server/import/litellm/import-litellm.ts';
import { parseModelsFile } from '../../server/setup/models-file.ts';
import { runDuplex } from '../support/run-duplex.ts';
import { bearer } from '../support/start-gateway.ts';
import { startProcess } from '../support/start-process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { say } from '../support/upstream/scripts/answers.ts';
import { startUpstream } from '../support/upstream/start-upstream.ts';

// Some tests start processes.
vi.setConfig({ testTimeout: 180_000 });

const KEY = 'sk-planted-5d2c81f0a94e';

const config = (address: string) => `
model_list:
  - model_name: gpt-4o
    litellm_params:
      model: openai/gpt-4o
      api_key: os.environ/OPENAI_API_KEY
      rpm: 480
      input_cost_per_token: 0.0000025
      output_cost_per_token: 1e-05
    model_info: { supports_vision: true, max_input_tokens: 128000 }
  - model_name: gpt-4o
    litellm_params: { model: azure/gpt-4o-eu, api_base: "https://eu.example.com/", api_key: os.environ/AZURE_KEY }
  - model_name: claude
    litellm_params: { model: claude-sonnet-4-5, api_key: ${KEY} }
  - model_name: local
    litellm_params: { model: hosted_vllm/Qwen/Qwen3-8B, api_base: "${address}", rpm: 100, max_tokens: 512 }
  - model_name: local
    litellm_params: { model: openai/qwen3-8b, api_base: "${address}", api_key: ${KEY}, rpm: 300 }
  - model_name: small
    litellm_params: { model: ollama_chat/qwen3:8b, api_base: "http://127.0.0.1:11434" }
  - model_name: embed
    litellm_params: { model: mistral/mistral-embed }
    model_info: { mode: embedding }
  - model_name: "anthropic/*"
    litellm_params: { model: "anthropic/*", api_key: os.environ/ANTHROPIC_API_KEY }
router_settings:
  num_retries: 2
  fallbacks: [{ claude: [gpt-4o] }]
  model_group_alias: { gpt-4: gpt-4o, typo: { model: local, hidden: true } }
litellm_settings:
  drop_params: true
  fallbacks: [{ gpt-4o: [claude, missing] }]
  success_callback: [langfuse]
general_settings:
  master_key: ${KEY}
environment_variables:
  REDIS_PASSWORD: ${KEY}
`;

const ADDRESS = 'http://127.0.0.1:8000/v1';

function faultOf(text: string): string {
  try {
    importLitellm(text, 'config.yaml');
  } catch (error) {
    if (error instanceof ImportError) return error.message;
    throw error;
  }
  return 'no fault';
}

/** Of a configuration with this one entry beside another that can be carried over. */
const notesOf = (params: string, more = ''): string =>
  importLitellm(
    `model_list:\n  - { model_name: ok, litellm_params: { model: openai/ok } }\n  - { model_name: x, litellm_params: ${params}${more} }\n`,
    'config.yaml',
  ).notes.join('\n');

describe("the configuration of LiteLLM's proxy", () => {
  const { text, notes } = importLitellm(config(ADDRESS), '/etc/litellm/config.yaml');
  const file = parseModelsFile(text, 'models.yaml');
  const model = (alias: string) => file.models.find((one) => one.alias === alias);

  test('becomes one provider for each address and key, with keys as names of variables', () => {
    expect(file.providers).toMatchObject({
      openai: { preset: 'openai', base_url: 'https://api.openai.com/v1', api_key_env: 'OPENAI_API_KEY' },
      anthropic: { kind: 'anthropic', base_url: 'https://api.anthropic.com/v1', api_key_env: 'ANTHROPIC_API_KEY_2' },
      hosted_vllm: { preset: 'vllm', base_url: ADDRESS },
      'openai-2': { kind: 'openai-compatible', base_url: ADDRESS, api_key_env: 'OPENAI_2_API_KEY' },
      ollama_chat: { preset: 'ollama', base_url: 'http://127.0.0.1:11434/v1' },
      mistral: { preset: 'mistral', api_key_env: 'MISTRAL_API_KEY' },
    });
    expect(Object.keys(file.providers)).toHaveLength(6);
  });

  test('keeps its names, abilities, windows and prices', () => {
    expect(file.models.map(({ alias }) => alias)).toEqual(['gpt-4o', 'claude', 'local', 'small', 'embed']);
    expect(model('gpt-4o')).toMatchObject({ input: ['text', 'image'], context_window: 128_000, unsupported: 'drop' });
    expect(model('gpt-4o')?.backends[0]).toMatchObject({ price: { input: 2.5, output: 10 } });
    expect(model('embed')?.endpoints).toEqual(['embeddings']);
  });

  test('shares requests as LiteLLM does, and asks fallbacks in their order, also when they lead back', () => {
    expect(model('local')).toMatchObject({
      strategy: 'weighted',
      backends: [
        { provider: 'hosted_vllm', model: 'Qwen/Qwen3-8B', weight: 100 },
        { provider: 'openai-2', model: 'qwen3-8b', weight: 300 },
      ],
    });
    const chain = (alias: string) => model(alias)?.backends.map((one) => 'provider' in one && one.provider);
    expect([chain('gpt-4o'), chain('claude')]).toEqual([
      ['openai', 'anthropic'],
      ['anthropic', 'openai'],
    ]);
    expect(model('gpt-4o')?.strategy).toBe('ordered');
    expect(file.model_map).toEqual({ 'gpt-4': 'gpt-4o', typo: 'local' });
  });

  test('is reported line by line where it could not be carried over, and no line has a key', () => {
    for (const part of [
      'provider anthropic: its key is in the file itself, and is not copied. Set ANTHROPIC_API_KEY_2 to it',
      'model_list.1 (gpt-4o): left out, because Duplex has no provider "azure"',
      'model_list.3 (local).litellm_params.max_tokens: not converted',
      'model_list.7 (anthropic/*): left out',
      'router_settings.num_retries: not converted. UPSTREAM_RETRIES',
      'litellm_settings.fallbacks: "missing" is not a model',
      'litellm_settings.success_callback: not converted',
      'general_settings.master_key: not converted. Set API_BEARER',
      'environment_variables: set these in the environment or in .env: REDIS_PASSWORD.',
      'router_settings.model_group_alias.gpt-4: it is served',
    ]) {
      expect(notes.filter((line) => line.startsWith(part))).toHaveLength(1);
    }
    expect(notes.every((line) => !line.includes('\n'))).toBe(true);
    expect(text + notes.join('\n')).not.toContain(KEY);
  });
});

test('a fallback for chats is no fallback for embeddings, and that is told', () => {
  const { text, notes } = importLitellm(
    stringify({
      model_list: [
        { model_name: 'chat', litellm_params: { model: 'anthropic/claude-sonnet-4-5' } },
        { model_name: 'other', litellm_params: { model: 'openai/gpt-4o' } },
        {
          model_name: 'embed',
          litellm_params: { model: 'openai/text-embedding-3-small' },
          model_info: { mode: 'embedding' },
        },
      ],
      litellm_settings: { default_fallbacks: ['chat'] },
    }),
    'config.yaml',
  );
  const file = parseModelsFile(text, 'models.yaml');
  const providersOf = (name: string) =>
    file.models.find(({ alias }) => alias === name)?.backends.map((one) => 'provider' in one && one.provider);
  expect(providersOf('other')).toEqual(['openai', 'anthropic']);
  expect(providersOf('embed')).toEqual(['openai']);
  expect(notes).toContainEqual('"embed": its fallback "chat" is not for embedding, so it is left out of the chain.');
});

test('deployments with an order, or with a strategy of LiteLLM, keep it where there is one', () => {
  const two = (more: string, settings = '') =>
    parseModelsFile(
      importLitellm(
        `model_list:
  - { model_name: m, litellm_params: { model: groq/second${more ? ', order: 2' : ''} } }
  - { model_name: m, litellm_params: { model: xai/first${more ? ', order: 1' : ''} } }
${settings}`,
        'config.yaml',
      ).text,
      'models.yaml',
    ).models[0];
  expect(two('order')).toMatchObject({ strategy: 'ordered', backends: [{ model: 'first' }, { model: 'second' }] });
  expect(two('')?.strategy).toBe('weighted');
  expect(two('', 'router_settings: { routing_strategy: least-busy }')?.strategy).toBe('least-busy');
});

describe('an entry that cannot be carried over is left out, and the reason is reported', () => {
  test.each([
    ['{ model: bedrock/anthropic.claude }', 'Duplex has no provider "bedrock"'],
    ['{ model: my-own-model }', 'the entry does not say whose model it is'],
    ['{ model: hosted_vllm/m }', '"hosted_vllm" needs an address'],
    ['{ model: openai/m, api_base: os.environ/BASE }', 'its address comes from a variable'],
    [`{ model: openai/m, api_base: "https://u:${KEY}@example.com/v1" }`, 'its address holds a user name'],
    [`{ model: openai/m, api_base: "https://example.com/v1?key=${KEY}" }`, 'its address holds a user name'],
    ['{ model: openai/m, api_base: "ftp://example.com" }', 'its address is not an http or https URL'],
    ['{ model: constructor/m }', 'Duplex has no provider "constructor"'],
  ])('%s', (params, reason) => {
    const notes = notesOf(params);
    expect(notes).toContain(`model_list.1 (x): left out, because ${reason}`);
    expect(notes).not.toContain(KEY);
  });

  test('a mode without an endpoint', () => {
    expect(notesOf('{ model: openai/m }', ', model_info: { mode: rerank }')).toContain('the mode "rerank"');
  });
});

describe('a configuration that cannot be read is one line that says what to do', () => {
  test.each([
    [`model_list: [\n  { api_key: ${KEY}\n`, /^config\.yaml:\d+: The file is not valid YAML \(\w+\)\. Correct/],
    [`model_list: *${KEY}\n`, /^config\.yaml: A YAML alias .* Write it out\.$/],
    ['providers: {}\n', /^config\.yaml has no model_list\. Name the file/],
    ['just text', /^config\.yaml has no model_list\. Name the file/],
    ['model_list:\n  - { model_name: m }\n', /^config\.yaml: model_list\.0\.litellm_params: .* Correct it as/],
    ['model_list:\n  - { model_name: m, litellm_params: { model: azure/m } }\n', /No entry .* no provider "azure"/],
  ])('%j', (text, message) => {
    const fault = faultOf(text);
    expect(fault).toMatch(message);
    expect(fault).not.toContain('\n');
    expect(fault).not.toContain(KEY);
  });
});

test('the command prints the file or writes a new one, and the gateway starts with it and serves', async () => {
  const folder = tempFolder();
  const upstream = await startUpstream();
  try {
    const source = join(folder, 'config.yaml');
    writeFileSync(source, config(upstream.url));
    const printed = await runDuplex(['import', 'litellm', source], {});
    expect([printed.code, printed.err.includes('general_settings.master_key: ')]).toEqual([0, true]);
    expect(printed.out + printed.err).not.toContain(KEY);

    const cwd = join(folder, 'gateway');
    mkdirSync(cwd);
    const out = join(cwd, 'models.yaml');
    expect(await runDuplex(['import', 'litellm', source, '--out', out], {})).toMatchObject({ code: 0 });
    expect(readFileSync(out, 'utf8')).toBe(printed.out);
    const again = await runDuplex(['import', 'litellm', source, '--out', out], {});
    expect([again.code, again.out, again.err]).toEqual([
      1,
      '',
      `${out} exists already, and is not changed. Give --out the path of a new file.\n`,
    ]);
    expect(readFileSync(out, 'utf8')).toBe(printed.out);

    const gateway = await startProcess(cwd);
    try {
      upstream.reply(say('Hello.'));
      const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' };
      const body = JSON.stringify({ model: 'typo', messages: [{ role: 'user', content: 'Hi' }] });
      const answer = await fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers, body });
      expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('Hello.')]);
    } finally {
      await gateway.stop('SIGKILL');
    }
  } finally {
    await upstream.close();
  }
});

test('a missing file and a mistyped command are one line each', async () => {
  const missing = await runDuplex(['import', 'litellm', 'missing.yaml'], {});
  expect([missing.code, missing.out]).toEqual([1, '']);
  expect(missing.err).toMatch(/^missing\.yaml cannot be read: ENOENT.*Name the configuration file to import\.\n$/);
  for (const args of [
    ['import'],
    ['import', 'litellm'],
    ['import', 'other', 'a.yaml'],
    ['import', 'litellm', 'a', 'b'],
  ]) {
    const { code, err } = await runDuplex(args, {});
    expect([code, err]).toEqual([2, expect.stringMatching(/^Usage: duplex import <litellm[^\n]*\n$/)]);
  }
});
