import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { GatewayInfo } from '../../contracts/models/model.ts';
import { startGateway } from '../support/start-gateway.ts';
import { startProcess } from '../support/start-process.ts';
import { tempFolder } from '../support/temp-folder.ts';

test('a gateway that serves nothing says why, and shows no example that cannot work', async () => {
  const folder = tempFolder();
  const models = `providers: { or: { preset: openrouter } }
models: [{ alias: scout, backends: [{ provider: or, model: meta-llama/llama-4-scout }] }]
`;
  writeFileSync(join(folder, 'models.yaml'), models);
  const running = await startProcess(folder, { MODELS_FILE: join(folder, 'models.yaml') });
  await running.stop('SIGTERM');
  expect(running.output()).toMatch(/serves 0 models[\s\S]*scout: Set OPENROUTER_API_KEY/);
  expect(running.output()).not.toContain('Try it:');
});

test('in demo mode the window is that of the model which answers', async () => {
  const gateway = await startGateway();
  try {
    await vi.waitFor(async () => {
      const info = GatewayInfo.parse(await (await gateway.call('GET', '/v1/info')).json());
      expect(info.models.find(({ alias }) => alias === 'llama-4-scout')?.context_window).toBe(1024);
    }, 60_000);
  } finally {
    await gateway.close();
  }
});
