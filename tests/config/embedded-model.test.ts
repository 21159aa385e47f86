import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
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
