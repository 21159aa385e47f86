import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { tools } from '../../server/features/connect/tools.ts';
import { settingsOf, variablesOf } from '../support/connect-settings.ts';
import { runDuplex } from '../support/run-duplex.ts';
import { bearer, root, startGateway } from '../support/start-gateway.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted({ aliases: ['my-model', 'other'], fields: 'context_window: 131072' });
});
afterAll(() => gateway.close());

const connect = (args: readonly string[], env: Record<string, string> = {}) =>
  runDuplex(['connect', ...args], { DUPLEX_URL: gateway.url, API_BEARER: bearer, ...env });

const names = Object.keys(tools);

test('alone it lists the tools, and asks nobody', async () => {
  const { code, out, err } = await connect([], { DUPLEX_URL: 'http://127.0.0.1:9', API_BEARER: '' });
  expect([code, err]).toEqual([0, '']);
  expect(
    out
      .split('\n\n')[0]
      ?.split('\n')
      .map((line) => line.split(' ')[0]),
  ).toEqual(names);
  const wanted =
    'claude-code codex opencode cline continue qwen-code cursor aider langchain openai-sdk ai-sdk anthropic-sdk';
  expect(names.toSorted()).toEqual(wanted.split(' ').toSorted());
});

describe.each(names)('for %s', (name) => {
  test('it prints what the guide shows, with this address and the first model', async () => {
    const { code, out, err } = await connect([name]);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain(gateway.url);
    expect(out).not.toMatch(/\{\{|\}\}$/m);
    const guide = readFileSync(join(root, 'docs', tools[name]?.guide ?? ''), 'utf8');
    expect(guide).toContain(`\n${out.replaceAll(gateway.url, 'http://127.0.0.1:3000')}`);
  });

  test('it shows no key unless told, and then that one', async () => {
    const [none, own, shown] = await Promise.all([
      connect([name, '--model', 'other']),
      connect([name, '--model', 'other', '--key', bearer], { API_BEARER: '' }),
      connect([name, '--show-key', '--model', 'other']),
    ]);
    expect(none.out).toContain('YOUR_KEY');
    expect(none.out).not.toContain(bearer);
    expect(none.out).toContain('other');
    expect(none.out).not.toContain('my-model');
    expect(own.out).toBe(none.out.replaceAll('YOUR_KEY', bearer));
    expect(shown.out).toBe(own.out);
  });
});

test('JSON and YAML can be read, whatever the name of the model', () => {
  const place = { url: 'http://127.0.0.1:3000', model: 'qwen/qwen3:32b', window: 8192 };
  for (const [name, { steps }] of Object.entries(tools)) {
    const texts = settingsOf(name, place);
    steps.forEach(({ language }, i) => {
      const text = texts[i] ?? '';
      if (language === 'json') expect(JSON.stringify(JSON.parse(text))).toContain(place.model);
      if (language === 'yaml') expect(JSON.stringify(parse(text))).toContain(place.model);
    });
  }
});

test.each(['openai-sdk', 'anthropic-sdk'])('the JavaScript for %s runs as it is printed', async (name) => {
  const [shell, code = ''] = settingsOf(name, { url: gateway.url, model: 'my-model', window: 131_072 });
  const env = { PATH: process.env.PATH, ...variablesOf(shell) };
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], { cwd: root, env });
  expect((await run).stdout).toBe('Hello from upstream.\n');
});

describe('what it cannot know it says', () => {
  test('of a window', async () => {
    const unknown = await startScripted();
    const { code, out, err } = await connect(['codex'], { DUPLEX_URL: unknown.url });
    await unknown.close();
    expect([code, err]).toEqual([
      0,
      expect.stringMatching(/^The context window of scripted is not known, .* 32768 tokens.*\n$/),
    ]);
    expect(out).toContain('model_context_window = 32768\n');
  });

  test('of a model', async () => {
    const { code, out, err } = await connect(['codex', '--model', 'gpt-5.5']);
    expect([code, err.split('\n')[0]]).toEqual([0, 'The gateway lists no model "gpt-5.5" to chat with.']);
    expect(out).toContain('model = "gpt-5.5"');
  });

  test('of the demo mode', async () => {
    const demo = await startGateway();
    const { code, err } = await connect(['codex'], { DUPLEX_URL: demo.url });
    await demo.close();
    expect([code, err]).toEqual([0, expect.stringMatching(/demo mode/i)]);
  });
});

test.each([
  [['vim'], 2, 'There is no tool "vim". Choose one of claude-code, '],
  [['constructor'], 2, 'There is no tool "constructor"'],
  [['codex', 'cline'], 2, 'Usage: duplex connect <tool>'],
  [['codex', '--color', 'red'], 2, "connect: Unknown option '--color'"],
  [['codex', '--key', 'a', '--show-key'], 2, 'Use either --key or --show-key, not both.'],
  [['codex', '--key', 'sk-…'], 1, 'The key has characters that no key has'],
  [['codex', '--key', 'wrong-bearer'], 1, 'does not accept this key (invalid_authorization).'],
  [['codex', '--model', 'a"b'], 1, 'The name of the model has characters'],
  [['codex', '--model', 'a b'], 1, 'The name of the model has characters'],
])('%j ends with %i and says why', async (args, code, message) => {
  const ended = await connect(args);
  expect([ended.code, ended.out]).toEqual([code, '']);
  expect(ended.err).toContain(message);
  expect(ended.err.trimEnd().split('\n')).toHaveLength(1);
});
