import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import type { ChatMessage } from '../../../contracts/chat/message.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { thinksByBudget } from './model-version.ts';
import { isSigned } from './to-assistant-blocks.ts';

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

function toBudget(effort: string, request: ChatCompletionRequest, maxTokens: number): number {
  if (maxTokens <= MIN_BUDGET) {
    const param = request.max_completion_tokens == null ? 'max_tokens' : 'max_completion_tokens';
    throw invalidField(param, `Reasoning takes ${MIN_BUDGET} tokens of it at least, and the answer some more.`);
  }
  return Math.max(MIN_BUDGET, Math.floor(maxTokens * (SHARES.get(effort) ?? 0)));
}

/** Whether the calls that the model is to go on from came without the thinking that led to the first of them. */
function lostThinking(messages: readonly ChatMessage[]): boolean {
  const last = messages.findLastIndex(({ role }) => role === 'assistant');
  if (!messages[last]?.tool_calls?.length) return false;
  const asked = messages.slice(0, last).findLastIndex(({ role }) => role === 'user');
  const first = messages.slice(asked + 1).find(({ role }) => role === 'assistant');
  return first !== undefined && !isSigned(first);
}

/** What a request says about thinking. */
interface Thinking {
  readonly thinking?: unknown;
  readonly effort?: string;
  /** True: the client asked for thinking that these models cannot do in the middle of a turn. */
  readonly ignored?: true;
}

/**
 * `reasoning_effort` as Anthropic says it. A client that sets Anthropic's own `thinking` has the last word on it. The
 * text of the reasoning is asked for, because newer models else send only its signature.
 */
export function toThinking(request: ChatCompletionRequest, model: string, maxTokens: number): Thinking {
  const { reasoning_effort: asked, thinking } = request;
  const own = thinking == null ? {} : { thinking };
  if (asked == null) return own;
  if (asked === 'none') return { thinking: { type: 'disabled' }, ...own };
  const effort = EFFORTS.get(asked);
  if (!effort) throw invalidField('reasoning_effort', `Anthropic takes none, ${[...EFFORTS.keys()].join(', ')}.`);
  if (thinking == null && thinksByBudget(model)) {
    // "Expected `thinking` or `redacted_thinking`, but found `tool_use`": these models think at the start of a turn or not at
    // all, and few clients send the thinking back.
    if (lostThinking(request.messages)) return { ignored: true };
    return { thinking: { type: 'enabled', budget_tokens: toBudget(effort, request, maxTokens) } };
  }
  return { thinking: { type: 'adaptive', display: 'summarized' }, ...own, effort };
}
