import type { ChatCompletionChunk, ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import type { MessageRequest } from '../../../contracts/messages/request.ts';
import { dropUnsupported, toApplied } from '../../canonical/drop-unsupported.ts';
import { isToken } from '../../canonical/is-token.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Caller } from '../access/caller.ts';
import { mayUseHosted, senderOf } from '../access/check-fields.ts';
import { endUserOf } from '../access/end-user.ts';
import type { Surface } from '../chat/complete-chat.ts';
import type { Adaptation } from '../chat/plan-chat.ts';
import { likelyTokens, measurePrompt } from '../metering/prompt-size.ts';
import type { Backend, Catalog, CatalogModel } from '../models/catalog.ts';
import { checkImages } from './check-images.ts';
import { chooseBetas } from './choose-betas.ts';
import { checkBlocks } from './known-blocks.ts';
import { toChat } from './to-chat.ts';
import { toOriginal } from './to-original.ts';

/** How a message becomes a chat. */
interface MessagePlan {
  readonly chat: ChatCompletionRequest;
  readonly surface: Surface;
  /** Converts a failure to the error that the client gets. */
  explain(failure: unknown): unknown;
}

export const DIALECT = 'anthropic';

export const isNative = ({ provider }: Backend) => provider.nativeDialect === DIALECT;

/** Under this an answer is of no use to an agent, and the upstream's own refusal says more. In tokens. */
const LEAST_ANSWER = 1_024;

/**
 * Anthropic's clients must name a `max_tokens` and name a large one; servers of local models refuse what does not fit
 * their window beside the prompt. So it is lowered to what is left, with a margin for the estimate.
 */
function fitAnswer(asked: number, window: number | null, estimate: () => number): Adaptation {
  if (window !== null && asked > LEAST_ANSWER) {
    const left = Math.floor(window - estimate() * 1.1);
    if (left < asked && left >= LEAST_ANSWER) {
      return { changes: { max_tokens: left }, applied: [`max_tokens_lowered=${left}`] };
    }
  }
  return { changes: {}, applied: [] };
}

/** The first event of an answer in Anthropic's own events. Not all of their blocks exist in the canonical form. */
const PREAMBLE: ReadonlySet<unknown> = new Set(['message_start', 'ping']);

function begins(chunk: ChatCompletionChunk): boolean {
  const { original_event: event } = chunk;
  if (typeof event !== 'object' || event === null || !('type' in event)) return isToken(chunk);
  return !PREAMBLE.has(event.type);
}

interface Translation {
  readonly chat: ChatCompletionRequest;
  readonly backends: readonly Backend[];
  /** The translated part of the request. */
  readonly given: MessageRequest;
  /** The text for `x-gateway-applied`. */
  readonly applied: readonly string[];
}

/**
 * What no other upstream can do goes to those of Anthropic's dialect alone, where the model has any. Else it is refused, or
 * left out, as the model says.
 */
function translate(
  request: MessageRequest,
  { backends, reasoning, unsupported }: CatalogModel,
  hosted: boolean,
): Translation {
  const attempt = (drops: boolean): Translation => {
    const { translated, given, dropped } = dropUnsupported(request, drops, (asked) =>
      toChat(asked, reasoning, 'refuse'),
    );
    return { chat: translated, backends, given, applied: toApplied(dropped) };
  };
  try {
    return attempt(false);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'invalid_field') throw error;
    const able = hosted ? backends.filter(isNative) : [];
    if (able.length > 0) {
      return { chat: toChat(request, reasoning, 'keep'), backends: able, given: request, applied: [] };
    }
    return attempt(unsupported === 'drop');
  }
}

/** Agents read how much too long a prompt is; where the upstream does not say, the estimate does, if it bears it out. */
function withCounts(failure: unknown, window: number | null, estimate: () => number): unknown {
  if (!(failure instanceof AppError) || failure.code !== 'context_length_exceeded') return failure;
  const { code, message, param, overflow: told } = failure;
  const most = told?.window ?? window;
  if (told?.prompt != null || most === null || estimate() <= most) return failure;
  const overflow = { prompt: estimate(), answer: null, window: most };
  return new AppError(code, message, { ...(param === null ? {} : { param }), overflow, cause: failure });
}

/** Translates a request, and says how each backend gets it. Throws for an unknown model, and what `toChat` throws. */
export function planMessage(catalog: Catalog, request: MessageRequest, caller: Caller): MessagePlan {
  const model = catalog.get(request.model);
  checkBlocks(request, senderOf(caller.principal, model));
  checkImages(model, request.messages);
  const hosted = mayUseHosted(caller.principal, model);
  const { chat, backends, given, applied } = translate(request, model, hosted);
  const { headers, dropped } = chooseBetas(caller.dialectHeaders ?? {}, hosted);
  const original = backends.some(isNative) ? { dialect: DIALECT, body: toOriginal(given), headers } : undefined;
  let tokens: number | undefined;
  const estimate = () => {
    tokens ??= likelyTokens(measurePrompt(chat));
    return tokens;
  };
  const betas = dropped.length > 0 ? [`betas_dropped=${dropped.join('+')}`] : [];
  const adapt = (backend: Backend): Adaptation => {
    if (isNative(backend)) return { changes: {}, applied: [...applied, ...betas] };
    const window = backend.provider.contextWindow ?? model.contextWindow;
    const fitted = fitAnswer(request.max_tokens, window, estimate);
    return { ...fitted, applied: [...applied, ...fitted.applied] };
  };
  const explain = (failure: unknown) => withCounts(failure, model.contextWindow, estimate);
  const endUser = endUserOf(request.metadata?.user_id, 'metadata.user_id');
  return { chat, explain, surface: { operation: 'v1.messages', endUser, original, backends, adapt, isToken: begins } };
}
