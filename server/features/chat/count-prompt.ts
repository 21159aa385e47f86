import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import type { Json } from '../../canonical/json.ts';
import type { Caller } from '../access/caller.ts';
import { likelyTokens, measurePrompt } from '../metering/prompt-size.ts';
import type { CatalogModel } from '../models/catalog.ts';
import type { Surface } from './complete-chat.ts';
import type { CompletionDeps } from './create-completion.ts';

/** Clients count between two steps: an estimate now is better than the number later. In ms. */
const PATIENCE_MS = 10_000;

/** A chat whose prompt is to be counted; it was checked before. */
export interface CountedChat {
  readonly model: CatalogModel;
  readonly request: Json<ChatCompletionRequest>;
  readonly surface: Pick<Surface, 'backends'>;
}

/**
 * The tokens of a prompt, by the first backend that can count. Whatever goes wrong there, the answer is an estimate; it opens
 * no circuit, because many servers answer chats alone.
 */
export async function countPrompt(
  { dispatcher }: CompletionDeps,
  { model, request, surface }: CountedChat,
  { signal }: Caller,
): Promise<number> {
  const until = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  for (const backend of surface.backends ?? model.backends) {
    const { provider } = backend;
    if (!provider.countPrompt || !dispatcher.states.of(backend).isLive || until.aborted) continue;
    const call = { model: backend.model, alias: model.alias, request, changes: {}, dropsUnsupported: true };
    try {
      return await provider.countPrompt({ ...call, signal: until, timeouts: { totalMs: PATIENCE_MS } });
    } catch (error) {
      if (signal.aborted) throw error;
    }
  }
  return likelyTokens(measurePrompt(request.value));
}
