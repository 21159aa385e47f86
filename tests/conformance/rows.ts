import { expect } from 'vitest';
import type { DialectName } from '../support/upstream/dialects/dialect.ts';
import { say } from '../support/upstream/scripts/answers.ts';
import type { CaseName, Check } from './cases.ts';
import { namedChoice, tools, withLongName } from './requests.ts';
import { ask, refused, ways } from './trial.ts';

/** A cell that is not a plain yes. */
export interface Exception {
  /** One sentence, for the table. */
  readonly reason: string;
  /** What happens instead; absent: there is nothing that could. */
  readonly check?: Check;
}

/** One dialect: a column of the table. */
export interface Row {
  readonly name: string;
  /** YAML fields of its provider. */
  readonly provider: string;
  /** What the scripted upstream speaks. */
  readonly dialect: DialectName;
  /** YAML fields of its model. */
  readonly model?: string;
  readonly exceptions?: Partial<Record<CaseName, Exception>>;
}

const untold: Check = async (trial) => {
  for (const way of ways) {
    const fields = { stream_options: { include_usage: true } };
    const { usage } = await ask(trial, way, say('One', { usage: { prompt: 9, completion: 1, cached: 5 } }), fields);
    expect(usage?.prompt_tokens).toBe(9);
    expect(usage?.prompt_tokens_details?.cached_tokens ?? null).toBeNull();
  }
};

/** 400 `invalid_field` that names the field, and nothing is sent. */
const invalid =
  (param: string, fields: object): Check =>
  async (trial) => {
    const before = trial.upstream.chats.length;
    for (const way of ways) expect(await refused(trial, way, fields)).toMatchObject({ code: 'invalid_field', param });
    expect(trial.upstream.chats).toHaveLength(before);
  };

const disobeys = 'it ignores `tool_choice`; the gateway answers 400 `invalid_field` rather than hope.';

/** Every dialect with a scripted upstream; a new one needs its row here and nothing else. */
export const rows: readonly Row[] = [
  { name: 'vllm', provider: 'preset: vllm', dialect: 'vllm' },
  { name: 'llamacpp', provider: 'preset: llamacpp', dialect: 'llamacpp' },
  {
    name: 'ollama',
    provider: 'preset: ollama',
    dialect: 'ollama',
    exceptions: {
      'some tool required': { reason: disobeys, check: invalid('tool_choice', { tools, tool_choice: 'required' }) },
      'one tool required': { reason: disobeys, check: invalid('tool_choice', { tools, tool_choice: namedChoice }) },
      'tool name that vendors refuse': { reason: disobeys, check: invalid('tool_choice', withLongName) },
      'cached tokens': { reason: 'it does not tell them, so none are reported.', check: untold },
    },
  },
  { name: 'openai-responses', provider: 'kind: openai-responses', dialect: 'openai-responses' },
  { name: 'anthropic', provider: 'kind: anthropic', dialect: 'anthropic' },
  { name: 'gemini', provider: 'kind: gemini', dialect: 'gemini' },
];
