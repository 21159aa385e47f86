import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import type { MessageRequest } from '../../../contracts/messages/request.ts';
import type { Caller } from '../chat/caller.ts';
import type { Catalog, CatalogModel } from '../models/catalog.ts';
import { estimateTokens } from './estimate-tokens.ts';
import { toChat } from './to-chat.ts';
import { toOriginal } from './to-original.ts';

/** How a message is asked of the chat. */
interface MessagePlan {
  readonly chat: ChatCompletionRequest;
  readonly caller: Caller;
}

/** Under this an answer is of no use to an agent, and the upstream's own refusal says more. In tokens. */
const LEAST_ANSWER = 1_024;

/**
 * Anthropic's clients must name a `max_tokens` and name a large one; servers of local models refuse what does not fit
 * their window beside the prompt. So it is lowered to what is left, with a margin for the estimate.
 */
function fitAnswer(chat: ChatCompletionRequest, { contextWindow, backends }: CatalogModel): number | null {
  const window = backends[0]?.provider.contextWindow ?? contextWindow;
  const asked = chat.max_tokens ?? 0;
  if (window === null || asked <= LEAST_ANSWER || asked * 2 <= window) return null;
  const left = Math.floor(window - estimateTokens(chat) * 1.1);
  return left < asked && left >= LEAST_ANSWER ? left : null;
}

const DIALECT = 'anthropic';

const APPLIED = 'x-gateway-applied';

/** Adds to what the chat says that it changed. */
function noting(caller: Caller, applied: string): Caller {
  caller.setHeader(APPLIED, applied);
  return {
    ...caller,
    setHeader: (name, value) => caller.setHeader(name, name === APPLIED ? `${applied}, ${value}` : value),
  };
}

/** Translates a request, and lowers what cannot fit. Throws for an unknown model, and what `toChat` throws. */
export function planMessage(catalog: Catalog, request: MessageRequest, caller: Caller): MessagePlan {
  const model = catalog.get(request.model);
  const speaks = model.backends.some(({ provider }) => provider.speaks === DIALECT);
  const chat = toChat(request, model.reasoning, speaks ? 'keep' : 'refuse');
  const lowered = speaks ? null : fitAnswer(chat, model);
  const original = speaks
    ? { dialect: DIALECT, body: toOriginal(request), headers: caller.dialectHeaders ?? {} }
    : null;
  const own = { ...caller, operation: 'v1.messages', ...(original ? { original } : {}) };
  if (lowered === null) return { chat, caller: own };
  return { chat: { ...chat, max_tokens: lowered }, caller: noting(own, `max_tokens_lowered=${lowered}`) };
}
