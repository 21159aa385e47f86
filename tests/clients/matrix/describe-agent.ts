import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { settingsOf } from '../../support/connect-settings.ts';
import { type AgentRun, openWorkplace, type Workplace } from '../../support/run-agent.ts';
import { type ScriptedGateway, type ScriptedOptions, startScripted } from '../../support/start-scripted.ts';
import type { Script } from '../../support/upstream/exchange.ts';
import { isObject } from '../../support/upstream/json.ts';
import { work } from '../../support/upstream/scripts/agent.ts';
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
  /** How often it asks the model when its prompt has become too long, and how it ends then. */
  readonly overflow: { readonly requests: number; readonly says: RegExp };
}

const dialects: readonly (readonly [string, ScriptedOptions])[] = [
  ['vllm', {}],
  ['llamacpp', { upstream: { dialect: 'llamacpp' } }],
  ['anthropic', { kind: 'anthropic', upstream: { dialect: 'anthropic' } }],
  ['gemini', { kind: 'gemini', upstream: { dialect: 'gemini' } }],
  ['openai-responses', { kind: 'openai-responses', upstream: { dialect: 'openai-responses' } }],
];

const WINDOW = 100_000;
const end = say('The greeting is for Rome now.');

/** One call, behind a thought. */
const use = ({ name, arguments: given }: ToolCall): Script =>
  answer({ reasoning: ['Let me', ' see.'], calls: [{ name, pieces: [JSON.stringify(given)] }] });

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
      const upstream = { ...options.upstream, fallback: work(...steps) };
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

    test('is told when its prompt is too long', async () => {
      const { run, requests } = await go({}, use(agent.read(file)), refuse('context-overflow'), end);
      expect(requests).toHaveLength(agent.overflow.requests);
      expect(`${run.stdout}${run.stderr}`).toMatch(agent.overflow.says);
    });
  });
}
