import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startGateway } from '../support/start-gateway.ts';
import { tempFolder } from '../support/temp-folder.ts';

test('an EMBEDDED_MODEL that is not a model is reported at the start', async () => {
  const folder = tempFolder();
  const page = join(folder, 'page.gguf');
  writeFileSync(page, '<html>404</html>');
  const start = (path: string) => startGateway({ env: { EMBEDDED_MODEL: path } });
  await expect(start(page)).rejects.toThrow(`EMBEDDED_MODEL: ${page} is not a GGUF file`);
  await expect(start(folder)).rejects.toThrow(`EMBEDDED_MODEL: ${folder} is not a GGUF file`);
  await expect(start(join(folder, 'none'))).rejects.toThrow('EMBEDDED_MODEL: there is no file');
});

const isLinux = process.platform === 'linux';

test.skipIf(!isLinux)('a machine without libgomp is told to install it', async () => {
  // The dynamic linker finds this file first, and it is no library.
  const folder = tempFolder();
  writeFileSync(join(folder, 'libgomp.so.1'), 'no library');
  vi.stubEnv('LD_LIBRARY_PATH', folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  const gateway = await startGateway();
  onTestFinished(() => gateway.close());
  const body = { model: 'tinychat', messages: [{ role: 'user', content: 'Hello' }] };
  const response = await gateway.call('POST', '/v1/chat/completions', body);
  expect(response.status).toBe(503);
  const { error } = await response.json();
  expect(error).toMatchObject({
    code: 'upstream_unavailable',
    message: expect.stringContaining('apt-get install libgomp1'),
  });
  const ready = await fetch(`${gateway.url}/readyz`);
  expect(await ready.text()).toContain('apt-get install libgomp1');
});

test('a variant of llama.cpp that is not installed is named', async () => {
  const gateway = await startGateway({ env: { EMBEDDED_VARIANT: 'cuda' } });
  onTestFinished(() => gateway.close());
  const readiness = async () => (await gateway.call('GET', '/readyz')).text();
  await expect.poll(readiness).toContain('The cuda variant of llama.cpp is not installed');
});
