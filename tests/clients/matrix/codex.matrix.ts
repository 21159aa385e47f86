import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { settingsOf, variablesOf } from '../../support/connect-settings.ts';
import { passWebsockets } from '../../support/pass-websockets.ts';
import { findAgent, openWorkplace, type Workplace } from '../../support/run-agent.ts';
import { type ScriptedGateway, type ScriptedOptions, startScripted } from '../../support/start-scripted.ts';
import type { Script } from '../../support/upstream/exchange.ts';
import { answer, callTools, say } from '../../support/upstream/scripts/answers.ts';
import { refuse } from '../../support/upstream/scripts/refusals.ts';

const codex = findAgent('codex');

const WINDOW = 32_768;

const dialects: readonly (readonly [string, ScriptedOptions])[] = [
  ['vllm', {}],
  ['anthropic', { kind: 'anthropic', upstream: { dialect: 'anthropic' } }],
  ['gemini', { kind: 'gemini', upstream: { dialect: 'gemini' } }],
  ['openai-responses', { kind: 'openai-responses', upstream: { dialect: 'openai-responses' } }],
];

const reasoned = { reasoning: ['I ', 'write.'], text: ['I write ', 'the file.'], signature: 'c2lnbmVk' };
const patch = '*** Begin Patch\n*** Add File: greeting.txt\n+Hello, Rome.\n*** End Patch\n';
const runCommand = callTools(
  [{ name: 'exec_command', arguments: { cmd: 'echo "Hello, Rome." > greeting.txt' } }],
  reasoned,
);
/** OpenAI's own interface gives the input of a custom tool as it is; to all others the tool is a function. */
const applyPatch = (name: string): Script =>
  name === 'openai-responses'
    ? answer({ ...reasoned, calls: [{ name: 'apply_patch', pieces: [patch] }] })
    : callTools([{ name: 'apply_patch', arguments: { input: patch } }], reasoned);

describe.skipIf(!codex)('Codex', { timeout: 120_000 }, () => {
  let place: Workplace;
  let home: string;
  let shell: string | undefined;
  let gateway: ScriptedGateway | undefined;
  beforeEach(() => {
    place = openWorkplace();
    home = mkdtempSync(join(tmpdir(), 'duplex-codex-'));
  });
  afterEach(async () => {
    await gateway?.close();
    place.remove();
    rmSync(home, { recursive: true, force: true });
  });

  async function start(model: string, options: ScriptedOptions, ...scripts: Script[]): Promise<ScriptedGateway> {
    gateway = await startScripted({ aliases: [model], ...options });
    gateway.upstream.reply(...scripts);
    const [toml = '', variables] = settingsOf('codex', { url: gateway.url, model, window: WINDOW });
    shell = variables;
    writeFileSync(join(home, 'config.toml'), toml);
    return gateway;
  }

  const exec = (...args: string[]) =>
    place.run(codex ?? '', ['exec', '--json', '--skip-git-repo-check', '--sandbox', 'danger-full-access', ...args], {
      CODEX_HOME: home,
      ...variablesOf(shell),
    });

  const greeting = () => readFileSync(join(place.folder, 'greeting.txt'), 'utf8');

  describe.each(dialects)('over %s', (name, options) => {
    test.each([
      ['with a model that it does not know, by a command', 'scripted', runCommand],
      ['with a model that it knows, by a patch', 'gpt-5.5', applyPatch(name)],
    ])('changes a file %s', async (_, model, call) => {
      const { upstream } = await start(model, options, call, say('It is written.'));
      const run = await exec('Greet Rome in greeting.txt.');
      expect([run.code, greeting()]).toEqual([0, 'Hello, Rome.\n']);
      expect(run.stdout).toContain('"text":"It is written."');
      expect(run.stdout).toContain('"type":"turn.completed"');
      // Each answer was understood at once: nothing was asked twice.
      expect(upstream.chats).toHaveLength(2);
      expect(upstream.chats.at(-1)?.body.toString()).toContain(name === 'vllm' ? 'I write.' : 'c2lnbmVk');
    });
  });

  test.each(dialects)('works over a websocket with a backend of %s', async (_, options) => {
    const { upstream, url } = await start('scripted', options, runCommand, say('It is written.'));
    const front = await passWebsockets(url);
    const file = join(home, 'config.toml');
    const settings = readFileSync(file, 'utf8').replace(url, front.url);
    writeFileSync(file, settings.replace(/^wire_api/m, 'supports_websockets = true\n$&'));
    const run = await exec('Greet Rome in greeting.txt.');
    front.close();
    expect([run.code, greeting()]).toEqual([0, 'Hello, Rome.\n']);
    expect(run.stdout).toContain('"text":"It is written."');
    expect(upstream.chats).toHaveLength(2);
  });

  test('goes on in a session of its own', async () => {
    const { upstream } = await start('scripted', {}, say('One.'), say('Two.'));
    expect((await exec('First')).code).toBe(0);
    expect((await exec('resume', '--last', 'Second')).code).toBe(0);
    const body = upstream.chats.at(-1)?.body.toString();
    for (const said of ['First', 'One.', 'Second']) expect(body).toContain(said);
  });

  test('knows that its context is full, and does not try again', async () => {
    const { upstream } = await start('scripted', {}, refuse('context-overflow'));
    const run = await exec('Hello');
    expect([run.code, upstream.chats.length]).toEqual([1, 1]);
    expect(run.stdout).toMatch(/context window/);
  });

  test('compacts its history when the counts say that its window is nearly full', async () => {
    const full = callTools([{ name: 'exec_command', arguments: { cmd: 'echo one' } }], {
      usage: { prompt: 32_000, completion: 20 },
    });
    const { upstream } = await start('scripted', {}, full, say('What was done so far.'), say('It is written.'));
    const run = await exec('Greet Rome in greeting.txt.');
    expect([run.code, upstream.chats.length]).toEqual([0, 3]);
    expect(upstream.chats.at(-1)?.body.toString()).toContain('What was done so far.');
  });
});
