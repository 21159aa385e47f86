import type { ChatCompletion, ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import type { ChatMessage } from '../../../contracts/chat/message.ts';
import type { Json } from '../../canonical/json.ts';
import { repairHistory } from '../../canonical/repair-history.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import type { Caller } from '../access/caller.ts';
import type { MeteringDeps } from '../metering/run-metered.ts';
import type { CurrentCatalog } from '../models/live-catalog.ts';
import { type Chat, completeChat, type Surface, streamChat } from './complete-chat.ts';
import { checkChat, UNCHANGED } from './plan-chat.ts';
import type { ChunkBatch } from './relay-chunks.ts';

export interface CompletionDeps extends MeteringDeps {
  readonly catalog: CurrentCatalog;
}

const CHAT: Surface = { operation: 'v1.chat' };

/** The history as every upstream takes it, whatever the client has sent. */
function withSoundHistory(messages: readonly ChatMessage[], surface: Surface): Surface {
  const sound = repairHistory(messages);
  if (sound === messages) return surface;
  return {
    ...surface,
    adapt(backend) {
      const { changes, applied } = surface.adapt?.(backend) ?? UNCHANGED;
      return { changes: { messages: sound, ...changes }, applied: ['history_repaired', ...applied] };
    },
  };
}

/** Decides everything that can be decided before anything is sent. */
function planCompletion(
  { catalog }: CompletionDeps,
  request: Json<ChatCompletionRequest>,
  caller: Caller,
  surface: Surface,
): Chat {
  const { value: fields } = request;
  const { original, backends } = surface;
  const model = checkChat(catalog.for(caller.principal), fields, { principal: caller.principal, original, backends });
  return { model, request, fields, surface: withSoundHistory(fields.messages, surface) };
}

/** `POST /v1/chat/completions`: one stateless completion, as one answer. */
export async function createCompletion(
  deps: CompletionDeps,
  request: Json<ChatCompletionRequest>,
  caller: Caller,
  surface: Surface = CHAT,
): Promise<Json<ChatCompletion>> {
  if (request.value.stream) {
    throw invalidField('stream', 'Set `stream` to false: over tRPC, use the `v1.chat.stream` subscription to stream.');
  }
  return completeChat(deps, planCompletion(deps, request, caller, surface), caller);
}

/**
 * Creates a chat completion as a stream of chunks. Nothing happens before the first pull, so early failures are still
 * plain errors.
 */
export function streamCompletion(
  deps: CompletionDeps,
  request: Json<ChatCompletionRequest>,
  caller: Caller,
  surface: Surface = CHAT,
): AsyncGenerator<ChunkBatch, void, void> {
  return streamChat(deps, () => planCompletion(deps, request, caller, surface), caller);
}
