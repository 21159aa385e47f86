import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { settingsOf, variablesOf } from '../../support/connect-settings.ts';
import { png } from '../../support/pictures.ts';
import { findAgent, openWorkplace, putFile, type Workplace } from '../../support/run-agent.ts';
import { type Gateway, startGateway } from '../../support/start-gateway.ts';
import type { Script } from '../../support/upstream/exchange.ts';
import { isObject, type JsonObject } from '../../support/upstream/json.ts';
import { work } from '../../support/upstream/scripts/agent.ts';
import { answer, say } from '../../support/upstream/scripts/answers.ts';
import { errorInStream } from '../../support/upstream/scripts/failures.ts';
import { refuse } from '../../support/upstream/scripts/refusals.ts';
import { type ScriptedUpstream, startUpstream, type UpstreamOptions } from '../../support/upstream/start-upstream.ts';

const claude = findAgent('claude', 'node_modules/@anthropic-ai/claude-code-linux-x64/claude');

let place: Workplace;
let file: string;
const open: { close(): Promise<void> }[] = [];
beforeEach(() => {
  place = openWorkplace();
  file = join(place.folder, 'greeting.txt');
  writeFileSync(file, 'Hello, world.\n');
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  place.remove();
});

interface Scripted extends Gateway {
  readonly upstream: ScriptedUpstream;
}

/** A gateway as its docs say for Claude Code, over an upstream that plays these steps. */
async function start(steps: readonly Script[], kind = 'openai-compatible', options: UpstreamOptions = {}) {
  const upstream = await startUpstream({ ...options, fallback: work(...steps) });
  const gateway = await startGateway({
    models: `providers:
  up: { kind: ${kind}, base_url: "${upstream.url}" }
models:
  - { alias: big, input: [text, image], reasoning: true, context_window: 100000, backends: [{ provider: up, model: big-model }] }
  - { alias: small, context_window: 100000, backends: [{ provider: up, model: small-model }] }
model_map:
  claude-haiku-*: small
  claude-*: big
`,
  });
  open.push(gateway, upstream);
  return { ...gateway, upstream };
}

/** One call, behind a thought. */
const use = (id: string, name: string, input: object): Script =>
  answer({ reasoning: ['Let me', ' see.'], calls: [{ id, name, pieces: [JSON.stringify(input)] }] });

const read = (id = 'call_1') => use(id, 'Read', { file_path: file });
const edit = (id = 'call_2') => use(id, 'Edit', { file_path: file, old_string: 'world', new_string: 'Rome' });
const end = say('The greeting is for Rome now.');

/** What `duplex connect claude-code` says to set, and a smaller model. */
function settings({ url }: Gateway): Record<string, string> {
  const [shell] = settingsOf('claude-code', { url, model: 'big', window: 100_000 });
  return { ...variablesOf(shell), ANTHROPIC_DEFAULT_HAIKU_MODEL: 'small' };
}

/** The same as its file of settings. */
function settingsFile({ url }: Gateway): string {
  const [, json = ''] = settingsOf('claude-code', { url, model: 'big', window: 100_000 });
  return json;
}

const TASK = 'Greet Rome in greeting.txt.';

async function ask(gateway: Scripted, variables: Record<string, string> = {}, tools?: string): Promise<JsonObject> {
  return runIt({ ...settings(gateway), ...variables }, tools);
}

async function runIt(variables: Record<string, string>, tools = 'Read,Edit', task = TASK): Promise<JsonObject> {
  if (!claude) throw new Error('It is not installed.');
  const prompt = ['-p', task, '--allowedTools', tools, '--output-format', 'json'];
  const { stdout, stderr } = await place.run(claude, prompt, variables);
  const result: unknown = JSON.parse(stdout);
  if (isObject(result)) return result;
  throw new Error(`${stdout}\n${stderr}`);
}

/** The requests that had tools: one a step, as Claude Code repeats, without streaming, what it could not read. */
const worked = ({ upstream }: Scripted) =>
  upstream.chats.filter(({ json }) => isObject(json) && Array.isArray(json.tools) && json.tools.length > 0);

const content = () => readFileSync(file, 'utf8');

const upstreams = [
  ['vllm', 'openai-compatible'],
  ['llamacpp', 'openai-compatible'],
  ['openai-responses', 'openai-responses'],
  ['gemini', 'gemini'],
  ['anthropic', 'anthropic'],
] as const;

describe.skipIf(!claude)('Claude Code', { timeout: 120_000 }, () => {
  describe.each([
    ['an alias', {}],
    ['a model of its own that is mapped', { ANTHROPIC_MODEL: 'claude-sonnet-4-5' }],
  ] as const)('with %s', (_what, variables) => {
    test.each(upstreams)('edits a file over %s, with one request a step', async (dialect, kind) => {
      const gateway = await start([read(), edit(), end], kind, { dialect, unchecked: dialect === 'anthropic' });
      const result = await ask(gateway, variables);
      expect(result).toMatchObject({ is_error: false, num_turns: 3, result: 'The greeting is for Rome now.' });
      expect(content()).toBe('Hello, Rome.\n');
      expect(worked(gateway)).toHaveLength(3);
      // 9 of the prompt for each of the three requests.
      expect(result.usage).toMatchObject({ input_tokens: 27 });
    });
  });

  test('edits a file over an upstream that gives every call the same id', async () => {
    const gateway = await start([read('call_0'), edit('call_0'), end]);
    expect(await ask(gateway)).toMatchObject({ num_turns: 3 });
    expect(content()).toBe('Hello, Rome.\n');
    expect(worked(gateway).at(-1)?.body.toString()).toContain('has been updated');
  });

  test('edits a file when it does not stream', async () => {
    const gateway = await start([read(), errorInStream(), edit(), end]);
    expect(await ask(gateway)).toMatchObject({ is_error: false, num_turns: 3 });
    expect(content()).toBe('Hello, Rome.\n');
    expect(worked(gateway).map(({ asked }) => asked.stream)).toEqual([true, true, false, true]);
  });

  test('compacts its history when the prompt is too long, and goes on', async () => {
    const summary = say('<summary>The user wants greeting.txt to greet Rome.</summary>');
    const gateway = await start([read(), refuse('context-overflow'), summary, read('call_3'), edit(), end]);
    expect(await ask(gateway)).toMatchObject({ is_error: false, result: 'The greeting is for Rome now.' });
    expect(content()).toBe('Hello, Rome.\n');
    const bodies = worked(gateway).map(({ body }) => body.toString());
    expect(bodies).toHaveLength(6);
    expect(bodies[2]).toContain('<summary>');
    expect(bodies[3]).toContain('The user wants greeting.txt to greet Rome.');
  });

  test('compacts its history by itself when its window is nearly full', async () => {
    const full = answer({
      calls: [{ id: 'call_1', name: 'Read', pieces: [JSON.stringify({ file_path: file })] }],
      usage: { prompt: 97_000, completion: 10 },
    });
    const summary = say('<summary>The user wants greeting.txt to greet Rome.</summary>');
    const gateway = await start([full, summary, read('call_3'), edit(), end]);
    // The gateway does not believe more tokens than the request has bytes.
    const task = `${TASK} ${'Be kind. '.repeat(6_000)}`;
    expect(await runIt(settings(gateway), 'Read,Edit', task)).toMatchObject({ is_error: false });
    expect(content()).toBe('Hello, Rome.\n');
    expect(worked(gateway)[1]?.body.toString()).toContain('<summary>');
  });

  test('goes on when a search of the web is refused', async () => {
    const gateway = await start([use('call_1', 'WebSearch', { query: 'Rome' }), say('No luck.')]);
    expect(await ask(gateway, {}, 'Read,Edit,WebSearch')).toMatchObject({ is_error: false, result: 'No luck.' });
    expect(worked(gateway).at(-1)?.body.toString()).toContain('does not support tools of the type');
  });

  test('shows a picture to the model', async () => {
    const picture = join(place.folder, 'picture.png');
    writeFileSync(picture, Buffer.from(png, 'base64'));
    const gateway = await start([use('call_1', 'Read', { file_path: picture }), say('A dot.')]);
    expect(await ask(gateway)).toMatchObject({ is_error: false, result: 'A dot.' });
    expect(worked(gateway).at(-1)?.body.toString()).toContain('"image_url":{"url":"data:image/png;base64,');
  });

  test('finds a deferred tool, and the model is shown it', async () => {
    const gateway = await start([use('call_1', 'ToolSearch', { query: 'select:NotebookEdit' }), say('Found.')]);
    expect(await ask(gateway)).toMatchObject({ is_error: false, result: 'Found.' });
    const shown = worked(gateway).map(({ body }) => body.toString().includes('"name":"NotebookEdit"'));
    expect(shown).toEqual([false, true]);
  });

  test('sends a helper to the small model', async () => {
    const task = { description: 'Look', prompt: 'Look around.', subagent_type: 'general-purpose', model: 'haiku' };
    const gateway = await start([]);
    gateway.upstream.on(
      'big-model',
      use('call_1', 'Agent', { ...task, run_in_background: false }),
      say('It has looked.'),
    );
    gateway.upstream.on('small-model', say('I see a greeting.'));
    expect(await ask(gateway)).toMatchObject({ is_error: false, result: 'It has looked.' });
    expect(worked(gateway).map(({ asked }) => asked.model)).toEqual(['big-model', 'small-model', 'big-model']);
    expect(worked(gateway).at(-1)?.body.toString()).toContain('I see a greeting.');
  });

  test('takes the same settings from its file', async () => {
    const gateway = await start([read(), edit(), end]);
    putFile(join(place.home, '.claude/settings.json'), settingsFile(gateway));
    expect(await runIt({})).toMatchObject({ is_error: false, modelUsage: { big: { contextWindow: 100_000 } } });
    expect(content()).toBe('Hello, Rome.\n');
  });

  test('works as well when it may send what is not essential', async () => {
    const gateway = await start([read(), edit(), end]);
    const discovery = { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '', CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: '1' };
    expect(await ask(gateway, discovery)).toMatchObject({ is_error: false, num_turns: 3 });
    expect(worked(gateway)).toHaveLength(3);
  });
});
