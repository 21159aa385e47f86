import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { settingsOf, variablesOf } from '../../support/connect-settings.ts';
import { type ScriptedGateway, startScripted } from '../../support/start-scripted.ts';

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted();
});
afterAll(() => gateway.close());

/** What the packages are called here, where there are several versions of some. */
const named = (code: string): string =>
  code.replace("from 'ai'", "from 'ai-6'").replace("'@ai-sdk/openai-compatible'", "'@ai-sdk/openai-compatible-2'");

test.each(['ai-sdk', 'langchain'])('the JavaScript that `duplex connect %s` prints runs', async (name) => {
  const [shell, code = ''] = settingsOf(name, { url: gateway.url, model: 'scripted', window: 100_000 });
  const run = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', named(code)], {
    cwd: import.meta.dirname,
    env: { PATH: process.env.PATH, ...variablesOf(shell) },
  });
  expect(run.stdout).toBe('Hello from upstream.\n');
});
