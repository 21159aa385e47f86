import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bearer } from '../support/start-gateway.ts';
import { startProcess } from '../support/start-process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { say } from '../support/upstream/scripts/answers.ts';
import { startUpstream } from '../support/upstream/start-upstream.ts';

test('a claim that cannot be true is a warning with the request, the backend and both counts, and without any text', async () => {
  const upstream = await startUpstream();
  const folder = tempFolder();
  writeFileSync(
    join(folder, 'models.yaml'),
    `providers: { box: { kind: openai-compatible, base_url: "${upstream.url}" } }
models: [{ alias: open, price: { input: 10, output: 50 }, backends: [{ provider: box, model: m }] }]
`,
  );
  const gateway = await startProcess(folder, { MODELS_FILE: join(folder, 'models.yaml'), LOG_LEVEL: 'warn' });
  try {
    upstream.reply(say('two words', { usage: { prompt: 1e9, completion: 1e9 }, tellUsage: 'always' }));
    const messages = [{ role: 'user', content: 'a secret question' }];
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'open', max_tokens: 100, messages }),
    });
    expect(response.status).toBe(200);
    await response.text();
    const warning = () =>
      gateway
        .output()
        .split('\n')
        .find((line) => line.includes('claims more tokens'));
    await expect.poll(warning).toBeDefined();
    const logged = JSON.parse(warning() ?? '');
    expect(logged).toMatchObject({
      level: 40,
      reqId: response.headers.get('x-request-id'),
      backend: 'box/m',
      claimed: { promptTokens: 1e9, completionTokens: 1e9 },
      believed: { completionTokens: 100 },
    });
    expect(JSON.stringify(logged)).not.toMatch(/secret question|two words/);
  } finally {
    await gateway.stop('SIGKILL');
    await upstream.close();
  }
});
