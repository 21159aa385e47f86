import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import type { ChatMessage } from '../../../contracts/chat/message.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { thinksByBudget } from './model-version.ts';
import { isSigned } from './to-assistant-blocks.ts';

/** OpenAI's effort → Anthropic's effort. */
const EFFORTS = new Map([
  ['minimal', 'low'],
  ['low', 'low'],
  ['medium', 'medium'],
  ['high', 'high'],
  ['xhigh', 'xhigh'],
  ['max', 'max'],
]);

/**
 * For models with a thinking budget: the share of `max_tokens` that each effort gives to thinking. The budget counts
 * towards `max_tokens`.
 */
const SHARES = new Map([
  ['low', 0.2],
  ['medium', 0.5],
  ['high', 0.8],
  ['xhigh', 0.95],
  ['max', 0.95],
]);

/** The smallest budget that Anthropic takes, in tokens. */
const MIN_BUDGET = 1024;

function toBudget(effort: string, request: ChatCompletionRequest, maxTokens: number): number {
  if (maxTokens <= MIN_BUDGET) {
    const param = request.max_completion_tokens == null ? 'max_tokens' : 'max_completion_tokens';
    throw invalidField(param, `Reasoning needs at least ${MIN_BUDGET} of these tokens, and the answer needs more.`);
  }
  return Math.max(MIN_BUDGET, Math.floor(maxTokens * (SHARES.get(effort) ?? 0)));
}

/** Whether the history ends in a turn with tool calls whose first answer has lost its thinking. */
function lostThinking(messages: readonly ChatMessage[]): boolean {
  const last = messages.findLastIndex(({ role }) => role === 'assistant');
  if (!messages[last]?.tool_calls?.length) return false;
  const asked = messages.slice(0, last).findLastIndex(({ role }) => role === 'user');
  const first = messages.slice(asked + 1).find(({ role }) => role === 'assistant');
  return first !== undefined && !isSigned(first);
}

/** The part of a request that concerns thinking. */
interface Thinking {
  readonly thinking?: unknown;
  readonly effort?: string;
  /** True: the client asked for thinking, which these models cannot begin in the middle of a turn. */
  readonly ignored?: true;
}

/**
 * Translates `reasoning_effort`. A client that sets Anthropic's own `thinking` overrides it. The text of the reasoning
 * is requested explicitly, because newer models otherwise send only its signature.
 */
export function toThinking(request: ChatCompletionRequest, model: string, maxTokens: number): Thinking {
  const { reasoning_effort: asked, thinking } = request;
  const own = thinking == null ? {} : { thinking };
  if (asked == null) return own;
  if (asked === 'none') return { thinking: { type: 'disabled' }, ...own };
  const effort = EFFORTS.get(asked);
  if (!effort) throw invalidField('reasoning_effort', `Anthropic accepts none, ${[...EFFORTS.keys()].join(', ')}.`);
  if (thinking == null && thinksByBudget(model)) {
    // "Expected `thinking` or `redacted_thinking`, but found `tool_use`": these models either think at the start of a
    // turn or not at all, and few clients send the thinking back.
    if (lostThinking(request.messages)) return { ignored: true };
    return { thinking: { type: 'enabled', budget_tokens: toBudget(effort, request, maxTokens) } };
  }
  return { thinking: { type: 'adaptive', display: 'summarized' }, ...own, effort };
}
