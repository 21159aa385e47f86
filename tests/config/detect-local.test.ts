import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { detectLocalServers } from '../../server/setup/detect-local.ts';
import { startUpstream } from '../support/upstream/start-upstream.ts';

test('a model server on this machine is found with the names of its models', async () => {
  const upstream = await startUpstream({ models: ['qwen3:8b', 'org/name'] });
  onTestFinished(() => upstream.close());
  expect(await detectLocalServers(3000, [{ id: 'ollama', preset: 'ollama', port: upstream.port }])).toEqual([
    { id: 'ollama', preset: 'ollama', baseUrl: upstream.url, models: ['qwen3:8b', 'org/name'] },
  ]);
});

test('our own port is never asked', async () => {
  const upstream = await startUpstream();
  onTestFinished(() => upstream.close());
  expect(await detectLocalServers(upstream.port, [{ id: 'vllm', preset: 'vllm', port: upstream.port }])).toEqual([]);
  expect(upstream.requests).toEqual([]);
});

test('a port that accepts and never answers is given up, and one that is closed is no server', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  onTestFinished(() => {
    silent.close();
  });
  const { port } = silent.address() as AddressInfo;
  expect(await detectLocalServers(3000, [{ id: 'vllm', preset: 'vllm', port }])).toEqual([]);
  expect(await detectLocalServers(3000, [{ id: 'vllm', preset: 'vllm', port: 1 }])).toEqual([]);
});
