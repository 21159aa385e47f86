import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { settingsOf } from '../../support/connect-settings.ts';
import { type AgentRun, openWorkplace, type Workplace } from '../../support/run-agent.ts';
import { type ScriptedGateway, type ScriptedOptions, startScripted } from '../../support/start-scripted.ts';
import type { Answer } from '../../support/upstream/answer.ts';
import type { Script } from '../../support/upstream/exchange.ts';
import { isObject } from '../../support/upstream/json.ts';
import { workAnd } from '../../support/upstream/scripts/agent.ts';
import { answer, say } from '../../support/upstream/scripts/answers.ts';
import { refuse } from '../../support/upstream/scripts/refusals.ts';

/** A call of one of the agent's own tools. */
interface ToolCall {
  readonly name: string;
  readonly arguments: object;
}

/** An agent of the terminal that speaks chat completions. */
interface ChatAgent {
  /** As `duplex connect` calls it. */
  readonly tool: string;
  /** Puts the printed settings where they belong, and gives the agent its task. */
  run(place: Workplace, settings: readonly string[], task: string): Promise<AgentRun>;
  read(file: string): ToolCall;
  /** `world` becomes `Rome`. */
  edit(file: string): ToolCall;
  /** What it prints when its prompt has become too long; with `compacts`, after it has shortened its history. */
  readonly overflow: {
    readonly compacts: boolean;
    readonly says: RegExp;
    /** It asks for the summary with its tools. */
    readonly summary?: boolean;
  };
}

const dialects: readonly (readonly [string, ScriptedOptions])[] = [
  ['vllm', {}],
  ['llamacpp', { upstream: { dialect: 'llamacpp' } }],
  ['anthropic', { kind: 'anthropic', upstream: { dialect: 'anthropic' } }],
  ['gemini', { kind: 'gemini', upstream: { dialect: 'gemini' } }],
  ['openai-responses', { kind: 'openai-responses', upstream: { dialect: 'openai-responses' } }],
];

const WINDOW = 100_000;
/** What a request without tools gets: one for a title, or for a summary. */
const summary = say('<state_snapshot>The user wants greeting.txt to greet Rome.</state_snapshot>');
/** What a prompt has that has become long. */
const full = { prompt: 60_000, completion: 20 };
const end = say('The greeting is for Rome now.');

/** One call, behind a thought. */
const use = ({ name, arguments: given }: ToolCall, usage?: Answer['usage']): Script =>
  answer({
    reasoning: ['Let me', ' see.'],
    calls: [{ name, pieces: [JSON.stringify(given)] }],
    ...(usage && { usage }),
  });

/** The requests that had tools: one a step, as none is sent twice. */
const worked = ({ upstream }: ScriptedGateway) =>
  upstream.chats.filter(({ json }) => isObject(json) && Array.isArray(json.tools) && json.tools.length > 0);

/** What every agent must be able to do. */
export function describeAgent(title: string, installed: boolean, agent: ChatAgent): void {
  describe.skipIf(!installed)(title, { timeout: 180_000 }, () => {
    let place: Workplace;
    let file: string;
    let gateway: ScriptedGateway | undefined;
    beforeEach(() => {
      place = openWorkplace();
      file = join(place.folder, 'greeting.txt');
      writeFileSync(file, 'Hello, world.\n');
    });
    afterEach(async () => {
      place.remove();
      await gateway?.close();
    });

    async function go(options: ScriptedOptions, ...steps: Script[]) {
      const upstream = { ...options.upstream, fallback: workAnd(summary, ...steps) };
      const started = await startScripted({
        fields: `context_window: ${WINDOW}, reasoning: true`,
        ...options,
        upstream,
      });
      gateway = started;
      const settings = settingsOf(agent.tool, { url: started.url, model: 'scripted', window: WINDOW });
      const run = await agent.run(place, settings, 'Greet Rome in greeting.txt.');
      return { run, requests: worked(started) };
    }

    test.each(dialects)('edits a file over %s, with one request a step', async (_, options) => {
      const { run, requests } = await go(options, use(agent.read(file)), use(agent.edit(file)), end);
      expect([run.code, readFileSync(file, 'utf8')]).toEqual([0, 'Hello, Rome.\n']);
      expect(run.stdout).toContain('The greeting is for Rome now.');
      expect(requests).toHaveLength(3);
      expect(requests[1]?.body.toString()).toContain('Hello, world.');
    });

    test(
      agent.overflow.compacts ? 'shortens a prompt that is too long' : 'is told of a prompt that is too long',
      async () => {
        const last = agent.overflow.summary ? [summary, end] : [end];
        const { run, requests } = await go({}, use(agent.read(file), full), refuse('context-overflow'), ...last);
        expect(requests).toHaveLength(agent.overflow.compacts ? 2 + last.length : 2);
        expect(`${run.stdout}${run.stderr}`).toMatch(agent.overflow.says);
      },
    );
  });
}
