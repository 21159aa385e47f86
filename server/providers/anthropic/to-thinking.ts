import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import { refuse } from './refuse.ts';

/** OpenAI's word → Anthropic's. */
const EFFORTS = new Map([
  ['minimal', 'low'],
  ['low', 'low'],
  ['medium', 'medium'],
  ['high', 'high'],
  ['xhigh', 'xhigh'],
  ['max', 'max'],
]);

/** For models that think by a budget: its share of `max_tokens`, of which it is a part. */
const SHARES = new Map([
  ['low', 0.2],
  ['medium', 0.5],
  ['high', 0.8],
  ['xhigh', 0.95],
  ['max', 0.95],
]);

/** The smallest budget that Anthropic takes, in tokens. */
const MIN_BUDGET = 1024;

/**
 * Models before Claude 4.6 want a budget, later ones refuse one. The version stands behind the family
 * (`claude-opus-4-7`) or before it (`claude-3-7-sonnet-20250219`); a name without one is taken to be new.
 */
function thinksByBudget(model: string): boolean {
  const version = /(?:^|[^\d])(\d)(?:[-.](\d{1,2}))?(?!\d)/.exec(model);
  if (!version) return false;
  const [major, minor] = [Number(version[1]), Number(version[2] ?? 0)];
  return major < 4 || (major === 4 && minor < 6);
}

function toBudget(effort: string, request: ChatCompletionRequest, maxTokens: number): number {
  if (maxTokens <= MIN_BUDGET) {
    const param = request.max_completion_tokens == null ? 'max_tokens' : 'max_completion_tokens';
    throw refuse(param, `Reasoning takes ${MIN_BUDGET} tokens of it at least, and the answer some more.`);
  }
  return Math.max(MIN_BUDGET, Math.floor(maxTokens * (SHARES.get(effort) ?? 0)));
}

/**
 * `reasoning_effort` as Anthropic says it. A client that sets Anthropic's own `thinking` has the last word on it. The
 * text of the reasoning is asked for, because newer models else send only its signature.
 */
export function toThinking(
  request: ChatCompletionRequest,
  model: string,
  maxTokens: number,
): { thinking?: unknown; effort?: string } {
  const { reasoning_effort: asked, thinking } = request;
  const own = thinking == null ? {} : { thinking };
  if (asked == null) return own;
  if (asked === 'none') return { thinking: { type: 'disabled' }, ...own };
  const effort = EFFORTS.get(asked);
  if (!effort) throw refuse('reasoning_effort', `Anthropic takes none, ${[...EFFORTS.keys()].join(', ')}.`);
  if (thinking == null && thinksByBudget(model)) {
    return { thinking: { type: 'enabled', budget_tokens: toBudget(effort, request, maxTokens) } };
  }
  return { thinking: { type: 'adaptive', display: 'summarized' }, ...own, effort };
}
