import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { PresetName } from '../../server/providers/presets.ts';
import { detectLocalServers } from '../../server/setup/detect-local.ts';
import type { Script } from '../support/upstream/exchange.ts';
import { raw } from '../support/upstream/scripts/refusals.ts';
import { startUpstream } from '../support/upstream/start-upstream.ts';

test('a model server on this machine is found with the names of its models', async () => {
  const upstream = await startUpstream({ models: ['qwen3:8b', 'org/name'] });
  onTestFinished(() => upstream.close());
  expect(await detectLocalServers(3000, [{ id: 'ollama', preset: 'ollama', port: upstream.port }])).toEqual([
    {
      id: 'ollama',
      preset: 'ollama',
      baseUrl: upstream.url,
      models: [
        { id: 'qwen3:8b', name: 'qwen3:8b' },
        { id: 'org/name', name: 'org/name' },
      ],
    },
  ]);
});

/** The models that are found at a server of one kind, with what its addresses answer. */
async function found(preset: PresetName, models: readonly string[], answers: Readonly<Record<string, Script>> = {}) {
  const upstream = await startUpstream({ models, dialect: preset === 'llamacpp' ? 'llamacpp' : 'vllm' });
  onTestFinished(() => upstream.close());
  for (const [path, script] of Object.entries(answers)) upstream.at(path, script);
  const [server] = await detectLocalServers(3000, [{ id: 'local', preset, port: upstream.port }]);
  return server?.models;
}

const json = (body: object): Script => raw(200, { 'content-type': 'application/json' }, JSON.stringify(body));

test.each([
  ['/models/gguf/qwen3-8b-q4_k_m.gguf', 'qwen3-8b-q4_k_m.gguf'],
  ['models/gemma.gguf', 'gemma.gguf'],
  ['./gemma.GGUF', 'gemma.GGUF'],
  ['C:\\models\\phi-4.gguf', 'phi-4.gguf'],
  ['/srv/models/Qwen3-8B/', 'Qwen3-8B'],
  ['org/name', 'org/name'],
  ['ggml-org/gemma-3-4b-it-GGUF:Q4_K_M', 'ggml-org/gemma-3-4b-it-GGUF:Q4_K_M'],
])('a model that its server calls %s is offered as %s', async (id, name) => {
  expect(await found('vllm', [id])).toEqual([expect.objectContaining({ id, name })]);
});

test('two files of one name keep their paths', async () => {
  const models = await found('vllm', ['/a/m.gguf', '/b/m.gguf', '/b/n.gguf']);
  expect(models?.map(({ name }) => name)).toEqual(['/a/m.gguf', '/b/m.gguf', 'n.gguf']);
});

describe('what a model takes is asked of', () => {
  test('llama.cpp', async () => {
    const props = { modalities: { vision: true, audio: false }, default_generation_settings: { n_ctx: 4096 } };
    const models = await found('llamacpp', ['/m/gemma.gguf'], { '/props?model=%2Fm%2Fgemma.gguf': json(props) });
    expect(models).toEqual([
      { id: '/m/gemma.gguf', name: 'gemma.gguf', input: ['text', 'image'], contextWindow: 4096 },
    ]);
  });

  test('Ollama', async () => {
    const seeing = { capabilities: ['completion', 'vision', 'tools', 'thinking'], model_info: {} };
    const embedding = { capabilities: ['embedding'] };
    const shown: Script = (exchange) =>
      exchange.sendJson(200, exchange.request.asked.model === 'nomic' ? embedding : seeing);
    const models = await found('ollama', ['qwen3-vl', 'nomic'], { '/api/show': shown });
    expect(models?.[0]).toMatchObject({ input: ['text', 'image'], tools: true, reasoning: true });
  });

  test('LM Studio', async () => {
    const models = await found('lmstudio', ['google/gemma-3'], {
      '/api/v0/models/google/gemma-3': json({ id: 'google/gemma-3', type: 'vlm', loaded_context_length: 8192 }),
    });
    expect(models).toEqual([
      { id: 'google/gemma-3', name: 'google/gemma-3', input: ['text', 'image'], contextWindow: 8192 },
    ]);
  });

  test.each([
    ['that answers nonsense', json({ modalities: 'many' })],
    ['that does not know the question', raw(404, {}, 'File Not Found')],
  ])('a server %s, and not taken for a refusal', async (_what, script) => {
    const models = await found('llamacpp', ['m'], { '/props?model=m': script });
    expect(models).toEqual([{ id: 'm', name: 'm' }]);
  });
});

test('our own port is never asked', async () => {
  const upstream = await startUpstream();
  onTestFinished(() => upstream.close());
  expect(await detectLocalServers(upstream.port, [{ id: 'vllm', preset: 'vllm', port: upstream.port }])).toEqual([]);
  expect(upstream.requests).toEqual([]);
});

test('a port that accepts and never answers is skipped, and a closed one is not a server', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  onTestFinished(() => {
    silent.close();
  });
  const { port } = silent.address() as AddressInfo;
  expect(await detectLocalServers(3000, [{ id: 'vllm', preset: 'vllm', port }])).toEqual([]);
  expect(await detectLocalServers(3000, [{ id: 'vllm', preset: 'vllm', port: 1 }])).toEqual([]);
});
