import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { settingsOf, variablesOf } from '../../support/connect-settings.ts';
import { findAgent, openWorkplace, putFile, type Workplace } from '../../support/run-agent.ts';
import { type ScriptedGateway, startScripted } from '../../support/start-scripted.ts';
import { think } from '../../support/upstream/scripts/answers.ts';
import { refuse } from '../../support/upstream/scripts/refusals.ts';

const aider = findAgent('aider', 'aider/bin/aider');
const options = ['--yes-always', '--no-git', '--analytics-disable', '--no-check-update', '--no-show-release-notes'];
const edited = 'greeting.txt\n```\nHello, Rome.\n```\n';

describe.skipIf(!aider)('aider', { timeout: 180_000 }, () => {
  let place: Workplace;
  let file: string;
  let gateway: ScriptedGateway;
  beforeEach(async () => {
    place = openWorkplace();
    file = join(place.folder, 'greeting.txt');
    writeFileSync(file, 'Hello, world.\n');
    gateway = await startScripted({ fields: 'context_window: 100000' });
  });
  afterEach(async () => {
    place.remove();
    await gateway.close();
  });

  function ask() {
    const [shell, json = ''] = settingsOf('aider', { url: gateway.url, model: 'scripted', window: 100_000 });
    putFile(join(place.home, '.aider.model.metadata.json'), json);
    return place.run(aider ?? '', [...options, '--message', 'Greet Rome.', 'greeting.txt'], variablesOf(shell));
  }

  test('edits a file with one request', async () => {
    gateway.upstream.reply(think('I see.', edited));
    expect((await ask()).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe('Hello, Rome.\n');
    expect(gateway.upstream.chats).toHaveLength(1);
  });

  test('is told when its prompt is too long, and does not try again', async () => {
    gateway.upstream.reply(refuse('context-overflow'));
    expect((await ask()).stdout).toContain('has hit a token limit');
    expect(gateway.upstream.chats).toHaveLength(1);
  });
});
