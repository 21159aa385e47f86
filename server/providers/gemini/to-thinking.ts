import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import { tableOf } from '../../canonical/table-of.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { hasLevels } from './model-family.ts';
import { asObject, refuseOthers } from './refuse.ts';

interface ThinkingConfig {
  readonly thinkingLevel?: unknown;
  /** In tokens; 0 turns thinking off, and -1 lets the model decide. */
  readonly thinkingBudget?: unknown;
  readonly includeThoughts?: unknown;
}

/**
 * The budget of each effort, as in Google's own OpenAI-compatible API:
 * https://ai.google.dev/gemini-api/docs/openai#thinking
 */
const BUDGETS = tableOf<number>({ none: 0, minimal: 1024, low: 1024, medium: 8192, high: 24576 });
const LEVELS = new Set(['minimal', 'low', 'medium', 'high']);

function ofEffort(effort: string, model: string): ThinkingConfig {
  if (hasLevels(model)) {
    if (LEVELS.has(effort)) return { thinkingLevel: effort, includeThoughts: true };
    const whatever = effort === 'none' ? 'The thinking of this model cannot be turned off. ' : '';
    throw invalidField('reasoning_effort', `${whatever}It takes minimal, low, medium and high.`);
  }
  const thinkingBudget = BUDGETS[effort];
  if (thinkingBudget === undefined) {
    throw invalidField('reasoning_effort', 'This model accepts none, minimal, low, medium and high.');
  }
  return thinkingBudget === 0 ? { thinkingBudget } : { thinkingBudget, includeThoughts: true };
}

const AT = 'extra_body.google.thinking_config';
const FIELDS = new Set(['thinking_level', 'thinking_budget', 'include_thoughts']);

/**
 * Translates `reasoning_effort`, or the `thinking_config` of Google's own extension. A request may have only one of
 * them.
 */
export function toThinking(request: ChatCompletionRequest, config: unknown, model: string): ThinkingConfig | null {
  const effort = request.reasoning_effort;
  if (config == null) return effort == null ? null : ofEffort(effort, model);
  if (effort != null) throw invalidField(AT, 'Send either thinking_config or reasoning_effort, not both.');
  const given = asObject(config, AT);
  refuseOthers(given, FIELDS, AT);
  return {
    ...(given.thinking_level == null ? {} : { thinkingLevel: given.thinking_level }),
    ...(given.thinking_budget == null ? {} : { thinkingBudget: given.thinking_budget }),
    ...(given.include_thoughts == null ? {} : { includeThoughts: given.include_thoughts }),
  };
}
