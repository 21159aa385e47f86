import { TokenCount, type TokenCountRequest } from '../../../contracts/messages/request.ts';
import { AppError } from '../../errors/app-error.ts';
import type { OriginalRequest } from '../../providers/provider.ts';
import type { Caller } from '../access/caller.ts';
import { checkFields, mayUseHosted, senderOf } from '../access/check-fields.ts';
import type { CompletionDeps } from '../chat/create-completion.ts';
import { likelyTokens, measurePrompt } from '../metering/prompt-size.ts';
import type { Backend } from '../models/catalog.ts';
import { mayFailOver } from '../routing/judge-failure.ts';
import { chooseBetas } from './choose-betas.ts';
import { checkBlocks } from './known-blocks.ts';
import { DIALECT, isNative } from './plan-message.ts';
import { toMessages } from './to-chat.ts';
import { toOriginal } from './to-original.ts';
import { toTools } from './to-tools.ts';

/** Agents count between two steps: an estimate now is better than the number later. */
const PATIENCE_MS = 10_000;

const estimate = (request: TokenCountRequest): TokenCount => ({
  input_tokens: likelyTokens(measurePrompt({ messages: toMessages(request, 'keep'), ...toTools(request, 'keep') })),
});

async function ask(backend: Backend, original: OriginalRequest, { signal }: Caller): Promise<TokenCount> {
  const counted = TokenCount.safeParse(
    await backend.provider.countTokens?.({
      model: backend.model,
      original,
      signal,
      timeouts: { totalMs: PATIENCE_MS },
    }),
  );
  if (counted.success) return counted.data;
  throw new AppError('upstream_broken', 'The upstream did not return a count.', { cause: counted.error });
}

/**
 * `POST /v1/messages/count_tokens`: counted by an upstream of Anthropic's dialect where there is one, else estimated, as
 * when none of them can tell. A failure opens no circuit: many such upstreams answer messages alone. Throws
 * `model_not_in_allowlist`, and what such an upstream blames on the request.
 */
export async function countTokens(
  { catalog, dispatcher }: CompletionDeps,
  request: TokenCountRequest,
  caller: Caller,
): Promise<TokenCount> {
  const { principal, dialectHeaders } = caller;
  const model = catalog.for(principal).get(request.model);
  checkBlocks(request, senderOf(principal, model));
  if (model.backends.some(isNative)) checkFields(principal, model, 'messages', request);
  const { headers } = chooseBetas(dialectHeaders ?? {}, mayUseHosted(principal, model));
  const original = { dialect: DIALECT, body: toOriginal(request), headers };
  for (const backend of model.backends) {
    if (!isNative(backend) || !dispatcher.states.of(backend).isLive) continue;
    try {
      return await ask(backend, original, caller);
    } catch (error) {
      if (caller.signal.aborted || !mayFailOver(error)) throw error;
    }
  }
  return estimate(request);
}
