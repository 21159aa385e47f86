import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { importClaudeCodeRouter } from '../../server/import/claude-code-router/import-claude-code-router.ts';
import { parseModelsFile } from '../../server/setup/models-file.ts';
import { runDuplex } from '../support/run-duplex.ts';
import { startGateway } from '../support/start-gateway.ts';
import { tempFolder } from '../support/temp-folder.ts';

// The tests start processes.
vi.setConfig({ testTimeout: 180_000 });

const KEY = 'sk-planted-91b2e7f0c3d4';

const config = JSON.stringify({
  APIKEY: KEY,
  LOG: true,
  Providers: [
    {
      name: 'openrouter',
      api_base_url: 'https://openrouter.ai/api/v1/chat/completions',
      api_key: KEY,
      models: ['anthropic/claude-sonnet-4', 'deepseek-chat'],
      transformer: { use: ['openrouter'] },
    },
    {
      name: 'deepseek',
      api_base_url: 'https://api.deepseek.com/chat/completions',
      api_key: '$'.concat('{DS_KEY}'),
      models: ['deepseek-chat'],
    },
    {
      name: 'ollama',
      api_base_url: 'http://localhost:11434/v1/chat/completions',
      api_key: '$OL_KEY',
      models: ['qwen3:8b'],
    },
    {
      name: 'gemini',
      api_base_url: 'https://generativelanguage.googleapis.com/v1beta/models/',
      api_key: '$G_KEY',
      models: ['gemini-2.5-pro'],
      transformer: { use: ['gemini'] },
    },
  ],
  Router: {
    default: 'deepseek,deepseek-chat',
    background: 'ollama,qwen3:8b',
    think: 'x,y',
    longContextThreshold: 60000,
  },
});

test("claude-code-router's configuration becomes a models file that the gateway starts with", async () => {
  const { text, notes } = importClaudeCodeRouter(config, 'config.json');
  const file = parseModelsFile(text, 'models.yaml');
  expect(file.providers).toMatchObject({
    openrouter: { preset: 'openrouter', base_url: 'https://openrouter.ai/api/v1', api_key_env: 'OPENROUTER_API_KEY' },
    deepseek: { preset: 'deepseek', base_url: 'https://api.deepseek.com', api_key_env: 'DS_KEY' },
    ollama: { preset: 'ollama', base_url: 'http://localhost:11434/v1', api_key_env: 'OL_KEY' },
    gemini: { kind: 'gemini', base_url: 'https://generativelanguage.googleapis.com/v1beta', api_key_env: 'G_KEY' },
  });
  expect(Object.entries(file.model_map)).toEqual([
    ['claude-haiku-*', 'qwen3:8b'],
    ['claude-3-5-haiku-*', 'qwen3:8b'],
    ['claude-*', 'deepseek/deepseek-chat'],
  ]);
  for (const part of ['provider openrouter: its key', 'Router.think: not', 'APIKEY: not converted. Set API_BEARER']) {
    expect(notes.filter((line) => line.startsWith(part))).toHaveLength(1);
  }
  expect(text + notes.join('\n')).not.toContain(KEY);
  const gateway = await startGateway({ models: text });
  try {
    expect((await gateway.call('GET', '/v1/models')).status).toBe(200);
  } finally {
    await gateway.close();
  }
});

test('the command prints it, and a file of something else is one line that says what to do', async () => {
  const file = join(tempFolder(), 'config.json');
  writeFileSync(file, config);
  const { text } = importClaudeCodeRouter(config, file);
  expect(await runDuplex(['import', 'claude-code-router', file], {})).toMatchObject({ code: 0, out: text });
  writeFileSync(file, `{ "Providers": "${KEY}" }`);
  const { code, err } = await runDuplex(['import', 'claude-code-router', file], {});
  expect([code, err]).toEqual([
    1,
    expect.stringMatching(/: Providers: [^\n]* Name the config\.json of claude-code-router\.\n$/),
  ]);
  expect(err).not.toContain(KEY);
});

test('comments and commas at the end are read as claude-code-router reads them', () => {
  const commented = `{
  // The providers: "all of them".
  "Providers": [
    /* at
       home */
    { "name": "ollama", "api_base_url": "http://localhost:11434/v1/chat/completions", "models": ["a//b",], },
  ],
}`;
  const file = parseModelsFile(importClaudeCodeRouter(commented, 'config.json').text, 'models.yaml');
  expect(file.models).toMatchObject([{ alias: 'a//b', backends: [{ provider: 'ollama', model: 'a//b' }] }]);
});

test("a key of the file gets no variable that may hold a vendor's key for another address", () => {
  const elsewhere = JSON.stringify({
    Providers: ['openai', 'anthropic'].map((name) => ({
      name,
      api_base_url: `https://relay.example.com/${name}/v1/chat/completions`,
      api_key: KEY,
      models: [name],
      ...(name === 'anthropic' ? { transformer: { use: ['Anthropic'] } } : {}),
    })),
  });
  const { text, notes } = importClaudeCodeRouter(elsewhere, 'config.json');
  expect(parseModelsFile(text, 'models.yaml').providers).toMatchObject({
    openai: { api_key_env: 'OPENAI_API_KEY_2' },
    anthropic: { api_key_env: 'ANTHROPIC_API_KEY_2' },
  });
  expect(notes.join('\n')).toContain('Set OPENAI_API_KEY_2 to it');
});
