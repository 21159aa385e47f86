import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'vitest';
import { findAgent, openWorkplace } from '../support/run-agent.ts';
import { bearer } from '../support/start-gateway.ts';
import { startScripted } from '../support/start-scripted.ts';
import { work } from '../support/upstream/scripts/agent.ts';
import { callTools, say, think } from '../support/upstream/scripts/answers.ts';

const claude = findAgent('claude', 'node_modules/@anthropic-ai/claude-code-linux-x64/claude');

test.skipIf(!claude)('probe', { timeout: 120_000 }, async () => {
  if (!claude) return;
  const place = openWorkplace();
  const file = join(place.folder, 'greeting.txt');
  writeFileSync(file, 'Hello, world.\n');
  const gateway = await startScripted({
    upstream: {
      fallback: work(
        callTools([{ name: 'Read', arguments: { file_path: file } }]),
        callTools([{ name: 'Edit', arguments: { file_path: file, old_string: 'world', new_string: 'Rome' } }]),
        say('The greeting is for Rome now.'),
      ),
    },
  });
  const run = await place.run(
    claude,
    ['-p', 'Greet Rome in greeting.txt.', '--allowedTools', 'Read,Edit', '--verbose', '--output-format', 'stream-json'],
    {
      ANTHROPIC_BASE_URL: gateway.url,
      ANTHROPIC_AUTH_TOKEN: bearer,
      ANTHROPIC_MODEL: 'scripted',
      ANTHROPIC_SMALL_FAST_MODEL: 'scripted',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
    },
  );
  console.log(run);
  console.log(readFileSync(file, 'utf8'));
  for (const [i, c] of gateway.upstream.chats.entries()) {
    writeFileSync(`/tmp/cc/up-${i}.json`, c.body);
    console.log(i, c.path, c.asked, c.body.length);
  }
  await gateway.close();
  place.remove();
});
